"""How much of the pages is proved: which blocks ran, which are judged, which are left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ledger.core.project import Project
from ledger.pages.block import Block
from ledger.pages.page import read_page
from ledger.pages.state import BlockState, State, page_states


@dataclass(frozen=True)
class Coverage:
    """What is proved of one page, or of several.

    Attributes:
        page: the page, relative to the project; empty for several.
        states: its command blocks that a reader is asked to run, in order.
        age: days since the run that its evidence is of; None if there is none.
    """

    page: str
    states: tuple[BlockState, ...]
    age: int | None = None

    @property
    def blocks(self) -> int:
        """How many blocks the reader is asked to run."""
        return len(self.states)

    @property
    def run(self) -> int:
        """How many of them evidence proves."""
        return sum(state.state is State.VERIFIED for state in self.states)

    @property
    def asserted(self) -> int:
        """How many of them say more of what must come back than an exit status."""
        return sum(_asserted(state.block) for state in self.states)

    @property
    def skipped(self) -> int:
        """How many of them the page itself says are not run."""
        return sum(state.state is State.DEFERRED for state in self.states)

    @property
    def left(self) -> tuple[BlockState, ...]:
        """Those that no evidence proves, with why."""
        return tuple(state for state in self.states if state.state is not State.VERIFIED)

    @property
    def percent(self) -> float:
        """The share of `run`, cut off behind one digit; 0 of nothing."""
        return self.run * 1000 // self.blocks / 10 if self.blocks else 0.0


def coverage(project: Project, today: date) -> list[Coverage]:
    """What is proved of each page that has a block to run, in order.

    Raises:
        PageError: a page or its evidence cannot be read.
    """
    found = []
    for path in sorted(project.docs.rglob("*.md")):
        page = read_page(project, path)
        if states := tuple(page_states(project, page, today)):
            lock = states[0].lock
            age = (today - lock.verified).days if lock else None
            found.append(Coverage(page.where, states, age))
    return found


def together(pages: Iterable[Coverage]) -> Coverage:
    """What is proved of several pages."""
    return Coverage("", tuple(state for page in pages for state in page.states))


def _asserted(block: Block) -> bool:
    expectation = block.expectation
    return bool(block.wait) or (expectation is not None and expectation.match != "none")
