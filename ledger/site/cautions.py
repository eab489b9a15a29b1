"""Why a reader should not take a command on trust, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.core.debt import Debt
from ledger.pages.page import Page
from ledger.pages.state import BlockState, State, mend
from ledger.site.runs import Run

_CARE: Final = "Read it before you run it, and keep what it prints."
_FIRST: Final = "Mend the page, or what it runs; then:"
_CAUTIONS: Final = {
    State.STALE: ("Nobody has proved it as it stands now.", "What changed, and what mends it"),
    State.NEVER: ("No run has ever proved it.", "What mends it"),
    State.DEFERRED: ("Nobody has proved it here.", "What is known"),
}


@dataclass(frozen=True)
class Caution:
    """What a reader must know before he pastes a command that evidence does not hold.

    Attributes:
        text: one or two sentences that are always in sight.
        summary: what is folded below them, in a few words.
        clauses: it, line by line.
        mend: the command that makes the evidence hold; empty if none does.
        first: what stands before it.
        run: the failed run, to show what it printed; None if its record is not at hand.
    """

    text: str
    summary: str
    clauses: Sequence[str]
    mend: str = ""
    first: str = "Run the page again:"
    run: Run | None = None


def caution(page: Page, state: BlockState, run: Run | None) -> Caution | None:
    """What must be known before a command is pasted; None if its evidence holds.

    Args:
        page: the page whose command it is.
        state: what its evidence is worth.
        run: what became of it in the newest run; None if that is not known.
    """
    if state.state is State.VERIFIED:
        return None
    if state.state is State.FAILED:
        return _failure(page, state, run)
    text, summary = _CAUTIONS[state.state]
    if state.debt:
        return Caution(f"{text} {_CARE}", summary, list(_owed(state.debt)))
    clauses = [change.clause for change in state.changes]
    return Caution(f"{text} {_CARE}", summary, clauses, mend(page))


def _failure(page: Page, state: BlockState, run: Run | None) -> Caution:
    results = state.lock.blocks if state.lock else {}
    if results[state.block.name].result != "failed":
        first = next((n for n, result in results.items() if result.result == "failed"), "")
        text = f"It was not reached: {first or 'a block before it'} failed. {_CARE}"
        return Caution(text, "What mends it", [], mend(page), _FIRST)
    failed = run if run and not run.passed else None
    told = failed.reason if failed else "only the record of the run tells it, and it is not here"
    text = "It failed when it last ran. Know the way back and whom to wake before you run it."
    return Caution(text, "Why this failed", [told], mend(page), _FIRST, failed)


def _owed(debt: Debt) -> Iterator[str]:
    """What is known of a command that is put off, beside the reason."""
    names: dict[str, Any] = {
        "risk": debt.risk,
        "instead": debt.fallback,
        "owner": debt.owner,
        "until": debt.until,
    }
    yield from (f"{name}: {value}" for name, value in names.items() if value)
