"""Whether a block's evidence still holds: computed from what is there, never declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from ledger.core.debt import Debt
from ledger.core.project import Project
from ledger.pages.block import Block
from ledger.pages.evidence import Lock, input_digests, pinned_versions, read_lock
from ledger.pages.page import Page

MAX_AGE: Final = timedelta(days=30)


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
class BlockState:
    """A block, its state, and what made it so.

    Attributes:
        block: the block.
        state: its state.
        why: one clause; empty for a verified block.
        lock: the evidence that was looked at; None if there is none.
        debt: why a deferred block was put off, and who sees to it until when; None of another.
    """

    block: Block
    state: State
    why: str = ""
    lock: Lock | None = None
    debt: Debt | None = None


def page_states(project: Project, page: Page, today: date) -> list[BlockState]:
    """The state of every block of a page that is a procedure, in order.

    Args:
        project: the project that holds the evidence.
        page: the page.
        today: the UTC day to measure age against.
    """
    lock = read_lock(project, page)
    changed = _changed(project, page, lock, today) if lock else ""
    found, before = [], dict[str, str]()
    for block in page.blocks:
        if block.kind == "skip":
            debt = page.reasons[block.reason]
            found.append(BlockState(block, State.DEFERRED, debt.reason, lock, debt))
        elif block.kind == "verify":
            found.append(_verified(block, before, lock, changed))
            before[block.name] = block.sha256
    return found


def worst(states: Iterable[State]) -> State | None:
    """What some blocks are worth together; None of none.

    That some are deferred takes nothing from those that are verified.
    """
    order = [State.DEFERRED, State.VERIFIED, State.STALE, State.NEVER, State.FAILED]
    return max(states, key=order.index, default=None)


def _verified(
    block: Block, before: Mapping[str, str], lock: Lock | None, changed: str
) -> BlockState:
    result = lock.blocks.get(block.name) if lock else None
    if lock is None or result is None:
        return BlockState(block, State.NEVER, "no run has covered it", lock)
    if result.sha256 != block.sha256:
        return BlockState(block, State.STALE, "its text changed since the run", lock)
    if result.result != "passed":
        why = "it failed" if result.result == "failed" else "a block before it failed"
        return BlockState(block, State.FAILED, why, lock)
    if changed := changed or _changed_before(block, before, lock):
        return BlockState(block, State.STALE, changed, lock)
    return BlockState(block, State.VERIFIED, "", lock)


def _changed_before(block: Block, before: Mapping[str, str], lock: Lock) -> str:
    """Whether another shell state would reach the block: all blocks of a page share one shell."""
    ran = [(name, result.sha256) for name, result in lock.blocks.items()]
    position = next(index for index, (name, _) in enumerate(ran) if name == block.name)
    same = ran[:position] == list(before.items())
    return "" if same else "a block before it changed since the run"


def _changed(project: Project, page: Page, lock: Lock, today: date) -> str:
    """What changed since the run that concerns the whole page; empty if nothing did."""
    now = input_digests(project, page.strings("inputs"), page.where)
    for name in sorted({*now, *lock.inputs}):
        if lock.inputs.get(name) != now.get(name):
            return f"input {name} changed since the run"
    if lock.setup != page.setup:
        return "the page's parameters, fixtures or versions changed since the run"
    pins = pinned_versions(project)
    for name, version in lock.versions.items():
        if not f"{version}.".startswith(f"{pins.get(name, version)}."):
            return f"{name} is pinned to {pins[name]} now, the run had {version}"
    if lock.verified > today:
        return f"the run is dated {lock.verified}, after today"
    if today - lock.verified > MAX_AGE:
        return f"the run is {(today - lock.verified).days} days old, more than {MAX_AGE.days}"
    return ""
