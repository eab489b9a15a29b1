"""`ledger status`: every file is accounted for, by how it stands, and it fits the screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from bench.skills import write_skills
from tests.fixtures.flow_project import DAY, SKILL, Fake
from tests.fixtures.schemas import validate

OPEN = "phase_ledger:\n  PLAN:"
LEDGER = f"{OPEN} pending\n"
CLOSED = SKILL.replace("status: pending", "status: active").replace("in_progress", "complete")


def status(fake: Fake, *options: str) -> dict[str, Any]:
    """What `--json` says, which is always what the schema says."""
    document = json.loads(fake.run("status", "--json", *options).out)
    validate(document, "status.v1")
    assert isinstance(document, dict)
    return document


def standing(fake: Fake, text: str) -> tuple[str, str | None]:
    """The group of a skill of this text, and why."""
    fake.write("skills/backup.md", text)
    (skill,) = (skill for skill in status(fake)["skills"] if skill["name"] == "backup")
    return skill["group"], skill["why"]


def skill(lines: str, ledger: str = LEDGER) -> str:
    return f"---\n{lines}{ledger}---\n"


def test_every_group_and_the_count_of_all_files(fake: Fake) -> None:
    fake.seed()
    fake.write("skills/deep/er/waits.md", skill("blocking: [backup]\n"))
    fake.write("skills/old.md", skill("last_touched: 2026-01-01\n"))
    fake.write("skills/closed.md", skill("status: complete\n"))
    fake.write("skills/bad.md", "no header")
    outcome = fake.run("status")
    assert outcome.code == 1
    assert (
        outcome.out
        == """\
  skill                         phases       open               left

Active
  backup                        CCTCsTT>.d.  TEST               0.02

Blocked
  waits                         ...........  PLAN                  0
    waits on backup

Dormant
  old                           ...........  PLAN                  0
  saas-phase11-external-backup  CCTCsTTTTd.  REFLECT            0.00

Complete
  closed                        ...........  PLAN                  0

Unreadable
  skills/bad.md

6 skills: 1 active, 1 blocked, 2 dormant, 1 complete, 1 unreadable
"""
    )
    assert "d deferred" in outcome.err
    assert "error: skills/bad.md:1: no front matter" in outcome.err
    assert status(fake)["counts"] == {
        "active": 1,
        "blocked": 1,
        "dormant": 2,
        "complete": 1,
        "unreadable": 1,
    }


@pytest.mark.parametrize(
    ("text", "group", "why"),
    [
        (SKILL, "active", None),
        (CLOSED, "dormant", "untouched since 2026-11-01"),
        (CLOSED.replace("11-01", "11-20"), "active", None),
        (CLOSED.replace("T: pending", "T: deferred").replace("11-01", "11-20"), "active", None),
        (
            CLOSED.replace(": pending", ": touched").replace("deferred", "skipped"),
            "complete",
            "every phase is done or skipped",
        ),
        (CLOSED.replace(": pending", ": touched", 1), "dormant", "untouched since 2026-11-01"),
        (skill("status: COMPLETE\n"), "complete", "status: COMPLETE"),
        (skill("status: Dormant\n"), "dormant", "status: Dormant"),
        (skill("status: blocked\n"), "blocked", "status: blocked"),
        (skill("", f"{OPEN} blocked  # reason: no key; owner: a\n"), "blocked", "PLAN: no key"),
        (skill("", f"{OPEN} blocked\n"), "blocked", "PLAN: no reason given"),
        (skill("", "phase_ledger:\n  QA: blocked\n"), "active", None),
        (skill("blocking: [external/backup]\n"), "active", None),
        (skill("blocking: [cost_approval]\n"), "active", None),
        (skill("last_touched: 2026-11-07\n"), "active", None),
        (skill("last_touched: 2026-11-06\n"), "dormant", "untouched since 2026-11-06"),
        (skill("last_touched: 2026-11-06\n", f"{OPEN} partial\n"), "active", None),
        (skill("last_touched: soon\n"), "active", None),
        (
            skill("status: active\nlast_touched: 2025-01-01\n"),
            "dormant",
            "untouched since 2025-01-01",
        ),
    ],
)
def test_group_and_why(fake: Fake, text: str, group: str, why: str | None) -> None:
    assert standing(fake, text) == (group, why)


def test_what_waits_is_blocked_until_what_it_waits_on_is_complete(fake: Fake) -> None:
    fake.write("skills/first.md", skill("enables:\n  - plans/backup.md  # by path\n"))
    assert standing(fake, skill("")) == ("blocked", "waits on first")
    fake.write("skills/first.md", skill("status: done\nenables: [backup]\n"))
    assert standing(fake, skill("")) == ("active", None)


def test_day_is_an_input(fake: Fake) -> None:
    fake.write("skills/backup.md", skill("last_touched: 2026-11-21\n"))
    for day, group in ((DAY, "1 active"), (date(2027, 1, 1), "1 dormant")):
        assert fake.run("status", now=day).out.splitlines()[-1] == f"1 skill: {group}"


@pytest.mark.parametrize("name", ["backup", "a-very-long-name-" * 4])
@pytest.mark.parametrize("left", ["0.05", "0.05000000000000001", "-3", "x"])
def test_status_fits_eighty_columns(fake: Fake, name: str, left: str) -> None:
    text = SKILL.replace("CROSS-SYNERGIZE: skipped", "CROSS-SYNERGIZE: pending")
    fake.write(f"skills/{name}.md", text.replace("planned: 0.05", f"planned: {left}"))
    fake.verify("failed")
    outcome = fake.run("status", "--evidence")
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert name in outcome.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"no header", "skills/bad.md:1: no front matter"),
        (b"", "skills/bad.md:1: no front matter"),
        (b"---\na: [\n---\n", "skills/bad.md:3: broken YAML"),
        (b"---\na: 1\n---\n", "skills/bad.md"),
        (b"\xff\xfe", "skills/bad.md: not UTF-8 text"),
        (b"---\n- a\n---\n", "skills/bad.md"),
    ],
)
def test_status_lists_what_it_cannot_read(fake: Fake, text: bytes, message: str) -> None:
    (fake.root / "skills/bad.md").write_bytes(text)
    outcome = fake.run("status")
    assert outcome.code == 1
    assert f"error: {message}" in outcome.err
    assert "  backup " in outcome.out
    assert "\nUnreadable\n  skills/bad.md\n" in outcome.out
    document = status(fake)
    assert [skill["name"] for skill in document["skills"]] == ["backup"]
    assert len(document["unreadable"]) == 1


def test_folder_named_like_a_skill_is_listed_too(fake: Fake) -> None:
    (fake.root / "skills/dir.md").mkdir()
    outcome = fake.run("status")
    assert (outcome.code, "skills/dir.md: cannot be read" in outcome.err) == (1, True)


def test_budget_that_is_no_number_is_a_problem_and_not_the_end(fake: Fake) -> None:
    fake.replace("skills/backup.md", "planned: 0.05", "planned: some")
    outcome = fake.run("status")
    assert outcome.code == 1
    assert "error: skills/backup.md: entropy.planned is 'some', not a number" in outcome.err
    assert outcome.out.splitlines()[3].split()[-1] == "?"
    assert status(fake)["skills"][0]["left"] is None


def test_evidence_is_read_when_it_is_asked_for(fake: Fake) -> None:
    fake.write("docs/page.md", "```bash\nls\n```\n")
    assert fake.run("status").code == 0
    assert status(fake)["skills"][0]["evidence"] is None
    outcome = fake.run("status", "--evidence")
    assert outcome.code == 1
    assert "error: docs/page.md:1: a bare bash fence" in outcome.err
    assert outcome.out.splitlines()[3].endswith("broken")
    assert status(fake, "--evidence")["problems"][0]["where"] == "docs/page.md:1"


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda f: f.verify("failed"), "failed"),
        (lambda f: f.replace("docs/page.md", "true\n", "false\n"), "stale"),
        (lambda f: (f.root / "evidence/page.json").unlink(), "never run"),
        (lambda f: f.write("docs/page.md", "---\ntitle: t\n---\n"), "no blocks"),
        (lambda f: f.write("skills/backup.md", skill("")), "no pages"),
        (lambda f: None, "verified"),
    ],
)
def test_status_shows_the_least_trusted_state(
    fake: Fake, spoil: Callable[[Fake], object], word: str
) -> None:
    spoil(fake)
    outcome = fake.run("status", "--evidence")
    assert (outcome.code, outcome.out.splitlines()[3].endswith(word)) == (0, True)


def test_project_without_skills(fake: Fake) -> None:
    (fake.root / "skills/backup.md").unlink()
    outcome = fake.run("status")
    assert (outcome.code, outcome.out) == (0, "0 skills\n")
    assert "ledger new" in outcome.err
    assert status(fake)["skills"] == []


def test_odd_words_in_a_ledger_are_shown(fake: Fake) -> None:
    fake.replace("skills/backup.md", "TEST: in_progress", "TEST: gone")
    assert fake.run("status").out.splitlines()[3].split()[1] == "CCTCsTT?.d."


def test_dangling_enables_are_a_warning(fake: Fake) -> None:
    fake.write("skills/b.md", skill(f"enables: [{', '.join(f'gone-{n}' for n in range(7))}]\n"))
    outcome = fake.run("status")
    assert outcome.code == 0
    assert "warning: skills/b.md: enables gone-0, which is no skill here\n" in outcome.err
    assert "warning: and 2 more entries" in outcome.err
    dangling = status(fake)["dangling"]
    assert dangling[6] == {"file": "skills/b.md", "enables": "gone-6"}


def test_rings_are_an_error(fake: Fake) -> None:
    fake.write("skills/a.md", skill("enables: [b]\n"))
    fake.write("skills/b.md", skill("enables: [c]\nblocking: [a]\n"))
    fake.write("skills/c.md", skill("enables: [a]\n"))
    outcome = fake.run("status")
    assert outcome.code == 1
    assert "skills wait on each other: a -> b -> c -> a\n" in outcome.err
    assert status(fake)["cycles"] == [[f"skills/{name}.md" for name in "abca"]]


def test_graph_names_every_file(fake: Fake) -> None:
    fake.write("skills/next.md", skill("blocking: [backup]\n"))
    fake.write("skills/bad.md", "")
    outcome = fake.run("status", "--graph", "mermaid")
    assert outcome.code == 1
    assert outcome.out.startswith("graph LR\n")
    assert '  s0["backup"]:::active\n  s1["next"]:::blocked\n' in outcome.out
    assert '  s2["skills/bad.md"]:::unreadable\n  s0 --> s1\n' in outcome.out
    dot = fake.run("status", "--graph", "dot").out
    assert '"skills/backup.md" -> "skills/next.md";' in dot
    assert fake.run("status", "--graph", "png").code == 2
    assert fake.run("status", "--graph", "dot", "--json").code == 2


def test_generated_forest_is_whole(fake: Fake) -> None:
    write_skills(fake.root / "skills")
    outcome = fake.run("status")
    assert outcome.out.splitlines()[-1].startswith("336 skills: ")
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert sum(status(fake)["counts"].values()) == 336
