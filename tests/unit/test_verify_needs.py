"""Set-up, tear-down and needs as a run meets them: what runs, in which order, what is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from tests.support.flat import flat

LEDGER = Path(sys.executable).parent / "ledger"
SCHEMA = Path(__file__).parents[2] / "docs/schemas/verify.v1.json"


def block(name: str, text: str, kind: str = "verify", more: str = "expect=none") -> str:
    return f"```bash {{.{kind} name={name} {more}}}\n{text}\n```\n"


class Site:
    """A project whose blocks write what they do into one file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "log"
        self.log.touch()
        self.env = {k: v for k, v in os.environ.items() if k not in {"CI", "GITHUB_ACTIONS"}}
        self.env |= {"XDG_STATE_HOME": str(root / "state"), "SOURCE_DATE_EPOCH": "1795219200"}

    def says(self, name: str, kind: str = "verify", also: str = "true") -> str:
        return block(name, f"echo {name} >>{self.log}\n{also}", kind, "expect=none")

    def page(self, name: str, *blocks: str, front: str = "") -> str:
        text = f"---\ntitle: {name}\ncluster: false\n{front}---\n\n{''.join(blocks)}"
        (self.root / "docs" / name).write_text(text)
        return f"docs/{name}"

    def base(self, *, made: str = "true", down: str = "true") -> None:
        """A page whose procedure makes a file, and whose tear-down takes it away."""
        there = self.root / "there"
        self.page(
            "base.md",
            self.says("prepare", "setup", "MINE=1"),
            self.says("make", also=f"{made}\ntouch {there}"),
            self.says("ready", also=f"test -e {there}"),
            self.says("clean", "teardown", f"[[ $MINE == 1 ]]\nrm -f {there}\n{down}"),
        )

    def done(self) -> list[str]:
        """What ran since it was last asked."""
        lines = self.log.read_text().split()
        self.log.write_text("")
        return lines

    def verify(self, *args: str) -> subprocess.CompletedProcess[str]:
        return self._run(str(LEDGER), "verify", *args)

    def pytest(self, *args: str) -> subprocess.CompletedProcess[str]:
        return self._run(sys.executable, "-m", "pytest", "--ledger-docs", "-p", "no:cacheprovider",
                         *args)  # fmt: skip

    def document(self, *args: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.verify("--json", *args).stdout)
        validate(told, json.loads(SCHEMA.read_text()))
        return told

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.root, env=self.env, capture_output=True, text=True, timeout=60
        )


@pytest.fixture
def site(project: object, tmp_path: Path) -> Site:
    return Site(tmp_path)


def results(page: dict[str, Any]) -> dict[str, str]:
    return {row["name"]: row["result"] for row in page["blocks"]}


def needed(page: dict[str, Any]) -> list[tuple[str, str]]:
    return [(need["page"], need["result"]) for need in page["needs"]]


def test_a_failed_set_up_ends_the_page_and_is_taken_down(site: Site) -> None:
    page = site.page(
        "a.md",
        site.says("prepare", "setup", "false"),
        site.says("use"),
        site.says("one", "teardown"),
        site.says("two", "teardown"),
    )
    done = site.verify(page)
    assert site.done() == ["prepare", "one", "two"]
    assert "docs/a.md:6 block prepare: ended with 1" in done.stdout
    assert "not run  because the page's set-up failed" in done.stdout
    record = json.loads((site.root / ".ledger/runs/a.json").read_text())["predicate"]
    use = next(b for b in record["phaseLedger"]["blocks"] if b["name"] == "use")
    assert (use["result"], use["reason"]) == ("not-run", "the page's set-up failed")


def test_a_tear_down_runs_after_a_failure_in_a_new_shell_with_the_page_s_folder(
    site: Site,
) -> None:
    page = site.page(
        "a.md",
        block("leave", "touch here\nexport LOST=1"),
        block("kill", "kill -9 $$"),
        site.says("after"),
        block("bad", f"echo bad >>{site.log}\nfalse", "teardown"),
        site.says("clean", "teardown", '[[ -e here && -z ${LOST-} && $NAME == "x" ]]'),
        front="parameters: {NAME: {example: x}}\n",
    )
    found = site.document(page)["pages"][0]
    assert results(found) == {
        "leave": "passed",
        "kill": "failed",
        "after": "not-run",
        "bad": "failed",
        "clean": "passed",
    }
    assert found["blocks"][2]["reason"] == "because block kill failed"
    assert site.done() == ["bad", "clean"]


def test_a_failed_tear_down_is_evidence_against_the_page(site: Site) -> None:
    page = site.page("a.md", site.says("use"), site.says("clean", "teardown", "false"))
    done = site.verify("--update-lock", page)
    assert done.returncode == 1
    lock = json.loads((site.root / "evidence/a.json").read_text())["blocks"]
    assert {name: block["result"] for name, block in lock.items()} == {
        "use": "passed",
        "clean": "failed",
    }


@pytest.mark.parametrize("chosen", [("docs", "-k", "use"), ("docs/a.md::use",)])
def test_a_block_alone_is_set_up_for_and_taken_down(site: Site, chosen: tuple[str, ...]) -> None:
    ends = site.says("prepare", "setup"), site.says("clean", "teardown")
    site.page("a.md", ends[0], site.says("use"), site.says("other"), ends[1])
    done = site.pytest(*chosen)
    assert done.returncode == 0, done.stdout
    assert site.done() == ["prepare", "use", "clean"]


def test_stopping_at_a_failure_takes_down_all_the_same(site: Site) -> None:
    site.page("a.md", site.says("use", also="false"), site.says("clean", "teardown"))
    done = site.pytest("-x", "docs")
    assert "taking down docs/a.md::clean" in done.stderr
    assert site.done() == ["use", "clean"]


def test_versions_are_told_before_the_tear_down(site: Site) -> None:
    page = site.page(
        "a.md",
        block("make", "echo 'tool 1.2.3' >tool"),
        block("clean", "rm tool", "teardown"),
        front="versions: {tool: cat tool}\n",
    )
    assert site.verify("--update-lock", page).returncode == 0
    assert json.loads((site.root / "evidence/a.json").read_text())["versions"] == {"tool": "1.2.3"}


def test_set_up_and_tear_down_alone_are_nothing_to_run(site: Site) -> None:
    page = site.page("a.md", site.says("prepare", "setup"), site.says("clean", "teardown"))
    assert "this page has no .verify block" in site.verify(page).stderr
    assert site.pytest("docs").returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert site.done() == []


def test_a_need_is_made_once_for_all_pages_and_taken_down_at_the_end(site: Site) -> None:
    site.base()
    for name in ("a.md", "b.md"):
        site.page(name, site.says(name), front="needs: {base.md: ready}\n")
    told = site.document("docs/a.md", "docs/b.md")
    assert [needed(page) for page in told["pages"]] == [
        [("docs/base.md", "made")],
        [("docs/base.md", "met")],
    ]
    made = ["prepare", "make", "ready"]
    assert site.done() == ["ready", *made, "a.md", "ready", "b.md", "clean"]
    record = json.loads((site.root / ".ledger/runs/b.json").read_text())["predicate"]
    assert needed(record["phaseLedger"]) == [("docs/base.md", "met")]


def test_what_is_met_is_left_alone(site: Site) -> None:
    site.base()
    (site.root / "there").touch()
    page = site.page("a.md", site.says("use"), front="needs: {base.md: ready}\n")
    assert needed(site.document(page)["pages"][0]) == [("docs/base.md", "met")]
    assert site.done() == ["ready", "use"]
    assert (site.root / "there").exists()


@pytest.mark.parametrize("how", ["verify", "pytest"])
def test_pages_run_behind_those_that_they_need(site: Site, how: str) -> None:
    site.base()
    site.page("a.md", site.says("a"), front="needs: {m.md: m}\n")
    site.page("c.md", site.says("c"))
    site.page("m.md", site.says("m"), front="needs: {base.md: ready}\n")
    run = site.verify if how == "verify" else site.pytest
    done = run(*(f"docs/{name}.md" for name in ("c", "a", "base", "m")))
    assert done.returncode == 0, done.stdout
    lines = site.done()
    # Asking runs `ready` and `m` again; base was taken down as a page, and made for m.
    own = [line for line in lines if line in {"a", "c", "clean"}]
    assert own == ["c", "clean", "a", "clean"]
    assert lines.index("m") < lines.index("a")


def test_a_need_that_cannot_be_made_is_told_and_leaves_no_evidence(site: Site) -> None:
    site.base(made="false")
    site.page("m.md", site.says("m"), front="needs: {base.md: ready}\n")
    page = site.page("a.md", site.says("one"), site.says("two"), front="needs: {m.md: gone}\n")
    site.page("m.md", site.says("m"), block("gone", "false"), front="needs: {base.md: ready}\n")
    found = site.document("--update-lock", page)["pages"][0]
    assert results(found) == {"one": "failed", "two": "not-run"}
    first, second = found["blocks"]
    assert first["report"].startswith(
        "docs/a.md:4: it needs m.md, which needs base.md, and that failed\n"
        "  docs/base.md:10 block make: ended with 1, expected 0\n"
    )
    assert second["reason"] == "because docs/base.md, which the page needs, failed"
    assert needed(found) == [("docs/base.md", "failed"), ("docs/m.md", "failed")]
    assert site.done() == ["ready", "prepare", "make", "clean"]
    assert not (site.root / "evidence").exists()


def test_a_page_that_could_not_be_made_is_not_made_again(site: Site) -> None:
    site.base(made="false")
    for name in ("a.md", "b.md"):
        site.page(name, site.says(name), front="needs: {base.md: ready}\n")
    told = site.document("docs/a.md", "docs/b.md")
    assert [needed(page) for page in told["pages"]] == [[("docs/base.md", "failed")]] * 2
    assert site.done() == ["ready", "prepare", "make", "clean", "ready"]


def test_a_need_that_cannot_be_taken_down_is_told_of_its_own_page(site: Site) -> None:
    site.base(down="false")
    page = site.page("a.md", site.says("use"), front="needs: {base.md: ready}\n")
    told = site.document("--update-lock", page)["pages"]
    assert [(p["page"], results(p)) for p in told] == [
        ("docs/a.md", {"use": "passed"}),
        ("docs/base.md", {"(after the last block)": "failed"}),
    ]
    assert "block clean: ended with 1" in told[1]["blocks"][0]["reason"]
    assert (site.root / "evidence/a.json").exists()


def test_the_fixtures_of_a_page_hold_while_it_is_made(site: Site) -> None:
    (site.root / "conftest.py").write_text(
        f"import pathlib, pytest\nlog = pathlib.Path({str(site.log)!r})\n"
        "@pytest.fixture(scope='module')\ndef nats():\n"
        "    log.write_text(log.read_text() + 'up\\n')\n    yield\n"
        "    log.write_text(log.read_text() + 'down\\n')\n"
    )
    site.page("base.md", site.says("make"), block("ready", "false"), front="fixtures: [nats]\n")
    site.page("a.md", site.says("use"), front="needs: {base.md: ready}\n")
    site.page("base.md", site.says("make"), site.says("ready", also=f"grep -q make {site.log}"),
              front="fixtures: [nats]\n")  # fmt: skip
    assert site.verify("docs/a.md").returncode == 0
    assert site.done() == ["ready", "up", "make", "ready", "use", "down"]


def test_an_interrupt_takes_down_the_page_and_what_was_made_for_it(site: Site) -> None:
    site.base()
    page = site.page(
        "a.md",
        block("long", f"VAR=kept\necho long >>{site.log}\necho now >&2\nsleep 63.4"),
        site.says("never"),
        site.says("bye", "teardown", "[[ $VAR == kept ]]\necho kept"),
        front="needs: {base.md: ready}\n",
    )
    command = [str(LEDGER), "verify", "--update-lock", page]
    with subprocess.Popen(
        command, cwd=site.root, env=site.env, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        while "long" not in site.log.read_text():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=30)
    told = talk.decode()
    assert process.returncode == 130
    assert "Traceback" not in told
    assert "taking down docs/a.md::bye\ntaking down docs/base.md::clean\n" in told
    assert site.done() == ["ready", "prepare", "make", "ready", "long", "bye", "clean"]
    record = json.loads((site.root / ".ledger/runs/a.json").read_text())["predicate"]
    assert {b["name"]: b["result"] for b in record["phaseLedger"]["blocks"]} == {
        "long": "not-run",
        "never": "not-run",
        "bye": "passed",
    }
    assert subprocess.run(["pgrep", "-f", "sleep 63.4"], check=False).returncode == 1


def test_pages_that_need_each_other_do_not_run(site: Site) -> None:
    site.page("a.md", site.says("a"), front="needs: {b.md: b}\n")
    site.page("b.md", site.says("b"), front="needs: {a.md: a}\n")
    ring = "docs/a.md:4: pages need each other: docs/a.md:4 -> docs/b.md:4 -> docs/a.md"
    for done in (site.verify("docs/a.md"), site.pytest("docs/a.md")):
        assert ring in done.stdout + flat(done.stderr)
        assert "Traceback" not in done.stdout + done.stderr
    assert "docs/b.md:4: P107 error" in site.verify("--offline").stdout
    assert site.done() == []
