"""What two branches' lists, lines and comments become: the rules that keep what both say."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Sequence
from typing import Final, TypeVar

from ledger.core.clock import read_day
from ledger.core.debt import FIELD, Debt
from ledger.core.merge_parts import Part, lines_of

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)

# What may stand behind a value: brackets, a comment, the line's end, and comments on further lines.
_BEHIND: Final = re.compile(
    r"(?P<glue>.*?)(?P<lead>[ \t]+#[ \t]?)?(?(lead)(?P<note>[^\r\n]*))(?P<rest>\r?\n.*)", re.DOTALL
)


def three_way(base: T | None, ours: T, theirs: T) -> T | None:
    """What only one side changed, or both alike; None where they differ."""
    if theirs in (base, ours):
        return ours
    return theirs if ours == base else None


def either(base: str, ours: str, theirs: str) -> str:
    """What only one side changed; ours where both did."""
    same = three_way(base, ours, theirs)
    return ours if same is None else same


def arrange(base: Collection[H], ours: Sequence[H], theirs: Sequence[H]) -> list[H]:
    """Merge two lists as sets, in the order of `ours`.

    What either side added is kept, what either side removed is gone; what `theirs` added stands
    behind the neighbour that it has there.
    """
    merged = [item for item in ours if item in theirs or item not in base]
    at = 0
    for item in theirs:
        if item in merged:
            at = merged.index(item) + 1
        elif item not in base:
            while at < len(merged) and merged[at] not in theirs:
                at += 1
            merged.insert(at, item)
            at += 1
    return merged


def unite_lines(base: str, ours: str, theirs: str) -> str:
    """Unite whole lines, comments and blank ones: what either added is kept, in order."""
    same = three_way(base, ours, theirs)
    if same is not None:
        return same
    rows = (_numbered(lines_of(text)) for text in (base, ours, theirs))
    return "".join(line for line, _ in arrange(*rows))


def unite_notes(base: str, first: str, second: str, *, keep: bool) -> str:
    """Unite two comments, clause by clause and field by field; of two days the earlier one.

    Args:
        base: the comment that both branches began with.
        first: the comment whose words come first.
        second: the other one.
        keep: whether `first` loses no word to the other side.
    """
    old, one, two = (fields_of(note) for note in (base, first, second))
    united: list[str] = []
    for key in ("", *Debt._fields):
        begun = [c for c in old.get(key, ()) if not keep or c not in one.get(key, ())]
        clauses = arrange(begun, one.get(key, []), two.get(key, []))
        if key in {"until", "since"}:
            clauses = [min(clauses)] if clauses and all(map(read_day, clauses)) else clauses
        if clauses:
            united.append(f"{key}: {'; '.join(clauses)}" if key else "; ".join(clauses))
    text = "; ".join(united)
    return next((note for note in (first, second) if fields_of(note) == fields_of(text)), text)


def note_of(part: Part | None) -> str:
    """The comment behind a value, without `#`; empty if there is none."""
    found = _BEHIND.fullmatch(part.tail) if part else None
    return (found["note"] or "") if found else ""


def blend(base: str, ours: str, theirs: str, note: str | None = None) -> str:
    """Merge the texts behind a value, or before a collection.

    Args:
        base: the text that both branches began with.
        ours: our text.
        theirs: their text.
        note: what the comment shall say; both sides' comments united if None.
    """
    old, one, two = (_BEHIND.fullmatch(text) for text in (base, ours, theirs))
    if not one or not two:
        return either(base, ours, theirs)
    before, *notes = ((found["note"] or "") if found else "" for found in (old, one, two))
    if note is None:
        same = three_way(before, *notes)
        note = unite_notes(before, *notes, keep=False) if same is None else same
    glue = either(old["glue"] if old else "", one["glue"], two["glue"])
    lead = one["lead"] or two["lead"] or "  # "
    rest = unite_lines(old["rest"] if old else "", one["rest"], two["rest"])
    return glue + (lead + note if note else "") + rest


def fields_of(note: str) -> dict[str, list[str]]:
    """A comment's clauses: the free ones, those of the reason, those of each field behind it."""
    free, _, rest = note.partition("reason:")
    reason, *pairs = FIELD.split(rest)
    texts = {"": free, "reason": reason, **dict(zip(pairs[::2], pairs[1::2], strict=True))}
    split = {key: [c.strip() for c in text.split("; ")] for key, text in texts.items()}
    return {key: kept for key, found in split.items() if (kept := [c for c in found if c])}


def _numbered(lines: list[str]) -> list[tuple[str, int]]:
    """Lines told apart by how often they were there before."""
    return [(line, lines[:index].count(line)) for index, line in enumerate(lines)]
