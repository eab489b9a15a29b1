"""`ledger log`: who moved which phase, as people and scripts read it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.flow_project import Fake
from tests.fixtures.schemas import validate

SKILL = "skills/backup.md"


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    """A project whose skill was committed, then changed by Bob, then changed and not committed."""
    fake = Fake(tmp_path / "project")
    git(fake.root, "init", "-q")
    commit(fake, "Ada")
    fake.replace(SKILL, "TEST: in_progress", "TEST: touched")
    commit(fake, "Bob")
    fake.replace(SKILL, "EDUCATE: pending", f"EDUCATE: deferred  # reason: {'no time ' * 12}")
    return fake


def git(root: Path, *words: str) -> None:
    subprocess.run(("git", *words), cwd=root, check=True)


def commit(fake: Fake, author: str) -> None:
    git(fake.root, "add", ".")
    who = ("-c", f"user.name={author}", "-c", "user.email=a@example.org")
    git(fake.root, *who, "commit", "-qm", "x", "--date", "2026-11-20T12:00:00Z")


def test_a_line_a_commit_then_a_line_a_move_then_the_note(fake: Fake) -> None:
    outcome = fake.run("log", "backup")
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0].startswith("2026-11-20  ")
    assert lines[0].endswith("  Ada")
    assert lines[1] == "  PLAN             -           -> complete"
    assert lines[-7].endswith("  Bob")
    assert lines[-6:-3] == [
        "  TEST             in_progress -> touched",
        "                   waiting, for: a cluster",
        "2026-11-21  not committed",
    ]
    assert max(map(len, lines)) <= 80
    assert " ".join(outcome.out.split()).count("no time") == 12


def test_one_phase_in_any_case(fake: Fake) -> None:
    assert fake.run("log", "backup", "--phase", "test").out.count("TEST") == 2


def test_json(fake: Fake) -> None:
    document = json.loads(fake.run("log", "backup", "--json").out)
    validate(document, "log.v1")
    first, *_, bobs, last = document["moves"]
    assert (first["before"], first["author"]) == (None, "Ada")
    assert (bobs["before"], bobs["after"], bobs["day"]) == ("in_progress", "touched", "2026-11-20")
    assert (last["commit"], last["author"], last["day"]) == (None, None, "2026-11-21")


def test_a_plan_that_git_does_not_know(fake: Fake) -> None:
    fake.seed()
    outcome = fake.run("log", "saas-phase11-external-backup")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "git knows of no move of saas-phase11-external-backup\n"


def test_a_shallow_clone_is_told(fake: Fake) -> None:
    shallow = fake.root.parent / "shallow"
    git(fake.root, "clone", "-q", "--depth", "1", f"file://{fake.root}", str(shallow))
    copy = Fake.__new__(Fake)
    copy.root = shallow
    outcome = copy.run("log", "backup")
    assert (outcome.code, outcome.out) == (0, "")
    assert "warning: this clone is shallow" in outcome.err
    assert json.loads(copy.run("log", "backup", "--json").out)["shallow"] is True
