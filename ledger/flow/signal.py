"""How a prompt or an epilogue ends: ⟿ go on, with what the next phase needs; ⟂ halt, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.core.phases import PHASES, Status
from ledger.core.project import Project
from ledger.core.skill import Entry, Skill
from ledger.flow.brief import brief_of

DEPLETED: Final = "⟂[ENTROPY_DEPLETED] The budget is used up before the phase is done"
_PAYLOAD_HANDLES: Final = 8


@dataclass(frozen=True)
class Handle:
    """Something that the next phase needs, and where it lies.

    Attributes:
        name: what it is called.
        path: where it is, relative to the project.
        exists: whether it is there.
    """

    name: str
    path: str
    exists: bool

    def __str__(self) -> str:
        """The handle as a line of a prompt."""
        return f"{self.name}: {self.path}" + ("" if self.exists else "  # missing")


def handles(project: Project, skill: Skill) -> list[Handle]:
    """The skill itself, then its own handles; its pages if it names none."""
    own = skill.table("handles") or {
        name.rsplit("/", 1)[-1].removesuffix(".md"): name for name in skill.strings("docs")
    }
    paths = {"skill": skill.where} | {str(name): str(path) for name, path in own.items()}
    return [
        Handle(_one_line(name), _one_line(path), (project.root / path).exists())
        for name, path in paths.items()
    ]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def debts(skill: Skill) -> list[Entry]:
    """The phases that were put off: deferred or blocked."""
    owed = {Status.DEFERRED, Status.BLOCKED}
    return [entry for entry in skill.ledger if entry.status in owed]


def upcoming(skill: Skill, *phases: str) -> str | None:
    """The phase to go on with once `phases` are settled; None if nothing is open then."""
    known = skill.ledger[: len(PHASES)]
    return next((e.phase for e in known if not e.settled and e.phase not in phases), None)


def signal(project: Project, skill: Skill, phase: str) -> list[str]:
    """The lines that send the reader on once `phase` is settled.

    After the last phase that is a new plan; where only debts are left it is a halt.
    """
    following = upcoming(skill, phase)
    if following is None and phase == PHASES[-1]:
        following = PHASES[0]
    return _payload(project, skill, phase, following) if following else detach(skill)


def detach(skill: Skill) -> list[str]:
    """The halt of a plan in which nothing is open."""
    owed = [
        f"{entry.phase} is {entry.raw}: {entry.reason or 'no reason'}" for entry in debts(skill)
    ]
    if owed:
        return [f"⟂[DETACH:awaiting_human] {'; '.join(owed)}"]
    return ["⟂[DETACH:cycle_complete] every phase is settled"]


def _payload(project: Project, skill: Skill, phase: str, following: str) -> list[str]:
    brief = brief_of(skill, following)
    first_paragraph = brief.mission.split("\n\n")[0]
    paths = [f"{h.name}={h.path}" for h in handles(project, skill) if h.exists]
    carried = [*paths[:_PAYLOAD_HANDLES], f"ledger={{{phase}:touched}}", "branches=none"]
    # A PLAN behind the last phase is a new plan's, and all of that is open.
    after = PHASES[1] if following == PHASES[0] else upcoming(skill, phase, following)
    goal = [*brief.exit, f"ledger.{following}=touched", f"continuation → {after or 'DETACH'}"]
    return [
        f"⟿[{following}]",
        "/hydrate",
        f"handles: {'; '.join(carried)}",
        f"mission: {_one_line(first_paragraph)}",
        f"actions: {'; '.join(brief.actions)}.",
        f"exit: {'; '.join(goal)}.",
    ]
