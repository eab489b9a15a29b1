"""What must hold before a phase settles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ledger.core.phases import PHASES
from ledger.core.skill import Skill
from ledger.errors import GateError, SkillError
from ledger.flow.gates.pages import pages
from ledger.flow.gates.proof import handles, verify
from ledger.flow.gates.result import Finding, GateResult, Subject
from ledger.flow.gates.rules import rules

__all__ = [
    "DEFAULTS",
    "GATES",
    "Finding",
    "GateResult",
    "Subject",
    "check_gates",
    "gates_of",
    "refusal",
]


def _secrets(subject: Subject) -> GateResult:
    from ledger.flow.gates.leaks import secrets  # its library takes a while to load

    return secrets(subject)


GATES: Final[dict[str, Callable[[Subject], GateResult]]] = {
    "handles": handles,
    "pages": pages,
    "rules": rules,
    "secrets": _secrets,
    "verify": verify,
}

# EDUCATE changes pages, so their blocks must hold again, and hands paths to people: by then all of
# them exist. Before that a handle may name what a later phase still has to make. REFLECT closes
# the plan, and its handles are what stays.
DEFAULTS: Final = {
    "QA": ("secrets",),
    "TEST": ("verify",),
    "EDUCATE": ("verify", "handles", "pages"),
    "MEASURE": ("rules",),
    "REFLECT": ("handles",),
}


def gates_of(skill: Skill, phase: str) -> tuple[str, ...]:
    """The names of a phase's gates: the skill's own, else the phase's defaults.

    Raises:
        SkillError: `gates:` names an unknown phase or gate anywhere; with `file:line`.
    """
    own = skill.header.data.get("gates") or {}
    if not isinstance(own, dict):
        raise _bad_gates(skill, "gates must be a mapping", "write gates: {TEST: [verify]}")
    for name, gates in own.items():
        _check_names(skill, name, gates)
    return tuple(own[phase]) if phase in own else DEFAULTS.get(phase, ())


def _check_names(skill: Skill, phase: object, gates: object) -> None:
    if phase not in PHASES:
        raise _bad_gates(skill, f"no phase {phase!r}", f"one of {', '.join(PHASES)}")
    if not isinstance(gates, list):
        raise _bad_gates(skill, f"gates of {phase} must be a list", f"write {phase}: [verify]")
    for gate in gates:
        if gate not in list(GATES):  # it may be unhashable
            raise _bad_gates(skill, f"no gate {gate!r}", f"known gates: {', '.join(GATES)}")


def _bad_gates(skill: Skill, what: str, fix: str) -> SkillError:
    return SkillError(what, where=f"{skill.where}:{skill.header.line('gates')}", fix=fix)


def check_gates(subject: Subject) -> tuple[GateResult, ...]:
    """Ask every gate of the phase.

    Raises:
        SkillError: `gates:` cannot be used.
    """
    return tuple(GATES[name](subject) for name in gates_of(subject.skill, subject.phase))


def refusal(skill: Skill, phase: str, results: Iterable[GateResult]) -> GateError | None:
    """The error that says why `phase` may not settle; None if every gate is open."""
    shut = [result for result in results if not result.holds]
    findings = [finding for result in shut for finding in result.findings]
    if not findings:
        return None
    lines = "".join(f"\n  {line}" for line in dict.fromkeys(map(str, findings)))
    names = " and ".join(result.gate for result in shut)
    said = f"gates {names} do" if len(shut) > 1 else f"gate {names} does"
    return GateError(
        f"{phase} may not settle, {said} not hold:{lines}",
        where=f"{skill.where}:{skill.entry(phase).line or 1}",
        fix="\n       ".join(dict.fromkeys(finding.fix for finding in findings if finding.fix)),
    )
