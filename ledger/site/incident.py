"""An alert's page as the sheet of an incident: the way through it, and how long each part takes."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from typing import Final

from ledger.pages.page import Page
from ledger.pages.state import State
from ledger.site import headings, heads, runs, sources

# What somebody does, in this order. Symptom and impact stand above it on every page.
PARTS: Final = ("stop-loss", "diagnosis", "mitigation", "verify", "escalate")


@dataclass(frozen=True)
class Step:
    """A section of the page that says what to do.

    Attributes:
        title: its heading.
        anchor: where it stands on the page.
        took: how long its commands took in the newest run; empty if it has none, or if one of
            them was not measured as it is today.
    """

    title: str
    anchor: str
    took: str


def steps(page: Page) -> list[Step]:
    """What to do, section by section, as the page has it.

    Raises:
        PageError: the newest run record of the page cannot be read.
    """
    sections = [heading for heading in headings.read(page) if heading.level == 2]
    starts, took = [section.line for section in sections], _took(page)
    held: list[list[float | None]] = [[] for _ in sections]
    for block in page.verified_blocks:
        at = bisect(starts, block.line)
        # What takes a rehearsal down is no step of an incident.
        if at and not block.stage:
            held[at - 1].append(took.get(block.name))
    return [
        Step(section.title, section.anchor, _total(seconds))
        for section, seconds in zip(sections, held, strict=True)
        if section.anchor in PARTS
    ]


def _took(page: Page) -> dict[str, float]:
    """The seconds that each command took whose evidence holds."""
    holds = {s.block.name for s in sources.states(page) if s.state is State.VERIFIED}
    return {name: took for name, took in runs.seconds(page).items() if name in holds}


def _total(seconds: list[float | None]) -> str:
    known = [took for took in seconds if took is not None]
    return heads.duration(sum(known)) if known and len(known) == len(seconds) else ""
