"""An alert's page as the sheet of an incident: the way through it, and how long each part takes."""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import dataclass
from typing import Final

from ledger.pages.block import Block
from ledger.pages.page import Page, split_page
from ledger.pages.state import State
from ledger.site import heads, runs, sources

# What somebody does, in this order. Symptom and impact stand above it on every page.
PARTS: Final = ("stop-loss", "diagnosis", "mitigation", "verify", "escalate")
_HEADING: Final = re.compile(r"##\s+(?P<title>.+?)\s+\{ #(?P<anchor>[\w-]+) \}\s*")


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
    headings = _headings(page)
    starts, took = list(headings), _took(page)
    held: dict[str, list[Block]] = {anchor: [] for _, anchor in headings.values()}
    for block in page.verified_blocks:
        at = bisect(starts, block.line)
        # What takes a rehearsal down is no step of an incident.
        if at and not block.stage:
            held[headings[starts[at - 1]][1]].append(block)
    return [
        Step(title, anchor, _total([took.get(block.name) for block in held[anchor]]))
        for title, anchor in headings.values()
        if anchor in PARTS
    ]


def _headings(page: Page) -> dict[int, tuple[str, str]]:
    """Title and anchor of each section, by the line of the file."""
    text = page.path.read_text("utf-8-sig")
    _, body = split_page(text, page.where)
    before = text.count("\n", 0, len(text) - len(body))
    fenced = {line for fence in page.fences for line in range(fence.line, fence.end + 1)}
    return {
        before + number: (found["title"], found["anchor"])
        for number, line in enumerate(body.splitlines(), 1)
        if number not in fenced and (found := _HEADING.fullmatch(line))
    }


def _took(page: Page) -> dict[str, float]:
    """The seconds that each command took whose evidence holds."""
    holds = {s.block.name for s in sources.states(page) if s.state is State.VERIFIED}
    return {name: took for name, took in runs.seconds(page).items() if name in holds}


def _total(seconds: list[float | None]) -> str:
    known = [took for took in seconds if took is not None]
    return heads.duration(sum(known)) if known and len(known) == len(seconds) else ""
