"""Where a plan stands, short enough for one row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ledger.core.phases import PHASES, Status
from ledger.core.skill import Entry, Skill
from ledger.flow.evidence import PageEvidence
from ledger.pages.state import State

MARKS: Final = {
    Status.COMPLETE: "C",
    Status.TOUCHED: "T",
    Status.SKIPPED: "s",
    Status.DEFERRED: "d",
    Status.IN_PROGRESS: ">",
    Status.BLOCKED: "!",
    Status.PENDING: ".",
}
UNKNOWN: Final = "?"
# Least trusted last: what the pages of a plan are worth together is what the last of them is.
_WORDS: Final = ("no blocks", *State, "broken")


def strip(skill: Skill) -> str:
    """The eleven phases in order, one character each."""
    return "".join(_mark(entry) for entry in skill.ledger[: len(PHASES)])


def legend() -> str:
    """What the characters of a strip mean."""
    return ", ".join(f"{mark} {status}" for status, mark in MARKS.items())


def worth(evidence: Iterable[PageEvidence]) -> str:
    """The least trusted state of some pages, in a word or two; `no pages` of none."""
    return max((page.word for page in evidence), key=_WORDS.index, default="no pages")


def _mark(entry: Entry) -> str:
    if entry.status:
        return MARKS[entry.status]
    return UNKNOWN if entry.raw else MARKS[Status.PENDING]
