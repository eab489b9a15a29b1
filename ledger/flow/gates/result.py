"""What gates judge, and what they find."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.flow.evidence import PageEvidence


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

    def at(self, *key: str) -> str:
        """`file:line` of a key of the header, or of what is nearest to it."""
        header = self.skill.header
        return f"{self.skill.where}:{header.line(*key) or header.line(key[0]) or 1}"


def counted(number: int, thing: str) -> str:
    """`1 page`, `2 pages`; empty for none."""
    return f"{number} {thing}{'' if number == 1 else 's'}" if number else ""
