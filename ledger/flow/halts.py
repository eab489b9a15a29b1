"""When a plan must stop: its budget is gone, or it goes round in circles."""

from __future__ import annotations

from datetime import date
from typing import Final

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
    budget = skill.budget
    if not budget.depleted(unsettled=skill.current is not None):
        return
    if budget.remaining < 0:
        fix = (
            f"raise entropy.planned to {budget.spent + budget.returned}, or correct what was spent"
        )
    else:
        fix = f"give the rest back: ledger pour {skill.name} {budget.remaining}"
    raise HaltError(
        f"⟂[ENTROPY_DEPLETED] {budget}",
        where=f"{skill.where}:{skill.header.line('entropy')}",
        fix=fix,
    )


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
