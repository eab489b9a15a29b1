"""What a plan owes: the phases and tests that it put off, how old that is, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ledger.core.clock import read_day
from ledger.core.debt import Debt
from ledger.core.history import history
from ledger.core.project import Project
from ledger.core.skill import Entry, Skill
from ledger.core.versions import blobs, versions
from ledger.flow.evidence import PageEvidence
from ledger.pages.block import Block
from ledger.pages.state import State


@dataclass(frozen=True)
class Owed:
    """One thing that was put off.

    Attributes:
        kind: phase or test.
        name: the phase, or the block; empty for a block without a name.
        status: skipped, deferred or blocked; a test is deferred.
        where: `file:line`.
        reason: why it was put off; empty if nothing was said.
        risk: what is accepted by not doing it.
        fallback: what is done instead.
        owner: who will see to it; empty if nobody was named.
        until: the day by which it is due; None if none was set.
        age_days: how long ago it was put off; None if nothing tells.
        at_least: whether it may be older than `age_days`.
        overdue: whether its day has passed.
    """

    kind: str
    name: str
    status: str
    where: str
    reason: str
    risk: str
    fallback: str
    owner: str
    until: date | None
    age_days: int | None
    at_least: bool
    overdue: bool

    @property
    def age(self) -> str:
        """Its age as people read it: `12 d`, `>= 12 d`; empty if nothing tells."""
        if self.age_days is None:
            return ""
        return f"{'>= ' if self.at_least else ''}{self.age_days} d"


class _Since(NamedTuple):
    """Since when something is put off, as far as that can be told."""

    day: date | None = None
    at_least: bool = False


def debts_of(
    project: Project,
    skill: Skill,
    evidence: Iterable[PageEvidence],
    today: date,
    *,
    from_git: bool = False,
) -> tuple[Owed, ...]:
    """All that `skill` owes, what is overdue first, then by the day on which it is due.

    The age is counted from the day that the line or the page says; else, if asked for, from the
    commit that put it off; else a plan's `last_touched` gives a lower bound for its phases.

    Args:
        project: the project that holds the skill.
        skill: the plan.
        evidence: what its pages prove.
        today: the UTC day to measure ages on.
        from_git: whether to ask git; without it the result is a pure function of the files.
    """
    phases = [e for e in skill.ledger if e.status and e.status.needs_reason]
    moved = _moved(project, skill, phases, today) if from_git else {}
    owed = [_phase(skill, entry, moved.get(entry.phase), today) for entry in phases]
    for page in evidence:
        tests = [(state.block, state.debt) for state in page.states if state.debt]
        begun = _begun(project.root / page.where, tests) if from_git else {}
        owed += [_test(page.where, *test, begun.get(test[0].reason), today) for test in tests]
    return tuple(sorted(owed, key=lambda debt: debt.until or date.max))


def _moved(project: Project, skill: Skill, phases: list[Entry], today: date) -> dict[str, _Since]:
    """Since when each phase has the status that it has, as git tells."""
    if all(entry.debt.since for entry in phases):
        return {}
    now = {entry.phase: str(entry.status) for entry in phases}
    moves = [m for m in history(project, skill.path, today) if m.after == now.get(m.phase)]
    touched = _touched(skill)
    # A plan that came to git with its debts is as old as it says, if that is older.
    older = {m.phase for m in moves if touched.day and not m.before and touched.day < m.day}
    return {m.phase: touched if m.phase in older else _Since(m.day) for m in moves}


def _begun(page: Path, tests: list[tuple[Block, Debt]]) -> dict[str, _Since]:
    """Since when a page has put tests off for each reason without a pause, as git tells."""
    tokens = {block.reason for block, debt in tests if not debt.since}
    found = list(versions(page)) if tokens else []
    texts = blobs(page, [version.blob for version in found])
    begun: dict[str, _Since] = {}
    for token in tokens:
        said = re.compile(rb"reason=" + re.escape(token.encode()) + rb"[\s}]")
        for version, text in zip(found, texts, strict=True):
            if not said.search(text):
                begun.pop(token, None)
            else:
                begun.setdefault(token, _Since(version.day, at_least=version.cut))
    return begun


def _phase(skill: Skill, entry: Entry, moved: _Since | None, today: date) -> Owed:
    told = ("phase", entry.phase, str(entry.status), f"{skill.where}:{entry.line}")
    return _owed(told, entry.debt, moved or _touched(skill), today)


def _test(page: str, block: Block, debt: Debt, begun: _Since | None, today: date) -> Owed:
    told = ("test", block.name, str(State.DEFERRED), f"{page}:{block.line}")
    return _owed(told, debt, begun or _Since(), today)


def _owed(told: tuple[str, str, str, str], debt: Debt, known: _Since, today: date) -> Owed:
    since = _Since(debt.since) if debt.since else known
    return Owed(
        *told,
        reason=debt.reason,
        risk=debt.risk,
        fallback=debt.fallback,
        owner=debt.owner,
        until=debt.until,
        # A day in the future says nothing of an age.
        age_days=max((today - since.day).days, 0) if since.day else None,
        at_least=since.at_least,
        overdue=debt.until is not None and debt.until < today,
    )


def _touched(skill: Skill) -> _Since:
    value = skill.header.value("last_touched")
    day = read_day(value.text) if value else None
    return _Since(day, at_least=True) if day else _Since()
