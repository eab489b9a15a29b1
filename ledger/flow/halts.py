"""When a plan must stop: its budget is gone, or it goes round in circles."""

from __future__ import annotations

from datetime import date
from typing import Final

from ledger.core.entropy import Budget
from ledger.core.history import transitions
from ledger.core.phases import PHASES
from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.errors import HaltError

# Three moves for each of the eleven phases: who needs more goes round in circles.
MOST_MOVES: Final = 3 * len(PHASES)


def refuse_depleted(skill: Skill) -> None:
    """Halt a plan whose budget is gone.

    Raises:
        HaltError: overdrawn, or nearly empty with phases still to settle.
    """
    if skill.budget.depleted(unsettled=skill.current is not None):
        raise depleted(skill)


def depleted(skill: Skill) -> HaltError:
    """The halt of a plan whose budget is gone."""
    return HaltError(
        f"⟂[ENTROPY_DEPLETED] {skill.budget}",
        where=f"{skill.where}:{skill.header.line('entropy') or 1}",
        fix=mend(skill, skill.budget),
    )


def mend(skill: Skill, book: Budget) -> str:
    """How a plan that halts on `book` goes on."""
    if book.remaining < 0:
        return f"raise entropy.planned to {book.spent + book.returned:f}, or correct what was spent"
    return f"give the rest back: ledger pour {skill.name} {book.remaining:f}"


def refuse_runaway(project: Project, skill: Skill, phase: str, today: date) -> None:
    """Halt a plan that has gone round in circles; only REFLECT may still move.

    Raises:
        HaltError: as many moves as are allowed were made since REFLECT was last settled.
    """
    if phase == PHASES[-1] or (made := transitions(project, skill.path, today)) < MOST_MOVES:
        return
    raise HaltError(
        f"⟂[RUNAWAY_LOOP] {made} moves without REFLECT; {MOST_MOVES} are allowed",
        where=f"{skill.where}:{skill.entry(PHASES[-1]).line or skill.header.line('phase_ledger')}",
        fix=f"look back first: ledger advance {skill.name} {PHASES[-1]}",
    )
