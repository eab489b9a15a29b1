"""What an edit writes, form by form, and what it refuses."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.core.edit import Edit, editing
from ledger.core.forest import find_skill
from ledger.core.skill import Skill
from ledger.errors import SkillError
from tests.fixtures.flow_project import SEED, Fake

Change = Callable[[Edit], object]


def edit_of(text: str) -> Edit:
    return Edit(Skill(Path("f.md"), "f.md", text))


def edited(text: str, change: Change) -> str:
    """The header after a change, without its fences."""
    edit = edit_of(f"---\n{text}---\n")
    change(edit)
    edit.check()
    return edit.text.removeprefix("---\n").removesuffix("---\n")


def refused(text: str, change: Change) -> str:
    """Why a change is refused."""
    edit = edit_of(f"---\n{text}---\n")
    with pytest.raises(SkillError) as caught:
        change(edit)
        edit.check()
    assert "nothing was written" in caught.value.what
    return str(caught.value)


def test_seed_keeps_every_other_byte() -> None:
    text = SEED.read_text("utf-8")
    edit = edit_of(text)
    edit.settle("REFLECT", "touched", "2026-11-21: closed")
    edit.set("last_touched", to="2026-11-21")
    edit.check()
    expected = text.replace("  REFLECT: pending\n", "  REFLECT: touched  # 2026-11-21: closed\n")
    assert edit.text == expected.replace("last_touched: 2025-12-14", "last_touched: 2026-11-21")


# Where a new line goes

LEDGER = "phase_ledger:\n  # of the tests\n  TEST: pending  # c\n"


@pytest.mark.parametrize(
    ("before", "phase", "after"),
    [
        (LEDGER, "PLAN", "phase_ledger:\n  PLAN: x\n  # of the tests\n  TEST: pending  # c\n"),
        (LEDGER, "REFLECT", LEDGER + "  REFLECT: x\n"),
        (
            "phase_ledger:\n  PLAN: a\n  # of QA\n  QA: b\n",
            "TEST",
            "phase_ledger:\n  PLAN: a\n  # of QA\n  QA: b\n  TEST: x\n",
        ),
        (
            "phase_ledger:\n  PLAN: a\n  # of QA\n  QA: b\n",
            "DEVELOP",
            "phase_ledger:\n  PLAN: a\n  DEVELOP: x\n  # of QA\n  QA: b\n",
        ),
        ("phase_ledger: {}\n", "QA", "phase_ledger: {QA: x}\n"),
        ("phase_ledger: {TEST: a,}\n", "QA", "phase_ledger: {QA: x, TEST: a,}\n"),
        ("phase_ledger: { PLAN: a }  # c\n", "QA", "phase_ledger: { PLAN: a, QA: x }  # c\n"),
    ],
)
def test_missing_phase_gets_its_place(before: str, phase: str, after: str) -> None:
    assert edited(before, lambda edit: edit.settle(phase, "x", "")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\nphase_ledger: {}\n", "a: 1\nn: 0\nphase_ledger: {}\n"),
        ("# of the\n# ledger\nphase_ledger: {}\n", "n: 0\n# of the\n# ledger\nphase_ledger: {}\n"),
        (
            "a:\n  - b\n  # - c\nphase_ledger: {}\n",
            "a:\n  - b\n  # - c\nn: 0\nphase_ledger: {}\n",
        ),
    ],
)
def test_new_key_stands_before_the_ledger(before: str, after: str) -> None:
    assert edited(before, lambda edit: edit.insert("n", to="0")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("l:\n  - a  # c\nphase_ledger: {}\n", "l:\n  - a  # c\n  - n\nphase_ledger: {}\n"),
        ("l:\n- a\nphase_ledger: {}\n", "l:\n- a\n- n\nphase_ledger: {}\n"),
        ("l: [a]  # c\nphase_ledger: {}\n", "l: [a, n]  # c\nphase_ledger: {}\n"),
        ("l: []  # c\nphase_ledger: {}\n", "l:  # c\n  - n\nphase_ledger: {}\n"),
        ("l:\n# c\nphase_ledger: {}\n", "l:\n  - n\n# c\nphase_ledger: {}\n"),
        ("# c\nphase_ledger: {}\n", "l:\n  - n\n# c\nphase_ledger: {}\n"),
        (
            "phase_ledger: {}\nl:\n  - a: 1\n    b: [2]  # c\n",
            "phase_ledger: {}\nl:\n  - a: 1\n    b: [2]  # c\n  - n\n",
        ),
    ],
)
def test_item_is_appended_in_the_list_s_own_form(before: str, after: str) -> None:
    assert edited(before, lambda edit: edit.append("l", "n")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("e: {a: 1, b: 2}\nphase_ledger: {}\n", "e: {a: 1}\nphase_ledger: {}\n"),
        ("e: {b: 2, a: 1}\nphase_ledger: {}\n", "e: {a: 1}\nphase_ledger: {}\n"),
        ("e: {b: 2}\nphase_ledger: {}\n", "e: {}\nphase_ledger: {}\n"),
        (
            "e:\n  # of a\n  a: 1\n  b: |\n    x\nphase_ledger: {}\n",
            "e:\n  # of a\n  a: 1\nphase_ledger: {}\n",
        ),
    ],
)
def test_key_is_removed_with_its_line(before: str, after: str) -> None:
    assert edited(before, lambda edit: edit.remove("e", "b")) == after


def test_key_is_renamed_in_its_quotes() -> None:
    before = "phase_ledger:\n  'QA': a  # c\n  \"TEST\": b\n"
    after = edited(before, lambda edit: edit.rename("phase_ledger", "QA", to="PLAN"))
    assert after == "phase_ledger:\n  'PLAN': a  # c\n  \"TEST\": b\n"


def test_number_stays_as_it_is_written() -> None:
    before = "entropy: {spent: 0.1}\nphase_ledger: {}\n"
    assert "spent: 0.10" in edited(before, lambda edit: edit.set("entropy", "spent", to="0.10"))


def test_empty_note_takes_the_comment_away() -> None:
    before = "phase_ledger:\n  QA: a  # c\n"
    after = edited(before, lambda edit: edit.note("phase_ledger", "QA", text=""))
    assert after == "phase_ledger:\n  QA: a\n"


# What is refused


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("QA: &a pending", "is an anchor"),
        ("QA: !!str pending", "is an anchor, an alias or tagged"),
        ("QA: *p", "is an anchor, an alias or tagged"),
        ("QA: {a: b}", "is not a single word"),
        ("QA: [a]", "is not a single word"),
        ("QA: |\n    a", "is a text of several lines"),
    ],
)
def test_values_that_are_more_than_a_word_are_refused(line: str, why: str) -> None:
    text = f"phase_ledger:\n  PLAN: &p complete\n  {line}\n"
    assert why in refused(text, lambda edit: edit.settle("QA", "touched", ""))


def test_note_in_braces_names_the_command_that_helps() -> None:
    text = "phase_ledger: {PLAN: complete, QA: pending}\n"
    message = refused(text, lambda edit: edit.settle("QA", "touched", "note"))
    assert "stands in braces, where a note has no place" in message
    assert "ledger fix f --write" in message


@pytest.mark.parametrize("note", ["a\nb: c", "a\r", "a\u2028b", "a\x07"])
def test_note_of_more_than_one_line_is_refused(note: str) -> None:
    text = "phase_ledger:\n  QA: pending\n"
    assert "one printable line" in refused(text, lambda edit: edit.settle("QA", "touched", note))


@pytest.mark.parametrize("to", ["a: b", "a # b", "[", "'", "a\nb: c", "*x", " a"])
def test_text_that_would_read_otherwise_is_refused(to: str) -> None:
    refused("status: x\nphase_ledger: {}\n", lambda edit: edit.set("status", to=to))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda edit: edit.set("no", to="x"), "no is not in the front matter"),
        (lambda edit: edit.remove("no"), "no is not in the front matter"),
        (lambda edit: edit.remove("l"), "l is not in the front matter"),
        (lambda edit: edit.remove("e", "a"), "e would read '', not {}"),
        (lambda edit: edit.rename("no", to="x"), "no is not in the front matter"),
        (lambda edit: edit.rename("s", to="l"), "l is there already"),
        (lambda edit: edit.insert("s", to="x"), "s is there already"),
        (lambda edit: edit.insert("s", "t", to="x"), "s.t has no mapping to stand in"),
        (lambda edit: edit.insert("no", "t", to="x"), "no.t has no mapping to stand in"),
        (lambda edit: edit.insert("e", "b", to="x, c: y"), "nothing was written"),
        (lambda edit: edit.insert("f", "b", to="x, c: y"), "f.b would read 'x', not"),
        (lambda edit: edit.append("s", "x"), "s is not a list"),
        (lambda edit: edit.append("e", "x"), "e is not a list"),
        (lambda edit: edit.append("l", "["), "it is no YAML"),
        (lambda edit: edit.append("l", "a\nb"), "one printable line"),
        (lambda edit: edit.append("l", "x # y"), "nothing was written"),
    ],
)
def test_what_cannot_be_done_without_a_guess(change: Change, why: str) -> None:
    text = "s: x\nl: [a]\ne:\n  a: 1\nf: {a: 1}\nphase_ledger: {}\n"
    assert why in refused(text, change)


def test_change_behind_an_alias_is_refused() -> None:
    text = "base: &b {planned: 0.05}\nentropy: *b\nphase_ledger: {}\n"
    assert "base.planned would read" in refused(
        text, lambda edit: edit.set("entropy", "planned", to="0.06")
    )


def test_anchor_that_refers_to_itself_is_refused() -> None:
    with pytest.raises(SkillError, match="unconstructable recursive node"):
        edit_of("---\na: &a [*a]\nphase_ledger: {}\n---\n")


def test_phase_that_may_be_taken_in_from_elsewhere_is_not_added() -> None:
    text = "x: &x\n  PLAN: complete\nphase_ledger:\n  <<: *x\n  TEST: pending\n"
    assert "<<" in refused(text, lambda edit: edit.settle("PLAN", "pending", ""))


@pytest.mark.parametrize(
    "body", ["", "\n# T", "\n\nA line\u2028of two, and\x0bmore\r", "\r\nx\r\n"]
)
def test_diff_is_one_that_git_applies(tmp_path: Path, body: str) -> None:
    fake = Fake(tmp_path)
    path = fake.project.skills / "backup.md"
    path.write_bytes(f"---\nphase_ledger:\n  PLAN: pending\n---{body}".encode())
    edit = Edit(find_skill(fake.project, "backup"))
    edit.settle("PLAN", "touched", "2026-11-21: done")
    edit.settle("REFLECT", "pending", "")
    subprocess.run(["git", "init", "-q"], cwd=fake.root, check=True)
    subprocess.run(["git", "apply"], cwd=fake.root, input=edit.diff().encode(), check=True)
    assert path.read_bytes() == edit.text.encode()


def test_space_before_the_colon_of_an_empty_value_is_refused() -> None:
    refused("phase_ledger:\n  QA :\n", lambda edit: edit.settle("QA", "touched", ""))


# Locked: read, changed and written in one go


def test_editing_writes_when_the_block_ends(tmp_path: Path) -> None:
    fake = Fake(tmp_path)
    with editing(fake.project, "backup") as edit:
        edit.settle("TEST", "touched", "")
        assert "TEST: in_progress" in fake.read("skills/backup.md")
    assert "TEST: touched" in fake.read("skills/backup.md")


def test_editing_writes_nothing_when_the_block_raises(tmp_path: Path) -> None:
    fake = Fake(tmp_path)
    before = fake.files()
    with pytest.raises(SkillError), editing(fake.project, "backup") as edit:
        edit.settle("TEST", "touched", "")
        edit.set("no", to="x")
    assert fake.files() == before


def test_file_that_cannot_be_written_is_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "f.md"
    path.write_text("---\nstatus: x\nphase_ledger: {}\n---\n")
    edit = Edit(Skill(path, "f.md"))
    edit.set("status", to="y")
    path.unlink()
    with pytest.raises(SkillError, match="cannot be written: No such file"):
        edit.write()
