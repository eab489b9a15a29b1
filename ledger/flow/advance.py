"""Move a phase: decide everything first, write last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ledger.core.edit import Edit
from ledger.core.files import write_atomic
from ledger.core.phases import PHASES, Status
from ledger.core.project import Project
from ledger.core.skill import Entry, Skill
from ledger.errors import GateError, LedgerError
from ledger.flow.epilogue import build_epilogue, epilogue_path, latest_epilogue
from ledger.flow.evidence import PageEvidence, gather
from ledger.flow.gates import GateResult, Subject, check_gates, refusal
from ledger.flow.moves import Move, check_move, comment, plan_keys, refuse_depleted
from ledger.flow.prompt import build_prompt
from ledger.flow.signal import detach

Gates = dict[str, tuple[GateResult, ...]]


@dataclass(frozen=True)
class Epilogue:
    """An epilogue to write.

    Attributes:
        path: the file.
        where: its name, relative to the project.
        text: what it says.
    """

    path: Path
    where: str
    text: str


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
        refused: why nothing may be written; None if every gate is open.
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

    @property
    def next(self) -> str | None:
        """The phase to go on with; None if none is open."""
        return self.after.current.phase if self.after.current else None

    def check(self) -> None:
        """Make sure that `apply` may write.

        Raises:
            GateError: a gate is shut.
            LedgerError: an epilogue of that name is there and says something else.
        """
        if self.refused:
            raise self.refused
        if self.epilogue and self.epilogue.path.exists():
            _refuse_other(self.epilogue)


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
) -> Advance:
    """Decide what moving a phase would write; write nothing.

    Args:
        project: the project that holds the skill.
        skill: the plan.
        phase: the phase to move; the first that is not settled if None.
        to: its new status; touched if None. A phase whose work is done is then only checked again.
        reason: why it is skipped, deferred, blocked or set back.
        note: what to write on its line; what the gates saw if empty.
        today: the UTC day of the move.
        force: allow a phase to fall back.

    Raises:
        UsageError: no such phase, or a reason or a note is missing or out of place.
        HaltError: the plan's budget is gone.
        GateError: the ledger's rules forbid the move. (A shut gate is `Advance.refused`.)
        SkillError: the header cannot be edited so.
    """
    entry = skill.entry(phase) if phase else skill.current
    refuse_depleted(skill)
    evidence = gather(project, skill, today)
    if entry is None or _stays(entry, to):
        return _look_again(project, skill, evidence, entry)
    move = Move(entry, to or Status.TOUCHED, reason, note, force)
    warnings = check_move(skill, move)
    proven = move.to.done and not move.regression
    subject = Subject(project, skill, evidence, entry.phase)
    gates = {entry.phase: check_gates(subject)} if proven else {}
    edit = _edit(skill, move, _proof(gates), today)
    after = Skill(skill.path, skill.where, edit.text)
    epilogue = _epilogue(replace(subject, skill=after), gates, today)
    return Advance(
        skill=skill,
        after=after,
        phase=entry.phase,
        gates=gates,
        warnings=warnings,
        edit=edit,
        epilogue=epilogue,
        prompt=next_prompt(project, after, evidence, epilogue.path if epilogue else None),
        refused=_refused(skill, gates),
    )


def apply(advance: Advance) -> list[Path]:
    """Make the move: the epilogue first, the header last, each whole or not at all.

    The header is the truth: a crash before it is written leaves a plan that has not moved, and the
    same command, given again, finds its own epilogue and goes on.

    Returns:
        The files written.

    Raises:
        LedgerError: what `Advance.check` raises, another command is writing, or a file cannot be.
    """
    advance.check()
    try:
        return _write(advance)
    except OSError as error:
        raise LedgerError(
            f"cannot be written: {error.strerror}", where=str(error.filename or advance.skill.where)
        ) from None


def _write(advance: Advance) -> list[Path]:
    written: list[Path] = []
    if advance.epilogue:
        write_atomic(advance.epilogue.path, advance.epilogue.text.encode())
        written.append(advance.epilogue.path)
    if advance.edit:
        advance.edit.write()
        written.append(advance.skill.path)
    return written


def next_prompt(
    project: Project,
    skill: Skill,
    evidence: tuple[PageEvidence, ...],
    epilogue: Path | None = None,
    phase: str | None = None,
) -> str:
    """The prompt of `phase`, by default of the first that is open; the plan's halt if none is.

    Args:
        project: the project that holds the skill.
        skill: the plan.
        evidence: what its pages prove.
        epilogue: the newest epilogue; looked for if None.
        phase: the phase to work on.
    """
    phase = phase or (skill.current.phase if skill.current else None)
    if phase is None:
        return "\n".join(detach(skill)) + "\n"
    newest = epilogue or latest_epilogue(project, skill)
    name = project.relative(newest) if newest else ""
    return build_prompt(project, skill, phase, evidence, name)


def _stays(entry: Entry, to: Status | None) -> bool:
    """Whether the phase is done and nothing else is asked for."""
    return bool(entry.status and entry.status.done) and to in {None, entry.status}


def _look_again(
    project: Project, skill: Skill, evidence: tuple[PageEvidence, ...], entry: Entry | None
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
        prompt=next_prompt(project, skill, evidence),
        refused=_refused(skill, gates),
    )


def _refused(skill: Skill, gates: Gates) -> GateError | None:
    errors = (refusal(skill, phase, results) for phase, results in gates.items())
    return next((error for error in errors if error), None)


def _proof(gates: Gates) -> str:
    seen = (result.summary for results in gates.values() for result in results)
    return "; ".join(filter(None, seen))


def _edit(skill: Skill, move: Move, proof: str, today: date) -> Edit:
    edit = Edit(skill)
    edit.settle(move.entry.phase, move.to, comment(move, proof, today))
    edit.check()
    for key, text in plan_keys(Skill(skill.path, skill.where, edit.text), today).items():
        edit.set(key, to=text)
    edit.check()
    return edit


def _epilogue(subject: Subject, gates: Gates, today: date) -> Epilogue | None:
    if subject.phase not in gates:
        return None
    text = build_epilogue(subject, gates[subject.phase], today)
    path = epilogue_path(subject.project, subject.skill, subject.phase, today)
    return Epilogue(path, subject.project.relative(path), text)


def _refuse_other(epilogue: Epilogue) -> None:
    if epilogue.path.read_bytes() != epilogue.text.encode():
        raise LedgerError(
            "this epilogue is there already and says something else",
            where=epilogue.where,
            fix="see the difference with --diff; rename or remove the file, then run it again",
        )
