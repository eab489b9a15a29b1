"""An edit changes the characters it means to, and no other: properties, not examples."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.edit import Edit
from ledger.core.phases import PHASES, Status
from ledger.core.skill import Skill
from ledger.errors import SkillError
from tests.fixtures.flow_project import SEED

STATUSES = [status.value for status in Status]
WORDS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S")) | st.just(" "), max_size=30
).map(lambda text: " ".join(text.split()))


def skill(text: str, path: Path = Path("f.md")) -> Skill:
    return Skill(path, "f.md", text)


@st.composite
def ledger_lines(draw: st.DrawFn) -> list[str]:
    """The lines of a ledger as people write them: quotes, comments, gaps, any subset in order."""
    lines = []
    for phase in PHASES:
        if phase != "PLAN" and draw(st.integers(0, 9)) == 0:
            continue
        quote = draw(st.sampled_from(["", "'", '"']))
        key = f'"{phase}"' if draw(st.integers(0, 9)) == 0 else phase
        status = draw(st.sampled_from([*STATUSES, ""]))
        value = f"{quote}{status}{quote}" if status else ""
        gap = draw(st.sampled_from([" ", "  ", "\t"]))
        note = draw(WORDS)
        comment = f"{gap}# {note}" if note and draw(st.booleans()) else ""
        lines.append(f"{key}:{' ' if value else ''}{value}{comment}")
        if draw(st.integers(0, 5)) == 0:
            lines.append(draw(st.sampled_from(["", "# a comment of its own: é"])))
    return lines


@st.composite
def files(draw: st.DrawFn) -> str:
    """A whole skill file."""
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    indent = draw(st.sampled_from(["  ", "    ", " "]))
    rows = [f"{indent}{line}" if line else "" for line in draw(ledger_lines())]
    extra = draw(WORDS)
    lines = [
        "---",
        "# comment above all: ü",
        f"title: {json.dumps(extra, ensure_ascii=False)}",
        "anchored: &a [x]",
        "again: *a",
        "last_touched: 2025-12-14   # a day",
        "notes: |",
        "  PLAN: not a phase",
        "",
        "phase_ledger:" + draw(st.sampled_from(["", "  # the ledger"])),
        *rows,
        "entropy: {planned: 0.050, spent: 0.03, returned: 0.02}",
        "tags: [b, a]",
        "---",
        "",
        draw(WORDS),
        "phase_ledger:",
        "  PLAN: body",
    ]
    return draw(st.sampled_from(["", "\ufeff"])) + ending.join(lines)


def data(text: str) -> dict[str, object]:
    source = text.removeprefix("\ufeff").replace("\r\n", "\n").split("---\n")[1]
    loaded = yaml.load(source, Loader=yaml.CSafeLoader)
    assert isinstance(loaded, dict)
    return loaded


@settings(deadline=None)  # the machine may be busy
@given(text=files(), phase=st.sampled_from(PHASES), status=st.sampled_from(STATUSES), note=WORDS)
def test_settling_changes_one_line(text: str, phase: str, status: str, note: str) -> None:
    before = skill(text)
    edit = Edit(before)
    edit.settle(phase, status, note)
    edit.check()
    after = skill(edit.text)

    entry = after.entry(phase)
    assert (entry.raw, entry.note) == (status, note or before.entry(phase).note)
    assert edit.text.count("\r\n") == (edit.text.count("\n") if "\r" in text else 0)
    old, new = text.split("\n"), edit.text.split("\n")
    there = before.entry(phase).line
    if there:
        assert len(old) == len(new)
        assert [
            n for n, pair in enumerate(zip(old, new, strict=True), 1) if pair[0] != pair[1]
        ] in (
            [there],
            [],
        )
    else:
        assert [line for n, line in enumerate(new, 1) if n != entry.line] == old
    expected = data(text)
    ledger = expected["phase_ledger"]
    assert isinstance(ledger, dict)
    assert data(edit.text) == expected | {"phase_ledger": ledger | {phase: status}}


@settings(deadline=None)  # the machine may be busy
@given(text=files())
def test_settling_what_is_settled_changes_nothing(text: str) -> None:
    before = skill(text)
    edit = Edit(before)
    for entry in before.ledger:
        if entry.line and entry.raw:
            edit.settle(entry.phase, entry.raw, "")
    assert edit.text == text
    assert edit.diff() == ""


@settings(deadline=None)  # the machine may be busy
@given(text=files(), day=st.dates())
def test_setting_back_restores_the_file(text: str, day: date) -> None:
    there = Edit(skill(text))
    there.set("last_touched", to=day.isoformat())
    there.check()
    back = Edit(skill(there.text))
    back.set("last_touched", to="2025-12-14")
    assert back.text == text


@settings(deadline=None)  # the machine may be busy
@given(text=files(), note=WORDS.filter(bool))
def test_phases_in_any_order_give_the_same_file(text: str, note: str) -> None:
    forwards, backwards = Edit(skill(text)), Edit(skill(text))
    for phase in PHASES:
        forwards.settle(phase, "touched", note)
    for phase in reversed(PHASES):
        backwards.settle(phase, "touched", note)
    assert forwards.text == backwards.text


def test_seed_keeps_every_other_byte() -> None:
    text = SEED.read_text("utf-8")
    edit = Edit(skill(text))
    edit.settle("REFLECT", "touched", "2026-11-21: closed")
    edit.set("last_touched", to="2026-11-21")
    edit.check()
    expected = text.replace("  REFLECT: pending\n", "  REFLECT: touched  # 2026-11-21: closed\n")
    assert edit.text == expected.replace("last_touched: 2025-12-14", "last_touched: 2026-11-21")


# What is refused


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("QA: &a pending", "is an anchor"),
        ("QA: !!str pending", "is an anchor, an alias or tagged"),
        ("QA: {a: b}", "is not a single word"),
        ("QA: [a]", "is not a single word"),
    ],
)
def test_values_that_are_more_than_a_word_are_refused(line: str, why: str) -> None:
    edit = Edit(skill(f"---\nphase_ledger:\n  PLAN: complete\n  {line}\n---\n"))
    with pytest.raises(SkillError, match=why):
        edit.settle("QA", "touched", "")


def test_alias_is_refused_and_its_anchor_kept() -> None:
    edit = Edit(skill("---\nphase_ledger:\n  PLAN: &p complete\n  QA: *p\n---\n"))
    with pytest.raises(SkillError, match="is an anchor, an alias or tagged"):
        edit.settle("QA", "touched", "")


@pytest.mark.parametrize(
    "text",
    [
        "---\nphase_ledger: {PLAN: complete, QA: pending, TEST: pending}\n---\n",
        "---\nphase_ledger: {PLAN: complete, QA: pending}\n---\n",
    ],
)
def test_note_that_would_eat_a_flow_map_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "f.md"
    path.write_text(text)
    edit = Edit(skill(text, path))
    with pytest.raises(SkillError, match="nothing was written"):
        edit.settle("QA", "touched", "note")
        edit.write()
    assert path.read_text() == text


def test_flow_map_without_a_note_is_edited_in_place() -> None:
    edit = Edit(skill("---\nphase_ledger: {PLAN: complete, QA: pending, TEST: pending}\n---\n"))
    edit.settle("QA", "touched", "")
    edit.check()
    assert edit.text == "---\nphase_ledger: {PLAN: complete, QA: touched, TEST: pending}\n---\n"


@pytest.mark.parametrize("note", ["a\nb: c", "a\r", "a\u2028b", "a\x07"])
def test_note_of_more_than_one_line_is_refused(note: str) -> None:
    edit = Edit(skill("---\nphase_ledger:\n  QA: pending\n---\n"))
    with pytest.raises(SkillError, match="one printable line"):
        edit.settle("QA", "touched", note)


@pytest.mark.parametrize("to", ["a: b", "a # b", "[", "'", "a\nb: c", "*x"])
def test_text_that_would_read_otherwise_is_refused(to: str) -> None:
    edit = Edit(skill("---\nstatus: x\nphase_ledger: {}\n---\n"))
    edit.set("status", to=to)
    with pytest.raises(SkillError, match="nothing was written"):
        edit.check()


def test_space_before_the_colon_of_an_empty_value_is_refused() -> None:
    edit = Edit(skill("---\nphase_ledger:\n  QA :\n---\n"))
    with pytest.raises(SkillError):
        edit.settle("QA", "touched", "")
        edit.check()


def test_missing_key_is_refused() -> None:
    with pytest.raises(SkillError, match="status is not in the front matter"):
        Edit(skill("---\nphase_ledger: {}\n---\n")).set("status", to="x")


def test_first_phase_has_no_place_in_an_empty_ledger() -> None:
    with pytest.raises(SkillError, match="no earlier phase"):
        Edit(skill("---\nphase_ledger:\n  QA: pending\n---\n")).settle("PLAN", "touched", "")
