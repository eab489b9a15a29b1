"""How a prompt or an epilogue ends: ⟿ go on, with what the next phase needs; ⟂ halt, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from ledger.core.phases import PHASES, Status
from ledger.core.project import Project
from ledger.core.skill import Entry, Skill
from ledger.flow.branches import branches_of
from ledger.flow.brief import Brief, brief_of
from ledger.flow.debts import Owed
from ledger.flow.text import one_line

_DEPLETED: Final = "The budget is used up before the phase is done"
_PAYLOAD_HANDLES: Final = 8
_WAITS: Final = 2
_UNSAID: Final = re.compile(r"[^\w.:/-]+")
_WAIT: Final = re.compile(r"\s*-\s+(?P<name>.+?)(?:\s+#\s?(?P<comment>.*))?\s*$")


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
    own = _named(skill) or {
        name.rsplit("/", 1)[-1].removesuffix(".md"): name for name in skill.strings("docs")
    }
    paths = {"skill": skill.where} | own
    return [
        Handle(one_line(name), one_line(path), _exists(project.root / path))
        for name, path in paths.items()
    ]


def _named(skill: Skill) -> dict[str, str]:
    """The header's handles: a mapping, a list of mappings, or one line `name=path; name=path`."""
    raw = skill.header.data.get("handles")
    if isinstance(raw, str):
        pairs = (part.partition("=") for part in raw.split(";"))
        return {name.strip(): path.strip() for name, sign, path in pairs if sign}
    tables = [raw] if isinstance(raw, dict) else raw if isinstance(raw, list) else []
    return {
        str(name): str(path)
        for table in tables
        if isinstance(table, dict)
        for name, path in table.items()
    }


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long, a folder that may not be read
        return False


def waits(skill: Skill) -> list[tuple[str, str]]:
    """What the plan waits on, each with the comment on its line; that may be empty."""
    comments = {}
    for line in skill.text.split("\n")[skill.header.line("blocking") :]:
        item = _WAIT.match(line)
        if item:
            comments[item["name"].strip("'\"")] = item["comment"] or ""
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    names = map(one_line, skill.strings("blocking"))
    return [(name, one_line(comments.get(name, ""))) for name in names]


def debts(skill: Skill) -> list[Entry]:
    """The phases that were put off: deferred or blocked."""
    owed = {Status.DEFERRED, Status.BLOCKED}
    return [entry for entry in skill.ledger if entry.status in owed]


def debt_line(debt: Owed, today: date) -> str:
    """A debt as a line of a prompt or an epilogue; says first if its day has passed."""
    late = f"OVERDUE by {(today - debt.until).days} d: " if debt.overdue and debt.until else ""
    told = {
        "risk": debt.risk,
        "fallback": debt.fallback,
        "owner": debt.owner,
        "until": debt.until,
        "age": debt.age if debt.age_days else "",
    }
    more = "".join(f"; {key}: {one_line(value)}" for key, value in told.items() if value)
    reason = one_line(debt.reason) or "no reason"
    name = f"test {debt.name}".rstrip() if debt.kind == "test" else debt.name
    return f"- {late}{name} is {debt.status}: {reason}{more} ({debt.where})"


def upcoming(skill: Skill, *phases: str) -> str | None:
    """The phase to go on with once `phases` are settled; None if nothing is open then."""
    known = skill.ledger[: len(PHASES)]
    return next((e.phase for e in known if not e.settled and e.phase not in phases), None)


def signal(project: Project, skill: Skill, phase: str) -> list[str]:
    """The lines that send the reader on once `phase` is settled.

    After the last phase that is a new plan; where only debts are left it is a halt.
    """
    if following := upcoming(skill, phase):
        after = upcoming(skill, phase, following)
        last = _next_plan(skill) if following == PHASES[-1] else "DETACH"
        return _payload(project, skill, phase, following, following, after or last)
    if phase != PHASES[-1]:
        return detach(skill)
    return _payload(project, skill, phase, PHASES[0], _next_plan(skill), PHASES[1])


def _next_plan(skill: Skill) -> str:
    """What follows the last phase: a new plan, the first of those that wait on this one."""
    waiting = [one_line(name) for name in skill.strings("enables")]
    return f"{PHASES[0]}[{waiting[0]}]" if waiting else PHASES[0]


def detach(skill: Skill) -> list[str]:
    """The halt of a plan in which nothing is open."""
    owed = [
        f"{entry.phase} is {entry.raw}: {entry.reason or 'no reason'}" for entry in debts(skill)
    ]
    if owed:
        return [f"⟂[DETACH:awaiting_human] {'; '.join(owed)}"]
    return ["⟂[DETACH:cycle_complete] every phase is settled"]


def exits(skill: Skill, brief: Brief) -> list[str]:
    """The halts that a phase may end on: what the plan waits on, the brief's own, the budget."""
    halts = {f"BLOCKED:{_UNSAID.sub('_', name)}": why for name, why in waits(skill)[:_WAITS]}
    halts |= brief.halts
    depleted = halts.pop("ENTROPY_DEPLETED", _DEPLETED)
    halts["ENTROPY_DEPLETED"] = depleted
    return [f"⟂[{token}] {one_line(why)}".rstrip() for token, why in halts.items()]


def _payload(
    project: Project, skill: Skill, phase: str, following: str, goes_to: str, after: str
) -> list[str]:
    brief = brief_of(skill, following)
    first_paragraph = brief.mission.split("\n\n")[0]
    paths = [f"{h.name}={h.path}" for h in handles(project, skill) if h.exists]
    branches = ",".join(b.name for b in branches_of(skill) if b.kind != "void") or "none"
    carried = [*paths[:_PAYLOAD_HANDLES], f"ledger={{{phase}:touched}}", f"branches={branches}"]
    goal = [*brief.exit, f"ledger.{following}=touched", f"continuation → {after}"]
    return [
        f"⟿[{goes_to}]",
        "/hydrate",
        f"handles: {'; '.join(carried)}",
        f"mission: {one_line(first_paragraph)}",
        f"actions: {'; '.join(brief.actions)}.",
        f"exit: {'; '.join(goal)}.",
    ]
