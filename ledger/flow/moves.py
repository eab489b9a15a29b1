"""Which moves of a phase are legal, and what its line says after one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger.core.phases import PHASES, Status
from ledger.core.skill import Entry, Skill
from ledger.errors import GateError, HaltError, UsageError

# How far a phase has come; a lower number than before is a regression.
RANK: Final = {
    Status.PENDING: 0,
    Status.IN_PROGRESS: 1,
    Status.BLOCKED: 1,
    Status.SKIPPED: 2,
    Status.DEFERRED: 2,
    Status.TOUCHED: 3,
    Status.COMPLETE: 4,
}

# Words for a whole plan that its ledger decides; any other is a person's, such as dormant.
_PLAN_WORDS: Final = ("pending", "active", "complete")


@dataclass(frozen=True)
class Move:
    """What somebody asks of one phase.

    Attributes:
        entry: what the ledger says of the phase now.
        to: the status that it shall have.
        reason: why it is skipped, deferred, blocked or set back.
        note: what to write on its line; empty for the evidence.
        force: whether a regression is meant.
    """

    entry: Entry
    to: Status
    reason: str = ""
    note: str = ""
    force: bool = False

    @property
    def rank(self) -> int:
        """How far the phase has come; a word that is no status counts as pending."""
        return RANK[self.entry.status or Status.PENDING]

    @property
    def regression(self) -> bool:
        """Whether the phase falls back."""
        return RANK[self.to] < self.rank


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
        fix = f"give the rest back: entropy.returned: {budget.planned - budget.spent}"
    raise HaltError(
        f"⟂[ENTROPY_DEPLETED] {budget}",
        where=f"{skill.where}:{skill.header.line('entropy')}",
        fix=fix,
    )


def check_move(skill: Skill, move: Move) -> tuple[str, ...]:
    """Judge a move by the ledger alone, and give what its maker should know.

    Raises:
        UsageError: a reason or a note is missing or out of place.
        GateError: the ledger's rules forbid the move.
    """
    _check_words(skill, move)
    phase, here = move.entry.phase, _where(skill, move.entry)
    if phase == "IMPLEMENT" and move.to is Status.SKIPPED:
        raise GateError(
            "IMPLEMENT cannot be skipped",
            where=here,
            fix="do it, or use --to deferred --reason ...",
        )
    if move.regression and not move.force:
        raise GateError(
            f"{phase} would fall back from {move.entry.raw} to {move.to}",
            where=here,
            fix="if that is meant, add --force --reason ...",
        )
    return (*_odd_status(move.entry), *_jump(skill, move))


def _check_words(skill: Skill, move: Move) -> None:
    here, needed = _where(skill, move.entry), move.to.needs_reason or move.regression
    for option, text in (("--reason", move.reason), ("--note", move.note)):
        if not text.isprintable():
            raise UsageError(f"{option} must be one printable line", where=here)
    if needed and not move.reason and not (move.regression and not move.force):
        what = f"{move.to}" if move.to.needs_reason else "set back"
        raise UsageError(
            f"{move.entry.phase} cannot be {what} without a reason",
            where=here,
            fix="add --reason ...",
        )
    if move.reason and not needed:
        raise UsageError(
            f"--reason has no place on a {move.to} phase", where=here, fix="use --note ..."
        )
    if move.note and needed:
        raise UsageError(
            "--note has no place beside a reason", where=here, fix="say it in --reason ..."
        )


def _odd_status(entry: Entry) -> tuple[str, ...]:
    if entry.status or not entry.raw:
        return ()
    return (f"{entry.phase} was {entry.raw!r}, which is no status; read as pending",)


def _jump(skill: Skill, move: Move) -> tuple[str, ...]:
    """Warn of open phases before this one; IMPLEMENT may not be jumped over."""
    earlier = skill.ledger[: PHASES.index(move.entry.phase)]
    still_open = [entry.phase for entry in earlier if not entry.settled]
    if "IMPLEMENT" in still_open and move.to.done:
        raise GateError(
            f"{move.entry.phase} may not settle before IMPLEMENT, which cannot be skipped",
            where=_where(skill, skill.entry("IMPLEMENT")),
            fix=f"ledger advance {skill.name} IMPLEMENT",
        )
    if not still_open:
        return ()
    return (f"{move.entry.phase} is not next: {', '.join(still_open)} still open",)


def comment(move: Move, proof: str, today: date) -> str:
    """The comment on the phase's line after the move; empty to leave the one it has.

    Args:
        move: the move.
        proof: what the gates saw, in one clause.
        today: the UTC day of the move.
    """
    if move.reason:
        return f"reason: {move.reason}"
    if move.note:
        return f"{today}: {move.note}"
    if move.to is Status.COMPLETE and move.entry.status is Status.TOUCHED and move.entry.note:
        return ""
    if move.to.done:
        return f"{today}: {proof or 'settled without a gate'}"
    return f"{today}: started"


def plan_keys(skill: Skill, today: date) -> dict[str, str]:
    """What the plan's own keys must say of its ledger, where they now say something else.

    Only keys that the header has; `status` only where it is a word that the ledger decides.
    """
    meant = {"last_touched": today.isoformat()}
    statuses = [entry.status for entry in skill.ledger[: len(PHASES)]]
    closed = sum(s is Status.SKIPPED or bool(s and s.done) for s in statuses)
    begun = any(s not in {None, Status.PENDING} for s in statuses)
    if skill.header.data.get("status") in _PLAN_WORDS and begun:
        meant["status"] = "complete" if closed == len(PHASES) else "active"
    if isinstance(skill.header.data.get("progress"), int):
        meant["progress"] = str(100 * closed // len(PHASES))
    current = {key: skill.header.value(key) for key in meant}
    return {k: text for k, text in meant.items() if (v := current[k]) and v.text != text}


def _where(skill: Skill, entry: Entry) -> str:
    return f"{skill.where}:{entry.line or skill.header.line('phase_ledger')}"
