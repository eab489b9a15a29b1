"""What stands above a page and each command: what to believe of it, and what it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ledger.pages.block import DEFAULT_TIMEOUT, Block
from ledger.pages.page import Page
from ledger.pages.state import BlockState, State
from ledger.site import marks, sources, views
from ledger.site.cautions import caution
from ledger.site.html import render
from ledger.site.marks import Mark
from ledger.site.runs import Run

SHOWN: Final = Mark("shown", "an example, not a step")
STAGES: Final = {
    "setup": "set-up: before the procedure",
    "teardown": "tear-down: at the end, also after a failure",
}


def top(page: Page, url: str) -> str:
    """The HTML of what a reader may believe of a page.

    Args:
        page: the page.
        url: where it stands, from which the links lead.
    """
    states = sources.states(page)
    return render(
        "page",
        mark=marks.page(states),
        counts=marks.counts(states),
        doubts=views.doubts(states),
        variants=[marks.variant(name, states) for name, states in sources.variants(page).items()],
        people=views.people(page),
        needs=views.needs(page, url),
        parameters=views.parameters(page),
    )


def head(
    page: Page | None,
    block: Block,
    state: BlockState | None,
    variants: Mapping[str, Sequence[BlockState]],
    runs: Mapping[str, Run],
) -> str:
    """The HTML that opens a command block.

    Args:
        page: the page whose block it is; None if it does not say which it is.
        block: the command.
        state: what its evidence is worth; None of an example.
        variants: the states of the page's blocks in each of its variants.
        runs: what became of the page's commands in the newest run.
    """
    run = runs.get(block.name)
    others = [_also(*other, state) for other in _others(block, variants)] if state else []
    return render(
        "block",
        block=block,
        mark=_mark(state, run) if state else SHOWN,
        against=_against(state) if state else "",
        also=[mark for mark in others if mark],
        facts=list(facts(block)),
        caution=caution(page, state, run) if page and state else None,
    )


def duration(seconds: float) -> str:
    """A duration as a reader says it: `0.3 s`, `12 s`, `2 min 5 s`."""
    if seconds < 10:
        return f"{max(seconds, 0.1):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _mark(state: BlockState, run: Run | None) -> Mark:
    """The state in a few words; what a verified command ran against stands below it."""
    if state.state is not State.VERIFIED or state.lock is None:
        return marks.block(state)
    took = f", took {duration(run.seconds)}" if run and run.passed else ""
    return Mark(State.VERIFIED, f"verified on {state.lock.verified}{took}")


def _against(state: BlockState) -> str:
    """What a verified command ran against; empty of another, whose mark tells why it is not."""
    lock = state.lock
    return marks.versions(lock.versions) if lock and state.state is State.VERIFIED else ""


def _others(
    block: Block, variants: Mapping[str, Sequence[BlockState]]
) -> Iterator[tuple[str, BlockState]]:
    """The command in each variant that has it, with the variant's name."""
    for name, states in variants.items():
        yield from ((name, state) for state in states if state.block == block)


def _also(name: str, state: BlockState, own: BlockState) -> Mark | None:
    """What a variant's run says of a command; None if it says nothing.

    Args:
        name: the variant.
        state: the command in the variant.
        own: the command in the page's own run: what both ran against is not told again.
    """
    lock = state.lock
    if lock is None or state.state in {State.DEFERRED, State.NEVER}:
        return None
    same = own.lock.versions.items() if own.lock else ()
    other = {key: value for key, value in lock.versions.items() if (key, value) not in same}
    day = "" if own.lock and lock.verified == own.lock.verified else f" on {lock.verified}"
    word = "also" if state.state is State.VERIFIED else state.state.value
    if state.state is State.FAILED and lock.blocks[state.block.name].result != "failed":
        word = "not reached"
    return Mark(state.state.value, f"{word} with {marks.versions(other) or name}{day}")


def facts(block: Block) -> Iterator[str]:
    """What the command does that its text does not tell."""
    if block.stage:
        yield STAGES[block.stage]
    if block.exit:
        yield f"exits with {block.exit}"
    if block.retry:
        yield f"retried for up to {block.retry.until:g} s"
    if block.variable:
        yield f"{block.variable} holds the output: export {block.variable}=$(\u2026)"
    if block.timeout > DEFAULT_TIMEOUT:
        yield f"may take {duration(block.timeout)}"
