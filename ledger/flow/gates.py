"""What must hold before a phase settles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ledger.core.phases import PHASES
from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.errors import GateError, SkillError
from ledger.flow.evidence import PageEvidence, summary
from ledger.pages.state import State


@dataclass(frozen=True)
class Finding:
    """One thing that keeps a gate shut.

    Attributes:
        where: `file:line`.
        what: what does not hold, and why.
        fix: the command or the edit that mends it.
    """

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        """The finding on one line."""
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class GateResult:
    """What a gate found.

    Attributes:
        gate: its name.
        summary: what it saw, in one clause; empty if there was nothing to look at.
        findings: what does not hold; empty if the gate is open.
    """

    gate: str
    summary: str
    findings: tuple[Finding, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the phase may settle as far as this gate is concerned."""
        return not self.findings


@dataclass(frozen=True)
class Subject:
    """What gates judge: a skill, what its pages prove today, and the phase that would settle."""

    project: Project
    skill: Skill
    evidence: tuple[PageEvidence, ...]
    phase: str


def _verify(subject: Subject) -> GateResult:
    """Every block of every page of the skill holds, and at least one was really run."""
    findings = [found for page in subject.evidence for found in _page_findings(page)]
    states = [state for page in subject.evidence for state in page.states]
    if not subject.evidence:
        findings.append(_no_pages(subject))
    elif not findings and not any(s.state is State.VERIFIED for s in states):
        findings.append(_nothing_verified(subject.skill))
    return GateResult("verify", summary(subject.evidence), tuple(findings))


def _page_findings(page: PageEvidence) -> Iterable[Finding]:
    if page.problem:
        yield Finding(page.problem.where or page.where, page.problem.what, page.problem.fix)
    for where, what in page.doubts():
        yield Finding(where, what, page.mend())


def _no_pages(subject: Subject) -> Finding:
    skill, phase = subject.skill, subject.phase
    return Finding(
        f"{skill.where}:{skill.header.line('docs') or 1}",
        "no pages under docs:, so nothing proves this phase",
        f"name them under docs:, or give the phase no gate: gates: {{{phase}: []}}",
    )


def _nothing_verified(skill: Skill) -> Finding:
    return Finding(
        f"{skill.where}:{skill.header.line('docs')}",
        "no block of these pages is verified, so nothing proves this phase",
        "verify one block, or settle with --to deferred --reason ...",
    )


def _handles(subject: Subject) -> GateResult:
    """Every path that the skill hands on exists."""
    skill, handles = subject.skill, subject.skill.table("handles")
    findings = tuple(
        Finding(
            f"{skill.where}:{skill.header.line('handles', name)}",
            f"handle {name} names {path}, which does not exist",
            "make it, or correct the handle",
        )
        for name, path in handles.items()
        if not (subject.project.root / str(path)).exists()
    )
    found = len(handles) - len(findings)
    said = f"{found} handle{'s exist' if found != 1 else ' exists'}" if handles else ""
    return GateResult("handles", said, findings)


GATES: Final[dict[str, Callable[[Subject], GateResult]]] = {
    "handles": _handles,
    "verify": _verify,
}

# EDUCATE changes pages, so their blocks must hold again, and hands paths to people: by then all of
# them exist. Before that a handle may name what a later phase still has to make. REFLECT closes
# the plan, and its handles are what stays.
DEFAULTS: Final = {"TEST": ("verify",), "EDUCATE": ("verify", "handles"), "REFLECT": ("handles",)}


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
    lines = "".join(f"\n  {finding}" for finding in findings)
    names = " and ".join(dict.fromkeys(result.gate for result in shut))
    return GateError(
        f"{phase} may not settle, gate {names} does not hold:{lines}",
        where=f"{skill.where}:{skill.entry(phase).line or 1}",
        fix="\n       ".join(dict.fromkeys(finding.fix for finding in findings if finding.fix)),
    )
