"""`ledger why`: what made a block's evidence what it is, and the command that mends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.pages.state import State
from tests.fixtures.flow_project import DAY, PAGE, Fake
from tests.fixtures.schemas import validate
from tests.support.flat import flat

LEDGER = str(Path(sys.executable).with_name("ledger"))
MEND = "ledger cluster up && ledger verify --update-lock docs/page.md"


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    """A project whose evidence git holds."""
    fake = Fake(tmp_path)
    fake.write("manifests/sub/b.yaml", "b: 1\n")
    fake.verify()
    commit(fake)
    return fake


def commit(fake: Fake) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "x")):
        subprocess.run(("git", *words), cwd=fake.root, check=True)


def why(fake: Fake, block: str, **options: Any) -> dict[str, Any]:
    said = fake.run("why", block, "--json", **options)
    document: dict[str, Any] = json.loads(said.out)
    validate(document, "why.v1")
    assert said.code == (0 if document["state"] == State.VERIFIED else 1)
    return document


def test_a_verified_block(fake: Fake) -> None:
    said = fake.run("why", "one")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "docs/page.md:7 block one: verified\n"
        "  run     2026-11-21 on kubernetes 1.34.4, nats 0.4.0\n"
    )
    assert why(fake, "one")["mend"] is None


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("two", "two"),
        ("docs/page.md#two", "two"),
        ("docs/page.md:7", "one"),
        ("docs/page.md:9", "one"),
        ("docs/page.md:13", "one"),
        ("docs/page.md:15", "two"),
        ("upload", "upload"),
    ],
)
def test_a_block_has_three_names(fake: Fake, called: str, name: str) -> None:
    assert why(fake, called)["name"] == name


@pytest.mark.parametrize(
    ("called", "told"),
    [
        ("tow", "tow: no block 'tow'\n  fix: did you mean two?"),
        ("docs/page.md#tow", "did you mean two?"),
        ("docs/page.md:14", "no block on this line\n  fix: blocks of the page begin on line 7, 15"),
        ("docs/page.md:1", "no block on this line"),
        ("docs/nosuch.md#two", "no such page"),
        ("docs/nosuch.md:3", "no such page"),
        ("docs/nosuch.md", "docs/nosuch.md: no such page\n"),
        ("docs/bare.md", "docs/bare.md: this page has no block\n  fix: ledger evidence show"),
        (
            "docs/page.md",
            "docs/page.md: a page with the blocks one, two, upload\n"
            "  fix: name one of them: ledger why docs/page.md#one; all: "
            "ledger evidence show docs/page.md\n",
        ),
    ],
)
def test_what_is_no_block(fake: Fake, called: str, told: str) -> None:
    fake.write("docs/bare.md", "# Bare\n")
    said = fake.run("why", called)
    assert (said.code, said.out) == (2, "")
    assert told in flat(said.err)


def test_a_block_may_stand_on_a_page_that_cannot_be_read(fake: Fake) -> None:
    fake.write("mkdocs.yml", "a:\n b: [")
    told = "error: two: no block 'two' on the pages that can be read; 1 cannot\n"
    assert fake.run("why", "two").err == f"{told}  fix: ledger check --pages\n"


def test_a_name_on_two_pages_asks_which(fake: Fake) -> None:
    fake.write("docs/other.md", PAGE)
    said = fake.run("why", "one")
    assert said.code == 2
    assert "one of docs/other.md#one, docs/page.md#one" in said.err
    assert why(fake, "docs/page.md#one")["page"] == "docs/page.md"


def test_a_changed_input_names_its_files(fake: Fake) -> None:
    fake.write("manifests/a.yaml", "a: 2\n")
    fake.write("manifests/new.yaml", "")
    (fake.root / "manifests/sub/b.yaml").unlink()
    told = why(fake, "one")
    (change,) = told["changes"]
    assert (told["state"], told["why"]) == ("stale", "input manifests changed since the run")
    assert (change["kind"], change["name"]) == ("input", "manifests")
    assert change["before"] != change["after"]
    assert change["files"] == [
        {"file": "manifests/a.yaml", "how": "changed"},
        {"file": "manifests/new.yaml", "how": "added"},
        {"file": "manifests/sub/b.yaml", "how": "removed"},
    ]
    assert told["mend"] == MEND
    text = fake.run("why", "one").out
    assert f"input manifests: {change['before'][:12]} -> {change['after'][:12]}\n" in text
    assert "            changed  manifests/a.yaml\n" in text
    assert text.endswith(f"  mend    {MEND}\n")


def test_a_change_that_is_committed_is_found_too(fake: Fake) -> None:
    fake.write("manifests/a.yaml", "a: 2\n")
    commit(fake)
    (change,) = why(fake, "one")["changes"]
    assert change["files"] == [{"file": "manifests/a.yaml", "how": "changed"}]


def test_it_is_found_from_a_hook_of_another_repository(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.write("manifests/a.yaml", "a: 2\n")
    monkeypatch.setenv("GIT_DIR", "elsewhere/.git")
    (change,) = why(fake, "one")["changes"]
    assert change["files"] == [{"file": "manifests/a.yaml", "how": "changed"}]


def test_no_file_is_named_where_git_does_not_hold_the_run(fake: Fake) -> None:
    fake.write("manifests/a.yaml", "a: 2\n")
    fake.verify()
    fake.write("manifests/a.yaml", "a: 3\n")
    (change,) = why(fake, "one")["changes"]
    assert change["files"] == []
    assert "which file is not known" in fake.run("why", "one").out


def test_a_changed_text_and_what_follows_from_it(fake: Fake) -> None:
    fake.replace("docs/page.md", "echo one", "echo  one")
    (one,), (two,) = why(fake, "one")["changes"], why(fake, "two")["changes"]
    assert (one["kind"], one["name"], one["clause"]) == (
        "block",
        "one",
        "its text changed since the run",
    )
    assert (two["name"], two["clause"]) == ("one", "a block before it changed since the run")
    assert (two["before"], two["after"]) == (one["before"], one["after"])
    text = fake.run("why", "two").out
    assert f"block one: {one['before'][:12]} -> {one['after'][:12]}\n" in text


def test_all_that_changed_is_told(fake: Fake) -> None:
    fake.replace("docs/page.md", "reasons:", "parameters: {A: {example: a}}\nreasons:")
    fake.write("airgap/pins.toml", '[versions]\nkubernetes = "1.35"\n')
    fake.write("manifests/a.yaml", "a: 2\n")
    changes = why(fake, "two", now=DAY + timedelta(days=40))["changes"]
    assert [change["kind"] for change in changes] == ["input", "setup", "version", "day"]
    version, age = changes[2:]
    assert (version["name"], version["before"], version["after"]) == (
        "kubernetes",
        "1.34.4",
        "1.35",
    )
    assert (age["before"], age["after"]) == ("2026-11-21", "2026-12-31")


def test_a_failure_tells_the_block_and_the_reason_of_the_run(fake: Fake) -> None:
    fake.replace("docs/page.md", "inputs:", "cluster: false\ninputs:")
    fake.replace("docs/page.md", "echo one", "echo one; exit 3")
    _verify(fake)
    reason = "called exit 3, expected 0"
    for block in ("one", "two"):
        assert why(fake, block)["failure"] == {"block": "one", "reason": reason}
    text = fake.run("why", "two").out
    assert "  why     a block before it failed\n" in text
    assert f"  failed  block one: {reason}\n" in text
    (fake.root / ".ledger/runs/page.json").unlink()
    assert why(fake, "one")["failure"] == {"block": "one", "reason": ""}


def _verify(fake: Fake) -> None:
    command = [LEDGER, "verify", "--update-lock"]
    # No cluster of this machine is on record there.
    env = os.environ | {"XDG_STATE_HOME": str(fake.root / "state")}
    subprocess.run(command, cwd=fake.root, env=env, check=False, capture_output=True)


def test_a_block_that_never_ran(fake: Fake) -> None:
    (fake.root / "evidence/page.json").unlink()
    told = why(fake, "one")
    assert (told["state"], told["verified"], told["mend"]) == ("never run", None, MEND)


def test_a_deferred_block_is_not_verified(fake: Fake) -> None:
    told = why(fake, "upload")
    assert (told["state"], told["why"]) == ("deferred", "there is no bucket yet")
    assert told["mend"] is None


def test_it_works_without_git(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.write("manifests/a.yaml", "a: 2\n")
    monkeypatch.setenv("PATH", "/nowhere")
    assert why(fake, "one")["changes"][0]["files"] == []


def test_text_fits_in_eighty_columns(fake: Fake) -> None:
    fake.write("manifests/a.yaml", "a: 2\n")
    fake.write("airgap/pins.toml", '[versions]\nkubernetes = "1.35"\n')
    for block in ("one", "upload"):
        out = fake.run("why", block, now=DAY + timedelta(days=40)).out
        assert max(map(len, out.splitlines())) <= 80


def test_evidence_is_shown_by_page_and_by_block(fake: Fake) -> None:
    later = DAY + timedelta(days=12)
    said = fake.run("evidence", "show", now=later)
    assert said.code == 0
    assert said.out.splitlines()[1:] == [
        "verified   2026-11-21    12 d       3         -  docs/page.md"
    ]
    reason = "there is no bucket yet, and nobody knows when there will be one, or whether at all"
    fake.replace("docs/page.md", "there is no bucket yet", f"'{reason}'")
    fake.replace("docs/page.md", "echo one", "echo  one")
    said = fake.run("evidence", "show", "docs/page.md", now=later)
    assert said.code == 1
    assert max(map(len, said.out.splitlines())) <= 80
    assert "docs/page.md: stale; run of 2026-11-21, 12 days old\n" in said.out
    assert f"  stale{' ' * 16}one  its text changed since the run\n" in said.out
    document = json.loads(fake.run("evidence", "show", "--json", now=later).out)
    validate(document, "evidence.v1")
    (page,) = document["pages"]
    assert (page["holds"], page["age_days"], page["seconds"]) == (False, 12, None)
    assert [block["state"] for block in page["blocks"]] == ["stale", "stale", "deferred"]


def test_evidence_that_nobody_has_is_told(fake: Fake) -> None:
    (fake.root / "evidence/page.json").unlink()
    said = fake.run("evidence", "show")
    assert said.code == 1
    assert said.out.splitlines()[1].split() == ["never", "run", "-", "-", "3", "-", "docs/page.md"]
