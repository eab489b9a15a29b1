"""Whether a block's evidence still holds: computed from what is there, never declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from ledger.core.debt import Debt
from ledger.core.project import Project
from ledger.pages.block import Block
from ledger.pages.evidence import Lock, input_digests, is_of, pinned_versions, read_lock
from ledger.pages.page import Page
from ledger.pages.variants import promised

MAX_AGE: Final = timedelta(days=30)
# What gives the digests of a page's inputs; whoever asks for many pages need not read them again.
Digests = Callable[[Project, Sequence[str], str], Mapping[str, str]]


class State(StrEnum):
    """What the reader may believe of a block, best first."""

    VERIFIED = "verified"
    DEFERRED = "deferred"
    STALE = "stale"
    NEVER = "never run"
    FAILED = "failed"

    @property
    def holds(self) -> bool:
        """Whether a phase may settle on it."""
        return self in {State.VERIFIED, State.DEFERRED}


@dataclass(frozen=True)
class Change:
    """Something that is not as it was in the run.

    Attributes:
        kind: block, input, setup, version or day.
        name: the block, the input, what has the version; empty for the setup and the day.
        before: the digest, version or day of the run; empty if it had none.
        after: what there is now; empty if nothing.
        clause: the change in words.
    """

    kind: str
    name: str
    before: str
    after: str
    clause: str


@dataclass(frozen=True)
class BlockState:
    """A block, its state, and what made it so.

    Attributes:
        block: the block.
        state: its state.
        why: one clause; empty for a verified block.
        lock: the evidence that was looked at; None if there is none.
        debt: why a deferred block was put off, and who sees to it until when; None of another.
        changes: of a stale block, all that changed since the run; `why` tells the first.
    """

    block: Block
    state: State
    why: str = ""
    lock: Lock | None = None
    debt: Debt | None = None
    changes: tuple[Change, ...] = ()


def page_states(
    project: Project, page: Page, today: date, digests: Digests = input_digests
) -> list[BlockState]:
    """The state of every block of a page that is a procedure, in order.

    Args:
        project: the project that holds the evidence.
        page: the page.
        today: the UTC day to measure age against.
        digests: reads the page's inputs.
    """
    whole = read_lock(project, page)
    lock = whole.of(page.variant) if whole else None
    return states_by(project, page, lock, today, digests)


def states_by(
    project: Project,
    page: Page,
    lock: Lock | None,
    today: date,
    digests: Digests = input_digests,
) -> list[BlockState]:
    """`page_states`, by the evidence of a run that is not the committed one; None if of no run."""
    changed = tuple(_changed(project, page, lock, today, digests)) if lock else ()
    gone = tuple(_gone(page, lock)) if lock else ()
    found, before = [], dict[str, str]()
    for block in page.blocks:
        if block.kind == "skip":
            debt = page.reasons[block.reason]
            found.append(BlockState(block, State.DEFERRED, debt.reason, lock, debt))
        elif block.kind == "verify":
            is_last = block in page.verified_blocks[-1:]
            found.append(_verified(block, before, lock, changed, gone if is_last else ()))
            before[block.name] = block.sha256
    return found


def variant_states(project: Project, page: Page, today: date) -> dict[str, list[BlockState]]:
    """The states of a page's blocks in each variant that it declares, by the variant's name."""
    return {name: page_states(project, page.as_variant(name), today) for name in page.variants}


def worst(states: Iterable[State]) -> State | None:
    """What some blocks are worth together; None of none.

    That some are deferred takes nothing from those that are verified.
    """
    order = [State.DEFERRED, State.VERIFIED, State.STALE, State.NEVER, State.FAILED]
    return max(states, key=order.index, default=None)


def mend(page: Page) -> str:
    """The command that makes a page's evidence hold."""
    verify = f"ledger verify --update-lock {page.where}"
    return f"ledger cluster up && {verify}" if page.needs_cluster else verify


def least_trusted(states: Sequence[BlockState]) -> BlockState:
    """The first block that is worth no more than all of them together; of one block at least."""
    found = worst(state.state for state in states)
    return next(state for state in states if state.state is found)


def _verified(
    block: Block,
    before: Mapping[str, str],
    lock: Lock | None,
    changed: tuple[Change, ...],
    gone: tuple[Change, ...],
) -> BlockState:
    result = lock.blocks.get(block.name) if lock else None
    if lock is None or result is None:
        return BlockState(block, State.NEVER, "no run has covered it", lock)
    own = _text(block.name, result.sha256, block.sha256, "its text changed since the run")
    if result.back:
        own += _text(block.name, result.back, block.back, "its way back changed since the run")
    if result.result != "passed" and not own:
        why = "it failed" if result.result == "failed" else "a block before it failed"
        return BlockState(block, State.FAILED, why, lock)
    if changes := (*own, *changed, *_changed_before(block, before, lock), *gone):
        return BlockState(block, State.STALE, changes[0].clause, lock, changes=changes)
    return BlockState(block, State.VERIFIED, "", lock)


def _text(name: str, before: str, after: str, clause: str) -> tuple[Change, ...]:
    return (Change("block", name, before, after, clause),) if before != after else ()


def _changed_before(block: Block, before: Mapping[str, str], lock: Lock) -> Iterator[Change]:
    """Why another shell state would reach the block: all blocks of a page share one shell."""
    names = list(lock.blocks)
    ran = {name: lock.blocks[name].sha256 for name in names[: names.index(block.name)]}
    clause = "a block before it changed since the run"
    changed = [
        change
        for name in dict.fromkeys((*ran, *before))
        for change in _text(name, ran.get(name, ""), before.get(name, ""), clause)
    ]
    if not changed and list(ran) != list(before):
        changed = [Change("block", "", " ".join(ran), " ".join(before), clause)]
    yield from changed


def _gone(page: Page, lock: Lock) -> Iterator[Change]:
    """The blocks that ran and are no longer there: the page may end before its procedure does."""
    there = {block.name for block in page.verified_blocks}
    for name, result in lock.blocks.items():
        if name not in there:
            yield Change("block", name, result.sha256, "", f"block {name} of the run is gone")


def _changed(
    project: Project, page: Page, lock: Lock, today: date, digests: Digests
) -> Iterator[Change]:
    """What changed since the run that concerns the whole page."""
    now = digests(project, page.strings("inputs"), page.where)
    for name in sorted({*now, *lock.inputs}):
        before, after = lock.inputs.get(name, ""), now.get(name, "")
        if before != after:
            clause = f"input {name} changed since the run"
            yield Change("input", name, before, after, clause)
    if lock.setup != page.setup:
        clause = "what the page's front matter says of a run changed since"
        yield Change("setup", "", lock.setup, page.setup, clause)
    # What is pinned is what the page itself runs on; a variant has the version of its name.
    pins = promised(page.variant) if page.variant else pinned_versions(project)
    for name, version in lock.versions.items():
        pinned = pins.get(name, version)
        if not is_of(version, pinned):
            clause = f"{name} is pinned to {pinned} now, the run had {version}"
            yield Change("version", name, version, pinned, clause)
    days = (today - lock.verified).days
    if days < 0 or days > MAX_AGE.days:
        clause = (
            f"the run is {days} days old, more than {MAX_AGE.days}"
            if days > 0
            else f"the run is dated {lock.verified}, after today"
        )
        yield Change("day", "", lock.verified.isoformat(), today.isoformat(), clause)
