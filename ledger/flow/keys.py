"""The keys of a plan that a person sets; all others have a command or an editor of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from ledger.core.edit import Edit
from ledger.core.phases import PHASES
from ledger.core.plan import PLAN_WORDS, derived
from ledger.core.skill import Skill
from ledger.errors import GateError, UsageError

_WORD = re.compile(r"[a-z][a-z0-9_-]*")
_PERCENT = re.compile(r"\d{1,2}|100", re.ASCII)


def set_key(edit: Edit, key: str, value: str, today: date) -> None:
    """Give one of the plan's keys a value; a key that the header lacks is added.

    Raises:
        UsageError: not a key that is set by hand, or not a value of it.
        GateError: the ledger says otherwise.
        SkillError: the header cannot be edited so.
    """
    if key not in _CHECKS:
        raise UsageError(
            f"{key} is not set by hand",
            where=edit.skill.where,
            fix=_instead(edit.skill.name, key),
        )
    _CHECKS[key](edit.skill, value)
    if edit.skill.header.line(key):
        edit.set(key, to=value)
    else:
        edit.insert(key, to=value)
    if edit.text != edit.skill.text:
        touch(edit, today)


def touch(edit: Edit, today: date) -> None:
    """Make `last_touched` the day, where the header has the key."""
    if edit.skill.header.line("last_touched"):
        edit.set("last_touched", to=today.isoformat())


def _check_status(skill: Skill, value: str) -> None:
    if not _WORD.fullmatch(value):
        raise UsageError(f"status {value!r} is not one lower-case word", where=skill.where)
    if value not in PLAN_WORDS:
        return
    statuses = [entry.status for entry in skill.ledger[: len(PHASES)]]
    meant = derived(statuses, {"status": value}).get("status", value)
    if meant != value or (value == "complete" and skill.current):
        raise GateError(
            f"status cannot be {value}: the ledger decides that word",
            where=f"{skill.where}:{skill.header.line('phase_ledger')}",
            fix=f"settle phases with: ledger advance {skill.name}",
        )


def _check_progress(skill: Skill, value: str) -> None:
    if not _PERCENT.fullmatch(value):
        raise UsageError(f"progress {value!r} is not a whole number 0..100", where=skill.where)


def _check_touched_by(skill: Skill, value: str) -> None:
    if not value.strip():
        raise UsageError("touched_by needs a name", where=skill.where)


_CHECKS: Final[dict[str, Callable[[Skill, str], None]]] = {
    "status": _check_status,
    "progress": _check_progress,
    "touched_by": _check_touched_by,
}


def _instead(name: str, key: str) -> str:
    """What to do where `key` is not one that `set` sets."""
    phase = key.upper().removeprefix("PHASE_LEDGER.")
    if phase in PHASES:
        return f"ledger advance {name} {phase} --to ..."
    figures = {"spent": "sip", "returned": "pour"}
    if command := figures.get(key.removeprefix("entropy.")):
        return f"ledger {command} {name} AMOUNT"
    if key == "last_touched":
        return "every edit writes it; give the day with --now"
    return f"set {', '.join(_CHECKS)}; edit other keys in the file"
