"""Move a phase: decide everything first, write last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ledger.core.debt import Debt
from ledger.core.edit import Edit
from ledger.core.files import locked, write_atomic
from ledger.core.phases import PHASES, Status
from ledger.core.project import Project
from ledger.core.skill import Entry, Skill
from ledger.errors import GateError, LedgerError, SkillError, UsageError
from ledger.flow.debts import debts_of
from ledger.flow.evidence import PageEvidence, gather
from ledger.flow.gates import GateResult, Subject, check_gates, refusal
from ledger.flow.halts import refuse_depleted, refuse_runaway
from ledger.flow.leaving import Epilogue, leave
from ledger.flow.moves import Move, check_move, comment, plan_keys
from ledger.flow.prompt import next_prompt
from ledger.flow.verdict import decide

Gates = dict[str, tuple[GateResult, ...]]


@dataclass(frozen=True)
class Advance:
    """A move, decided and not yet made.

    Attributes:
        skill: the plan as it is.
        after: the plan as it will be.
        phase: the phase that moves; the last one looked at if none does.
        gates: what was asked, by phase.
        warnings: what the caller should know.
        edit: the change of the header; None if there is nothing to change.
        epilogue: what the phase leaves behind; None unless its work is done.
        prompt: the prompt of the next open phase, or the halt that ends the plan.
        refused: why nothing may be written; None if every gate is open, or forced.
        forced: why shut gates were overridden; empty if none was.
        decision: what becomes of the plan, once REFLECT is done; empty before.
    """

    skill: Skill
    after: Skill
    phase: str
    gates: Gates
    warnings: tuple[str, ...] = ()
    edit: Edit | None = None
    epilogue: Epilogue | None = None
    prompt: str = ""
    refused: GateError | None = None
    forced: str = ""
    decision: str = ""

    @property
    def next(self) -> str | None:
        """The phase to go on with; None if none is open."""
        return self.after.current.phase if self.after.current else None

    def check(self) -> None:
        """Make sure that `apply` may write.

        Raises:
            GateError: a gate is shut, and nobody forces it.
        """
        if self.refused:
            raise self.refused


def plan_advance(
    project: Project,
    skill: Skill,
    phase: str | None = None,
    to: Status | None = None,
    reason: str = "",
    note: str = "",
    *,
    today: date,
    force: bool = False,
    debt: Debt | None = None,
    decision: str = "",
) -> Advance:
    """Decide what moving a phase would write; write nothing.

    Args:
        project: the project that holds the skill.
        skill: the plan.
        phase: the phase to move; the first that is not settled if None.
        to: its new status; touched if None. A phase whose work is done is then only checked again.
        reason: why it is skipped, deferred, blocked, set back or forced.
        note: what to write on its line; what the gates saw if empty.
        today: the UTC day of the move.
        force: let a phase fall back, or settle past a shut gate.
        debt: what else is said of a phase that is put off: risk, fallback, owner, until.
        decision: what becomes of the plan, if REFLECT settles; what its files call for if empty.

    Raises:
        UsageError: no such phase, or a reason or a note is missing or out of place.
        HaltError: the plan's budget is gone, or it goes round in circles.
        GateError: the ledger's rules forbid the move. (A shut gate is `Advance.refused`.)
        SkillError: the header cannot be edited so.
    """
    entry = skill.entry(phase) if phase else skill.current
    if to is not Status.BLOCKED:  # a plan that halts may still say why
        refuse_depleted(skill)
    said = (debt or Debt())._replace(reason=reason.strip())
    evidence = gather(project, skill, today)
    if entry is None or _stays(entry, to):
        _refuse_words(skill, entry, f"{said}{note}{decision}")
        return _look_again(project, skill, evidence, entry, today)
    move = Move(entry, to or Status.TOUCHED, said, note, force)
    warnings = check_move(skill, move, today)
    if move.to is not Status.BLOCKED:
        refuse_runaway(project, skill, entry.phase, today)
    subject = Subject(project, skill, evidence, entry.phase)
    return _judged(subject, move, warnings, today, decision)


def _judged(
    subject: Subject, move: Move, warnings: tuple[str, ...], today: date, decision: str
) -> Advance:
    """Ask the gates, and make up all that is to be written."""
    project, skill, phase = subject.project, subject.skill, subject.phase
    gates = {phase: check_gates(subject)} if move.proves else {}
    refused = _refused(skill, gates)
    forced = move.debt.reason if move.force and refused else ""
    if move.force and move.proves and not refused:
        warnings += (f"every gate of {phase} is open; nothing was forced",)
    edit = _edit(skill, move, gates, today, forced=bool(forced))
    settled = replace(subject, skill=Skill(skill.path, skill.where, edit.text))
    decision = _decision(settled, move, today, decision)
    results = gates.get(phase)
    epilogue = None if results is None else leave(settled, results, today, forced, decision)
    newest = epilogue.path if epilogue else None
    return Advance(
        skill=skill,
        after=settled.skill,
        phase=phase,
        gates=gates,
        warnings=warnings,
        edit=edit,
        epilogue=epilogue,
        prompt=next_prompt(project, settled.skill, subject.evidence, today, epilogue=newest),
        refused=None if forced else refused,
        forced=forced,
        decision=decision,
    )


def apply(advance: Advance, say: Callable[[str], None] | None = None) -> list[Path]:
    """Make the move: the epilogue first, the header last, each whole or not at all.

    The header is the truth: a crash before it is written leaves a plan that has not moved, and the
    same command, given again, finds its own epilogue and goes on.

    Args:
        advance: the move.
        say: is told once if another command is writing and this one waits.

    Returns:
        The files written.

    Raises:
        GateError: a gate is shut.
        LedgerError: another command is writing or has written the plan, or a file cannot be.
    """
    advance.check()
    try:
        with locked(advance.skill.path, say):
            return _write(advance)
    except OSError as error:
        raise LedgerError(
            f"cannot be written: {error.strerror}", where=str(error.filename or advance.skill.where)
        ) from None


def _write(advance: Advance) -> list[Path]:
    skill, written = advance.skill, list[Path]()
    if advance.edit is None:
        return written
    if Skill(skill.path, skill.where).text != skill.text:
        raise SkillError(
            "changed since it was read", where=skill.where, fix="run the command again"
        )
    if advance.epilogue:
        write_atomic(advance.epilogue.path, advance.epilogue.text.encode())
        written.append(advance.epilogue.path)
    advance.edit.write()
    return [*written, skill.path]


def _stays(entry: Entry, to: Status | None) -> bool:
    """Whether the phase is done and nothing else is asked for."""
    return bool(entry.status and entry.status.done) and to in {None, entry.status}


def _refuse_words(skill: Skill, entry: Entry | None, words: str) -> None:
    """Refuse to drop what was said for a line that nothing will be written on.

    Raises:
        UsageError: something was said.
    """
    if words:
        done = f"{entry.phase} is {entry.raw}" if entry else "no phase is open"
        raise UsageError(
            f"{done} already, so nothing of this would be written",
            where=skill.where,
            fix="leave it out to ask the gates again, or move a phase with --to",
        )


def _look_again(
    project: Project,
    skill: Skill,
    evidence: tuple[PageEvidence, ...],
    entry: Entry | None,
    today: date,
) -> Advance:
    """Ask the gates of a phase that is done, or of all that are: evidence may have gone stale."""
    known = [entry] if entry else list(skill.ledger[: len(PHASES)])
    done = [e.phase for e in known if e.status and e.status.done]
    gates = {phase: check_gates(Subject(project, skill, evidence, phase)) for phase in done}
    return Advance(
        skill=skill,
        after=skill,
        phase=done[-1] if done else PHASES[-1],
        gates=gates,
        prompt=next_prompt(project, skill, evidence, today),
        refused=_refused(skill, gates),
    )


def _refused(skill: Skill, gates: Gates) -> GateError | None:
    errors = (refusal(skill, phase, results) for phase, results in gates.items())
    return next((error for error in errors if error), None)


def _proof(gates: Gates) -> str:
    seen = (result.summary for results in gates.values() for result in results)
    return "; ".join(filter(None, seen))


def _edit(skill: Skill, move: Move, gates: Gates, today: date, *, forced: bool) -> Edit:
    edit = Edit(skill)
    edit.settle(move.entry.phase, move.to, comment(move, _proof(gates), today, forced=forced))
    edit.check()
    for key, text in plan_keys(Skill(skill.path, skill.where, edit.text), today).items():
        edit.set(key, to=text)
    edit.check()
    return edit


def _decision(settled: Subject, move: Move, today: date, decision: str) -> str:
    """What becomes of a plan whose REFLECT is done; empty for any other move.

    Raises:
        UsageError: a decision where there is none to take.
    """
    if settled.phase == PHASES[-1] and move.proves:
        owed = debts_of(settled.project, settled.skill, settled.evidence, today)
        return decision or decide(settled.skill, owed)
    if decision:
        fix = f"ledger advance {settled.skill.name} {PHASES[-1]} --decision {decision}"
        raise UsageError(f"a decision is taken when {PHASES[-1]} is done", fix=fix)
    return ""
