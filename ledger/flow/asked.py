"""What the signal of an answer asks of a plan, judged by the ledger alone."""

from __future__ import annotations

from difflib import get_close_matches
from enum import StrEnum
from typing import Final, NamedTuple

from ledger.core.phases import ACT, PHASES, SENSE, Status
from ledger.core.reading import Reading
from ledger.core.signifier import Continue, Halt, Role, Signifier, is_placeholder
from ledger.core.skill import Entry, Skill
from ledger.errors import GateError, LedgerError
from ledger.flow.signal import upcoming
from ledger.flow.text import one_line

# A family stands for its first phase; REFLECT is a phase of that name.
_FAMILIES: Final = {"SENSE": SENSE[0], "UNDERSTAND": SENSE[0], "ACT": ACT[0]}
# Words that close the plan's cycle, as PLAN does behind the last phase.
_CLOSING: Final = ("COMPLETE", "META-RE-METABOLIZE")
# Halts that hand over to a person, and leave the phase as it is.
_HANDOVERS: Final = {"DETACH": "a person takes over", "HUMAN_INTERRUPT": "a person has stopped it"}
_UNHEARD: Final = {
    Role.MENU: "is one of several exits",
    Role.QUOTED: "is quoted",
    Role.PLACEHOLDER: "is a placeholder",
    Role.PROSE: "does not start its line",
}


class Outcome(StrEnum):
    """What becomes of a plan by an answer."""

    SETTLED = "settled"
    BLOCKED = "blocked"
    HALTED = "halted"
    ALREADY = "already"
    WAITING = "waiting"


class Asked(NamedTuple):
    """What an answer asks.

    Attributes:
        outcome: what becomes of the plan.
        said: the same for a person, in one sentence.
        phase: the phase that moves; empty if none does.
        reason: why it is blocked.
        fix: what to do if that is not what was meant; empty where nothing helps.
    """

    outcome: Outcome
    said: str
    phase: str = ""
    reason: str = ""
    fix: str = ""

    @property
    def to(self) -> Status:
        """The status that the phase gets."""
        return Status.BLOCKED if self.outcome is Outcome.BLOCKED else Status.TOUCHED


def judge(skill: Skill, reading: Reading, where: str) -> Asked:
    """Find out what an answer asks.

    Args:
        skill: the plan.
        reading: the answer.
        where: how errors name the answer.

    Raises:
        GateError: it asks for a phase that is not the next one.
        LedgerError: it names no phase.
    """
    if reading.signal is None:
        fix = f"end it with a line like ⟿[PHASE], or run: ledger advance {skill.name}"
        return Asked(Outcome.WAITING, _why_waiting(reading), fix=fix)
    here = f"{where}:{reading.signal.line}"
    if isinstance(reading.signal.meaning, Continue):
        return _go_on(skill, reading.signal, reading.signal.meaning, here)
    return _halt(skill, [one for one in reading.sent if isinstance(one.meaning, Halt)])


def _go_on(skill: Skill, signal: Signifier, meaning: Continue, here: str) -> Asked:
    phase, current = _destination(skill, signal, meaning, here), skill.current
    if current is None:
        return Asked(Outcome.ALREADY, f"{signal.text}: every phase is settled; nothing to do")
    if phase == current.phase:
        return Asked(Outcome.ALREADY, f"{signal.text}: {phase} is the open phase; nothing to do")
    if phase == upcoming(skill, current.phase):
        return Asked(Outcome.SETTLED, f"{signal.text}: {current.phase} settles", current.phase)
    if phase and PHASES.index(phase) < PHASES.index(current.phase):
        said = f"{signal.text}: the plan is past {phase}, {current.phase} is open; nothing to do"
        back = f"ledger advance {skill.name} {phase} --to in_progress --force --reason ..."
        return Asked(Outcome.ALREADY, said, fix=f"to go back: {back}")
    raise _jump(skill, signal, phase, current, here)


def _destination(skill: Skill, signal: Signifier, meaning: Continue, here: str) -> str | None:
    """The phase that ⟿ names; None for the end of the cycle.

    Raises:
        LedgerError: it names none.
    """
    word = meaning.target.upper().replace("_", "-")
    phase = _FAMILIES.get(word, word)
    last = skill.current is None or skill.current.phase == PHASES[-1]
    if word in _CLOSING or (phase == PHASES[0] and (meaning.plan or last)):
        return None
    if phase in PHASES:
        return phase
    near = get_close_matches(word, PHASES, n=1)
    follows = upcoming(skill, skill.current.phase) if skill.current else None
    raise LedgerError(
        f"{signal.text} names no phase" + (f"; did you mean {near[0]}?" if near else ""),
        where=here,
        fix=f"write ⟿[{follows or 'COMPLETE'}]",
    )


def _jump(
    skill: Skill, signal: Signifier, phase: str | None, current: Entry, here: str
) -> GateError:
    follows = upcoming(skill, current.phase)
    last = PHASES.index(phase) if phase else len(PHASES)
    over = [
        entry.phase
        for entry in skill.ledger[PHASES.index(current.phase) + 1 : last]
        if not entry.settled
    ]
    if over:
        why = f"{signal.text} jumps over {', '.join(over)}"
        fix = f"put off what is jumped: ledger advance {skill.name} {over[0]} --to deferred ..."
    else:
        why, fix = f"{signal.text}: {phase} is settled already", ""
    return GateError(
        f"{why}; {current.phase} is open, and {follows or 'the end'} follows it",
        where=here,
        fix=f"write ⟿[{follows or 'COMPLETE'}]" + (f", or {fix}" if fix else ""),
    )


def _halt(skill: Skill, halts: list[Signifier]) -> Asked:
    said = "; ".join(f"{one.text} {one.remark}".rstrip() for one in halts)
    reason = ", ".join(filter(None, map(_reason, halts)))
    current = skill.current
    if not reason:
        who = _HANDOVERS.get(str(halts[-1].meaning[0]).upper())
        why, fix = who or "it names no cause", "" if who else "write ⟂[BLOCKED:cause]"
        return Asked(Outcome.HALTED, f"{said}: {why}; the ledger stays as it is", fix=fix)
    if current is None:
        return Asked(Outcome.HALTED, f"{said}: no phase is open, so none is blocked")
    if (current.status, current.reason) == (Status.BLOCKED, reason):
        return Asked(Outcome.ALREADY, f"{said}: {current.phase} is blocked by it; nothing to do")
    return Asked(Outcome.BLOCKED, f"{said}: {current.phase} is blocked", current.phase, reason)


def _reason(one: Signifier) -> str:
    """What a halt says of the open phase, on one line; empty if it says nothing of it."""
    cause, detail = map(str, one.meaning)
    named = f"{cause}:{detail}" if detail else cause
    if cause.upper() == "BLOCKED":
        named = detail
    if not cause or cause.upper() in _HANDOVERS or (named and is_placeholder(named)):
        return ""
    text = one_line(": ".join(filter(None, (named, one.remark))))
    # A semicolon would set off the next key of the phase's line.
    return "".join(filter(str.isprintable, text)).replace(";", ",")


def _why_waiting(reading: Reading) -> str:
    unheard = [
        f"{one.text} in line {one.line} {_UNHEARD[one.role]}"
        for one in reading.signifiers
        if one.role in _UNHEARD
    ]
    if reading.prompt:
        unheard = [f"line {reading.prompt} opens a prompt, which only offers exits"]
    why = f" ({'; '.join(unheard[-2:])})" if unheard else ""
    return f"no signal was sent{why}, so the plan waits for a person"
