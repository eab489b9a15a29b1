"""The run record says what was run, on what, with what result; the lock follows from it."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from contextlib import suppress

import pytest

from ledger.core.project import Project
from ledger.errors import PageError, UsageError
from ledger.pages.evidence import input_digests, read_lock, record_path
from ledger.pages.page import read_page
from ledger.pages.state import State, page_states
from ledger.verify.failure import BlockFailed
from ledger.verify.record import statement, update_lock, write_record
from ledger.verify.run import PageRun

PAGE = """\
---
cluster: false
inputs: [manifests]
versions: {tool: tool-version}
---

```bash {.verify name=one}
tool-version() { echo "Tool Version: v2.14.6-rc.1 (go1.25.0)"; }
echo one
```

```text {.expect}
one
```

```bash {.verify name=two expect=none}
echo password=hunter22; echo "$NATS_TOKEN" >&2
SECOND
```

```bash {.verify name=three expect=none}
true
```
"""

Runner = Callable[[str], PageRun]


@pytest.fixture
def finished(project: Project, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run a page whose second block ends with a given command."""
    monkeypatch.setenv("NATS_TOKEN", "very-s3cret")
    (project.root / "manifests").mkdir()
    (project.root / "manifests" / "a.yaml").write_text("a: 1\n")

    def finish(second: str) -> PageRun:
        path = project.docs / "runbook" / "page.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(PAGE.replace("SECOND", second), "utf-8")
        run = PageRun(project, read_page(project, path), None)
        try:
            with suppress(BlockFailed):
                for block in run.page.verified_blocks:
                    run.run(block)
        finally:
            run.finish()
        return run

    return finish


def test_the_record_is_an_in_toto_statement(finished: Runner, project: Project) -> None:
    run = finished("true")
    written = json.loads(write_record(project.runs, run).read_text("utf-8"))
    assert written == statement(run)
    assert record_path(project.runs, project, run.page) == project.runs / "runbook" / "page.json"
    digest = hashlib.sha256(run.page.path.read_bytes()).hexdigest()
    assert written["_type"] == "https://in-toto.io/Statement/v1"
    assert written["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert written["subject"] == [{"name": "docs/runbook/page.md", "digest": {"sha256": digest}}]
    predicate = written["predicate"]
    assert (predicate["result"], predicate["failedTests"]) == ("PASSED", [])
    assert predicate["passedTests"] == ["one", "two", "three"]
    assert [item["name"] for item in predicate["configuration"]] == ["manifests"]
    own = predicate["phaseLedger"]
    assert own["versions"] == {"tool": "2.14.6-rc.1"}
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(moment, own["started"])
    assert own["started"] <= own["finished"]
    assert own["blocks"][0]["stdout"] == "one\n"
    assert own["blocks"][0]["exit"] == {"expected": 0, "got": 0}
    assert 0 <= own["blocks"][0]["seconds"] <= own["seconds"]


def test_no_secret_is_in_the_record(finished: Runner, project: Project) -> None:
    text = write_record(project.runs, finished("false")).read_text("utf-8")
    assert "hunter22" not in text
    assert "very-s3cret" not in text


def test_a_failure_is_recorded_with_what_was_not_run(finished: Runner) -> None:
    predicate = statement(finished("exit 3"))["predicate"]
    assert (predicate["result"], predicate["failedTests"]) == ("FAILED", ["two"])
    assert predicate["passedTests"] == ["one"]
    two, three = predicate["phaseLedger"]["blocks"][1:]
    assert (two["result"], two["reason"]) == ("failed", "called exit 3, expected 0")
    assert (three["result"], three["reason"]) == ("not-run", "block two failed")


def test_the_commit_is_recorded_and_whether_files_differ(
    finished: Runner, project: Project
) -> None:
    git = ["git", "-C", str(project.root), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "-q"], ["add", "mkdocs.yml"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    commit = head.stdout.strip()
    assert statement(finished("true"))["predicate"]["phaseLedger"]["commit"] == commit
    (project.root / "mkdocs.yml").write_text("site_name: Other\n")
    assert statement(finished("true"))["predicate"]["phaseLedger"]["commit"] == f"{commit}-dirty"


def test_the_lock_follows_from_the_run_and_verifies_the_page(
    finished: Runner, project: Project
) -> None:
    run = finished("true")
    assert update_lock(run) == project.evidence / "runbook" / "page.json"
    lock = read_lock(project, run.page)
    assert lock
    assert run.finished
    today = run.finished.date()
    assert (lock.verified, lock.versions) == (today, {"tool": "2.14.6-rc.1"})
    assert lock.inputs == input_digests(project, ["manifests"], "")
    assert list(lock.blocks) == ["one", "two", "three"]
    assert {state.state for state in page_states(project, run.page, today)} == {State.VERIFIED}


def test_the_lock_of_a_failed_run_says_so(finished: Runner, project: Project) -> None:
    run = finished("false")
    update_lock(run)
    lock = read_lock(project, run.page)
    assert lock
    assert [result.result for result in lock.blocks.values()] == ["passed", "failed", "not-run"]


def test_the_same_run_gives_the_same_bytes(finished: Runner) -> None:
    one, two = finished("true"), finished("true")
    two.finished = one.finished  # midnight may have come between
    first = update_lock(one).read_bytes()
    assert update_lock(two).read_bytes() == first


def test_a_part_of_a_page_is_no_evidence(finished: Runner, project: Project) -> None:
    run = finished("true")
    run.whole = False
    with pytest.raises(UsageError, match="whole page"):
        update_lock(run)
    assert not project.evidence.exists()


def test_a_page_finds_a_copy_of_its_inputs_and_nothing_else(
    finished: Runner, project: Project
) -> None:
    command = 'ls; cat manifests/a.yaml; echo "a: 2" > manifests/a.yaml; cat manifests/a.yaml'
    assert finished(command).blocks[1].stdout.endswith("\nmanifests\na: 1\na: 2\n")
    assert (project.root / "manifests" / "a.yaml").read_text() == "a: 1\n"


def test_inputs_are_those_of_the_run_not_of_its_end(finished: Runner, project: Project) -> None:
    before = input_digests(project, ["manifests"], "")
    run = finished(f"echo 'a: 2' > {project.root}/manifests/a.yaml")
    assert run.inputs == before != input_digests(project, ["manifests"], "")


def test_a_version_that_cannot_be_told_is_an_error(finished: Runner) -> None:
    with pytest.raises(PageError, match="no version in what `tool-version` prints"):
        finished("tool-version() { echo none; }")


def test_a_failed_run_needs_no_versions(finished: Runner) -> None:
    assert finished("kill -9 $$").versions == {}
