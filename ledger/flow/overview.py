"""Where a plan stands, short enough for one row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ledger.core.phases import PHASES, Status
from ledger.core.skill import Entry, Skill
from ledger.flow.evidence import PageEvidence
from ledger.pages.state import worst

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


def strip(skill: Skill) -> str:
    """The eleven phases in order, one character each."""
    return "".join(_mark(entry) for entry in skill.ledger[: len(PHASES)])


def legend() -> str:
    """What the characters of a strip mean."""
    return ", ".join(f"{mark} {status}" for status, mark in MARKS.items())


def worth(evidence: Iterable[PageEvidence]) -> str:
    """What some pages are worth together, in a word or two; `no pages` of none."""
    pages = list(evidence)
    if not pages:
        return "no pages"
    if any(page.problem for page in pages):
        return "broken"
    return worst(state.state for page in pages for state in page.states) or "no blocks"


def _mark(entry: Entry) -> str:
    if entry.status:
        return MARKS[entry.status]
    return UNKNOWN if entry.raw else MARKS[Status.PENDING]
