"""Which moves of a phase are legal, and what its line says after one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ledger.core.debt import Debt, read_debt
from ledger.core.phases import PHASES, RANK, Status
from ledger.core.plan import derived
from ledger.core.skill import Entry, Skill
from ledger.errors import GateError, UsageError


@dataclass(frozen=True)
class Move:
    """What somebody asks of one phase.

    Attributes:
        entry: what the ledger says of the phase now.
        to: the status that it shall have.
        debt: why it is put off or set back, who sees to it until when; its reason also says why a
            phase is settled past a shut gate.
        note: what to write on its line; empty for the evidence.
        force: whether a regression or a shut gate is overridden.
    """

    entry: Entry
    to: Status
    debt: Debt = Debt()  # noqa: RUF009  # cannot change
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

    @property
    def proves(self) -> bool:
        """Whether gates are asked: the phase's work is said to be done."""
        return self.to.done and not self.regression


def check_move(skill: Skill, move: Move, today: date) -> tuple[str, ...]:
    """Judge a move by the ledger alone, and give what its maker should know.

    Raises:
        UsageError: a reason or a note is missing or out of place.
        GateError: the ledger's rules forbid the move.
    """
    _check_words(skill, move, today)
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
    return (*_foreign(skill), *_odd_status(move.entry), *_jump(skill, move))


def _check_words(skill: Skill, move: Move, today: date) -> None:
    """Refuse what is missing or out of place on the phase's line.

    Raises:
        UsageError: with the option to give or to leave out.
    """
    phase, debt = move.entry.phase, move.debt
    if not f"{debt}{move.note}".isprintable():
        raise UsageError(
            "a reason or a note is one printable line", where=_where(skill, move.entry)
        )
    if problem := _missing(move) or _misplaced(move):
        what, fix = problem
        raise UsageError(f"{phase} {what}", where=_where(skill, move.entry), fix=fix)
    if debt.until and debt.until < today:
        raise UsageError(f"--until {debt.until} has passed", fix=f"name a day from {today} on")
    if read_debt(str(debt)) != debt:
        raise UsageError(
            "these words would be read back as others",
            fix="leave out what looks like a key, such as '; owner: '",
        )


def _missing(move: Move) -> tuple[str, str] | None:
    if move.debt.reason:
        return None
    if move.to.needs_reason:
        return f"cannot be {move.to} without a reason", "add --reason ..."
    if move.force:
        what = "set back" if move.regression else "forced"
        return f"cannot be {what} without a reason", "add --reason ..."
    return None


def _misplaced(move: Move) -> tuple[str, str] | None:
    given = [key for key, value in move.debt._asdict().items() if value and key != "reason"]
    if given and not move.to.needs_reason:
        return f"is not put off, so --{given[0]} has no place", "leave it out"
    if move.note and move.debt.reason:
        return "takes a reason or a note, not both", "say it in --reason ..."
    if move.debt.reason and not (move.to.needs_reason or move.regression or move.force):
        fix = "use --note ...; to settle past a shut gate, add --force"
        return f"takes no reason where it is {move.to}", fix
    return None


def _foreign(skill: Skill) -> tuple[str, ...]:
    found = [entry.phase for entry in skill.ledger[len(PHASES) :]]
    return tuple(f"the ledger names {name!r}, which is no phase" for name in found)


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


def comment(move: Move, proof: str, today: date, *, forced: bool) -> str:
    """The comment on the phase's line after the move; empty to leave the one it has.

    Args:
        move: the move.
        proof: what the gates saw, in one clause.
        today: the UTC day of the move.
        forced: whether one of them is shut.
    """
    entry, debt = move.entry, move.debt
    if move.to.needs_reason:
        # Putting it off again does not make it younger.
        again = bool(entry.status and entry.status.needs_reason)
        return str(debt._replace(since=entry.debt.since if again else today))
    if move.regression:
        return str(debt)
    if forced:
        return f"{today}: forced: {debt.reason}"
    if move.note:
        return f"{today}: {move.note}"
    if move.to is Status.COMPLETE and entry.status is Status.TOUCHED and entry.note:
        return ""
    if move.to.done:
        return f"{today}: {proof or 'settled without a gate'}"
    return f"{today}: started" if move.to is Status.IN_PROGRESS else ""


def plan_keys(skill: Skill, today: date) -> dict[str, str]:
    """What the plan's own keys must say of its ledger, where they now say something else.

    Only keys that the header has; `status` only where it is a word that the ledger decides.
    """
    statuses = [entry.status for entry in skill.ledger[: len(PHASES)]]
    meant = {"last_touched": today.isoformat()} | derived(statuses, skill.header.data)
    current = {key: skill.header.value(key) for key in meant}
    return {k: text for k, text in meant.items() if (v := current[k]) and v.text != text}


def _where(skill: Skill, entry: Entry) -> str:
    return f"{skill.where}:{entry.line or skill.header.line('phase_ledger')}"
