"""The ledger's lines put in another shape: out of braces, and in the order of the phases."""

from __future__ import annotations

import re
from itertools import pairwise

from ledger.core.edit import Edit
from ledger.core.header import Header
from ledger.core.layout import Layout
from ledger.core.phases import PHASES
from ledger.errors import SkillError

_LEDGER = "phase_ledger"


def without_braces(edit: Edit) -> None:
    """Write the ledger with one line a phase; comments inside the braces stay beside their phase.

    Raises:
        SkillError: the ledger is empty, or stands inside other braces.
    """
    layout, text = Layout(Header(edit.text, edit.skill.where)), edit.text
    whole, phases = layout.pairs()[_LEDGER], list(layout.pairs(_LEDGER).values())
    if layout.in_braces() or not phases or text[whole.start] != "{":
        raise _refuse(edit, "cannot be taken out of its braces")
    rows = _comments(text[whole.start : phases[0].key_start])
    ends = [pair.key_start for pair in phases[1:]] + [whole.end]
    for pair, end in zip(phases, ends, strict=True):
        behind, *below = text[pair.end : end].split("\n")
        line = f"{text[pair.key_start : pair.key_end]}: {text[pair.start : pair.end]}".rstrip()
        rows += ["  ".join([line, *_comments(behind)]), *_comments("\n".join(below))]
    line_end = text.index("\n", whole.end)
    ending = "\r\n" if text[line_end - 1] == "\r" else "\n"
    head = text[: whole.start].rstrip() + text[whole.end : line_end].rstrip()
    edit.text = head + "".join(f"{ending}  {row}" for row in rows) + ending + text[line_end + 1 :]


def in_order(edit: Edit) -> None:
    """Put the phases in order, each with the lines above it that belong to it.

    Names that are no phases keep their place among them.

    Raises:
        SkillError: the ledger is in braces.
    """
    layout, text = Layout(Header(edit.text, edit.skill.where)), edit.text
    phases = layout.pairs(_LEDGER)
    if layout.in_braces(_LEDGER) or not phases:
        raise _refuse(edit, "is in braces, so its lines cannot be ordered")
    starts = [text.index("\n", layout.pairs()[_LEDGER].key_end) + 1]
    starts += [text.index("\n", pair.end - 1) + 1 for pair in phases.values()]
    chunks = dict(zip(phases, (text[a:b] for a, b in pairwise(starts)), strict=True))
    ordered = iter(sorted((name for name in chunks if name in PHASES), key=PHASES.index))
    rows = (chunks[next(ordered) if name in PHASES else name] for name in chunks)
    edit.text = text[: starts[0]] + "".join(rows) + text[starts[-1] :]


def _comments(gap: str) -> list[str]:
    """The comments between a value and the next key."""
    return [found.rstrip() for found in re.findall("#[^\n]*", gap)]


def _refuse(edit: Edit, why: str) -> SkillError:
    return SkillError(f"{_LEDGER} {why}", where=edit.skill.where, fix="edit the lines by hand")
