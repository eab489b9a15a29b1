"""Where plans stand: their phases in eleven characters, and the group that each belongs to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from ledger.core.clock import read_day
from ledger.core.phases import PHASES, Status, read_status
from ledger.core.scan import Facts

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
# A plan that nobody touched for longer, and in which nothing is in progress, is dormant.
PATIENCE: Final = timedelta(days=14)


class Group(StrEnum):
    """What a forest sorts its plans into."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    DORMANT = "dormant"
    COMPLETE = "complete"
    UNREADABLE = "unreadable"


def strip(facts: Facts) -> str:
    """The eleven phases in order, one character each."""
    known = facts.phases[: len(PHASES)]
    return "".join(MARKS[p.status] if p.status else UNKNOWN if p.raw else "." for p in known)


def legend() -> str:
    """What the characters of a strip mean, in lines of less than 80 columns."""
    told = [f"{mark} {status}" for status, mark in MARKS.items()]
    return f"phases: {', '.join(told[:4])},\n  {', '.join(told[4:])}"


def group(facts: Facts, waits_on: Collection[str], today: date) -> tuple[Group, str]:
    """The group of one plan, and why it is not active: the header's own word comes first.

    Args:
        facts: the plan.
        waits_on: names of the unfinished plans that it waits on.
        today: the UTC day to measure its age on.
    """
    said = _word(facts)
    if said:
        return said, f"status: {facts.status}"
    if finished(facts):
        return Group.COMPLETE, "every phase is done or skipped"
    if waits_on:
        return Group.BLOCKED, f"waits on {', '.join(waits_on)}"
    current = facts.current
    if current and current.status is Status.BLOCKED:
        from ledger.core.debt import read_debt

        reason = read_debt(current.note).reason
        return Group.BLOCKED, f"{current.name}: {reason or 'no reason given'}"
    touched = read_day(facts.last_touched)
    begun = any(phase.status is Status.IN_PROGRESS for phase in facts.phases)
    if touched and today - touched > PATIENCE and not begun:
        return Group.DORMANT, f"untouched since {touched}"
    return Group.ACTIVE, ""


def finished(facts: Facts) -> bool:
    """Whether the header says that the plan is complete, or each of its phases is closed."""
    if _word(facts):
        return _word(facts) is Group.COMPLETE
    statuses = [phase.status for phase in facts.phases[: len(PHASES)]]
    return all(s is Status.SKIPPED or bool(s and s.done) for s in statuses)


def counts(groups: Iterable[Group]) -> str:
    """How many plans there are, and of which group: `3 skills: 2 active, 1 complete`."""
    found = list(groups)
    parts = [f"{found.count(one)} {one}" for one in Group if one in found]
    total = f"{len(found)} skill{'' if len(found) == 1 else 's'}"
    return f"{total}: {', '.join(parts)}" if parts else total


def _word(facts: Facts) -> Group | None:
    """The group that a person named in `status`; None for any other word."""
    if facts.status.casefold() == Group.DORMANT:
        return Group.DORMANT
    status = read_status(facts.status)
    return {Status.COMPLETE: Group.COMPLETE, Status.BLOCKED: Group.BLOCKED}.get(
        status or Status.PENDING
    )
