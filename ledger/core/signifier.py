"""The marks by which a text says how to go on: ⟿ continue, ⟂ halt, ⤳ fold or stretch the plan.

What one mark says; `ledger.core.reading` tells which of a text's marks are meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

CONTINUE: Final = "⟿"
HALT: Final = "⟂"
ELASTIC: Final = "⤳"
MARKS: Final = CONTINUE + HALT + ELASTIC

_MARK = re.compile(f"[{MARKS}]")
_NESTED = re.compile(r"(?P<target>[^\[\]]*)\[(?P<plan>[^\[\]]*)\]\s*")
_GAP = re.compile(r"\$\{|\{\{|<.*>|^(?:\.{3}|…|X|NAME|NEXT|PHASE|NEXT_PHASE)?$")


class Continue(NamedTuple):
    """⟿: go on.

    Attributes:
        target: the phase, the family or the word to go on with, as written; may be empty.
        plan: the plan that it names, as in `⟿[PLAN[next_skill]]`; mostly empty.
    """

    target: str = ""
    plan: str = ""


class Halt(NamedTuple):
    """⟂: stop.

    Attributes:
        cause: what stops it, such as `BLOCKED`; empty for a bare ⟂.
        detail: the cause's own name, behind the first colon; may be empty.
    """

    cause: str = ""
    detail: str = ""


class Elastic(NamedTuple):
    """⤳: fold or stretch the plan.

    Attributes:
        verb: such as `BRANCH` or `JOIN`; empty for a bare ⤳.
        names: what it applies to.
    """

    verb: str = ""
    names: tuple[str, ...] = ()


Meaning = Continue | Halt | Elastic


class Role(StrEnum):
    """What a mark does in its text."""

    SENT = "sent"
    OVERRULED = "overruled"  # sent, but a ⟂ or a later ⟿ counts instead
    MENU = "menu"  # one of several possible exits
    QUOTED = "quoted"  # in a fence, in code or in a quotation
    PLACEHOLDER = "placeholder"  # a template's gap
    PROSE = "prose"  # spoken of


class Signifier(NamedTuple):
    """One mark in a text.

    Attributes:
        line: its line, from 1.
        text: the mark and its brackets, as written.
        meaning: what it says.
        remark: the words behind it on its line.
        role: what it does in its text.
    """

    line: int
    text: str
    meaning: Meaning
    remark: str
    role: Role


class Token(NamedTuple):
    """Where a mark with its brackets stands in a line, and what is between the brackets."""

    start: int
    end: int
    inner: str


def tokens(line: str) -> Iterator[Token]:
    """Every mark of a line; one inside another's brackets is part of that one's text."""
    end = 0
    while mark := _MARK.search(line, end):
        start, end = mark.span()
        inner = ""
        if line.startswith("[", end):
            close = _closing(line, end)
            # What was cut off inside its brackets sends nobody on; but a halt still halts.
            inner = line[end + 1 : close] if close or mark[0] == HALT else ""
            end = close + 1 if close else len(line)
        yield Token(start, end, inner)


def read_meaning(mark: str, inner: str) -> Meaning:
    """What a mark says with `inner` between its brackets."""
    if mark == CONTINUE:
        nested = _NESTED.fullmatch(inner)
        return Continue(*map(str.strip, nested.groups())) if nested else Continue(inner.strip())
    word, _, rest = (part.strip() for part in inner.partition(":"))
    if mark == HALT:
        return Halt(word, rest)
    return Elastic(word, tuple(filter(None, map(str.strip, rest.split(",")))))


def is_placeholder(text: str) -> bool:
    """Whether `text` is a gap that a template left; a text that says nothing counts too."""
    return bool(_GAP.search(text.strip()))


def _closing(line: str, opening: int) -> int | None:
    depth = 0
    for index in range(opening, len(line)):
        depth += (line[index] == "[") - (line[index] == "]")
        if not depth:
            return index
    return None
