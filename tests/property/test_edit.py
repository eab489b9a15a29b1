"""An edit changes the characters it means to, and no other: properties, not examples."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.edit import Edit
from ledger.core.phases import PHASES, Status
from ledger.core.skill import Skill
from ledger.flow.budget import pour, sip

STATUSES = [status.value for status in Status]
WORDS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S")) | st.just(" "), max_size=30
).map(lambda text: " ".join(text.split()))
NAMES = st.from_regex(r"[a-z]{3,8}(-[a-z0-9]{3,5})?x", fullmatch=True)
LISTS = {
    "block": ["blocking:  # waits", "  - a  # why", "  - b"],
    "flush": ["blocking:", "- a", "- b  # c", "# about what follows"],
    "flow": ["blocking: [a, b]  # both"],
    "empty": ["blocking: []   # none"],
    "null": ["blocking:"],
    "absent": [],
}


def skill(text: str, path: Path = Path("f.md")) -> Skill:
    return Skill(path, "f.md", text)


def data(text: str) -> dict[str, Any]:
    """What the header says, as written."""
    source = text.removeprefix("\ufeff").replace("\r\n", "\n")
    header = re.split(r"^(?:---|\.\.\.)$", source, flags=re.MULTILINE)[1]
    loaded = yaml.load(header, Loader=yaml.CBaseLoader)
    assert isinstance(loaded, dict)
    return loaded


@st.composite
def phase_lines(draw: st.DrawFn) -> list[str]:
    """The lines of a ledger as people write them: quotes, comments, gaps, any subset in order."""
    lines = []
    for phase in draw(st.lists(st.sampled_from(PHASES), min_size=1, unique=True).map(ordered)):
        if draw(st.integers(0, 5)) == 0:
            lines.append(draw(st.sampled_from(["", "# a comment of its own: é", "  # deeper"])))
        quote = draw(st.sampled_from(["", "'", '"']))
        key = draw(st.sampled_from([phase, phase, phase, f'"{phase}"', f"'{phase}'"]))
        status = draw(st.sampled_from([*STATUSES, ""]))
        value = f" {quote}{status}{quote}" if status else ""
        gap = draw(st.sampled_from([" ", "  ", "\t"]))
        note = draw(WORDS)
        comment = f"{gap}# {note}" if note and draw(st.booleans()) else ""
        lines.append(f"{key}:{value}{comment}")
    return lines


def ordered(phases: list[str]) -> list[str]:
    return sorted(phases, key=PHASES.index)


@st.composite
def files(draw: st.DrawFn, *, braces: bool = False) -> str:
    """A whole skill file; with `braces` its mappings are written in them."""
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    indent = draw(st.sampled_from(["  ", "    ", " "]))
    rows = draw(phase_lines())
    if braces:
        phases = draw(st.lists(st.sampled_from(PHASES), unique=True).map(ordered))
        inside = ", ".join(f"{phase}: {draw(st.sampled_from(STATUSES))}" for phase in phases)
        ledger = [f"phase_ledger: {{{inside}}}"]
        entropy = ["entropy: { planned: 0.050, spent: 0.03 }  # the book"]
    else:
        comment = draw(st.sampled_from(["", "  # the ledger"]))
        ledger = [f"phase_ledger:{comment}", *(f"{indent}{row}" if row else "" for row in rows)]
        entropy = ["entropy:", f"{indent}planned: 0.050", f"{indent}spent: 0.03  # drawn"]
    lines = [
        "---",
        "# comment above all: ü",
        f"title: {json.dumps(draw(WORDS), ensure_ascii=False)}",
        "anchored: &a [x]",
        "again: *a",
        "last_touched: 2025-12-14   # a day",
        *LISTS[draw(st.sampled_from(sorted(LISTS)))],
        "notes: |",
        "  PLAN: not a phase",
        "",
        *draw(st.sampled_from([[], ["# above the ledger"]])),
        *ledger,
        *entropy,
        "tags: [b, a]",
        draw(st.sampled_from(["---", "..."])),
        *draw(st.sampled_from([[], ["", draw(WORDS), "phase_ledger:", "  PLAN: body"]])),
    ]
    return draw(st.sampled_from(["", "\ufeff"])) + ending.join(lines)


ANY = st.booleans().flatmap(lambda braces: files(braces=braces))


def changed(before: str, after: str) -> int:
    """How many lines of `after` are not in `before`; line endings are one kind."""
    assert after.count("\r\n") == (after.count("\n") if "\r" in before else 0)
    old = before.split("\n")
    new = after.split("\n")
    shared = [line for line in new if line in old]
    return len(new) - len(shared)


def edited(text: str, change: Callable[..., object], *arguments: Any, **named: Any) -> str:
    edit = Edit(skill(text))
    change(edit, *arguments, **named)
    edit.check()
    return edit.text


@given(text=files(), phase=st.sampled_from(PHASES), status=st.sampled_from(STATUSES), note=WORDS)
def test_settling_changes_one_line(text: str, phase: str, status: str, note: str) -> None:
    before = skill(text)
    after = skill(edited(text, Edit.settle, phase, status, note))

    entry = after.entry(phase)
    assert (entry.raw, entry.note) == (status, note or before.entry(phase).note)
    assert changed(text, after.text) <= 1
    old, new = text.split("\n"), after.text.split("\n")
    if there := before.entry(phase).line:
        assert old[: there - 1] + old[there:] == new[: there - 1] + new[there:]
    else:
        assert new[: entry.line - 1] + new[entry.line :] == old
    expected = data(text)
    expected["phase_ledger"][phase] = status
    assert data(after.text) == expected


@given(text=files(braces=True), phase=st.sampled_from(PHASES), status=st.sampled_from(STATUSES))
def test_a_ledger_in_braces_is_settled_in_place(text: str, phase: str, status: str) -> None:
    after = edited(text, Edit.settle, phase, status, "")
    expected = data(text)
    expected["phase_ledger"][phase] = status
    assert data(after) == expected
    assert [*data(after)["phase_ledger"]] == ordered([*expected["phase_ledger"]])
    assert changed(text, after) <= 1
    assert after.count("\n") == text.count("\n")


@given(text=ANY)
def test_writing_what_is_there_changes_nothing(text: str) -> None:
    edit = Edit(skill(text))
    for entry in edit.skill.ledger:
        if entry.line and entry.raw:
            edit.settle(entry.phase, entry.raw, "")
    for path in (("last_touched",), ("entropy", "planned")):
        value = edit.skill.header.value(*path)
        assert value is not None
        edit.set(*path, to=value.text)
    edit.check()
    assert edit.text == text
    assert edit.diff() == ""


@given(text=ANY, day=st.dates(), number=st.decimals(0, 1, places=3))
def test_setting_back_restores_the_file(text: str, day: date, number: Decimal) -> None:
    def there(edit: Edit) -> None:
        edit.set("last_touched", to=day.isoformat())
        edit.set("entropy", "planned", to=str(number))

    def back(edit: Edit) -> None:
        edit.set("last_touched", to="2025-12-14")
        edit.set("entropy", "planned", to="0.050")

    assert edited(edited(text, there), back) == text


@given(text=files(), note=WORDS.filter(bool), order=st.permutations(PHASES))
def test_phases_in_any_order_give_the_same_ledger(text: str, note: str, order: list[str]) -> None:
    def settle(edit: Edit, phases: Sequence[str]) -> None:
        for phase in phases:
            edit.settle(phase, "touched", note)

    one, other = edited(text, settle, PHASES), edited(text, settle, order)
    assert [*data(one)["phase_ledger"]] == [*data(other)["phase_ledger"]] == [*PHASES]
    assert sorted(one.split("\n")) == sorted(other.split("\n"))


@given(text=ANY, name=NAMES, number=st.decimals(0, 1, places=4))
def test_what_is_inserted_is_there_and_goes_without_a_trace(
    text: str, name: str, number: Decimal
) -> None:
    for path in ((name,), ("entropy", name)):
        after = edited(text, Edit.insert, *path, to=str(number))
        expected = data(text)
        (expected if len(path) == 1 else expected["entropy"])[name] = str(number)
        assert data(after) == expected
        assert changed(text, after) == 1
        assert edited(after, Edit.remove, *path) == text


@given(text=ANY, names=st.lists(NAMES, min_size=1, max_size=3, unique=True))
def test_items_are_appended_in_order(text: str, names: list[str]) -> None:
    items = [f"{{name: {name}, class: deferred}}" for name in names]
    after = text
    for item in items:
        after = edited(after, Edit.append, "blocking", item)
    expected = data(text)
    made = [{"name": name, "class": "deferred"} for name in names]
    expected["blocking"] = [*(expected.get("blocking") or []), *made]
    assert data(after) == expected
    assert changed(text, after) <= len(names) + 1
    for line in text.split("\n"):
        comment = line.partition("#")[2]
        assert comment in after


@given(text=ANY, name=NAMES)
def test_a_key_renamed_keeps_its_place(text: str, name: str) -> None:
    for *above, key in (["title"], ["entropy", "planned"], ["tags"]):
        there, back = (*above, key), (*above, name)
        after = edited(text, Edit.rename, *there, to=name)
        assert changed(text, after) == 1
        assert [*data(after)] != [*data(text)] or above
        assert edited(after, Edit.rename, *back, to=key) == text


@given(
    text=ANY.map(lambda text: text.replace("0.050", "9.050")),
    moves=st.lists(st.tuples(st.booleans(), st.decimals("0.0001", "0.3", places=4)), max_size=8),
)
def test_the_book_adds_up_exactly(text: str, moves: list[tuple[bool, Decimal]]) -> None:
    spent, returned = Decimal("0.03"), Decimal(0)
    for draws, amount in moves:
        post = sip if draws else pour
        text = edited(text, post, amount, date(2026, 11, 21))
        spent, returned = spent + draws * amount, returned + (not draws) * amount
    budget = skill(text).budget
    assert (budget.spent, budget.returned) == (spent, returned)
    assert budget.remaining == Decimal("9.05") - spent - returned
