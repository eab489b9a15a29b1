"""What `ledger status` shows, in whatever form: every skill file, and how it stands."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ledger.core.entropy import Budget
from ledger.core.forest import survey
from ledger.core.graph import Edge, cycles, link, waits
from ledger.core.standing import Group, finished, group
from ledger.errors import LedgerError, SkillError

if TYPE_CHECKING:
    from ledger.core.scan import Facts


class Row(NamedTuple):
    """One readable skill."""

    facts: Facts
    group: Group
    why: str
    left: str
    evidence: str | None


class Forest(NamedTuple):
    """All that the command shows, in whatever form."""

    rows: list[Row]
    unreadable: list[SkillError]
    problems: list[LedgerError]
    edges: list[Edge]
    cycles: list[list[str]]
    dangling: list[tuple[str, str]]

    @property
    def groups(self) -> list[Group]:
        """The group of every file, the unreadable ones too."""
        return [row.group for row in self.rows] + [Group.UNREADABLE] * len(self.unreadable)


def read(root: str, day: date, *, evidence: bool) -> Forest:
    """Read every skill of a project.

    Args:
        root: the project's folder.
        day: the UTC day to measure ages on.
        evidence: whether to read the skills' pages too.
    """
    skills, unreadable = survey(root)
    edges, dangling = link(skills)
    unfinished = {skill.where: skill.name for skill in skills if not finished(skill)}
    before = waits(edges)
    problems: list[LedgerError] = []
    rows = []
    for skill in skills:
        waits_on = [unfinished[f] for f in before.get(skill.where, ()) if f in unfinished]
        standing = group(skill, waits_on, day)
        worth = _evidence(root, skill, day, problems) if evidence else None
        rows.append(Row(skill, *standing, _left(skill, problems), worth))
    return Forest(rows, unreadable, problems, edges, cycles(edges) if edges else [], dangling)


def _left(skill: Facts, problems: list[LedgerError]) -> str:
    """What is left of a budget; `?` for one that cannot be read."""
    try:
        return f"{Budget.read(skill.entropy, skill.where).remaining:f}"
    except SkillError as problem:
        problems.append(problem)
        return "?"


def _evidence(root: str, skill: Facts, day: date, problems: list[LedgerError]) -> str:
    """What the skill's pages are worth; what is wrong with them goes to `problems`."""
    from pathlib import Path

    from ledger.core.project import Project
    from ledger.core.skill import Skill
    from ledger.flow.evidence import gather
    from ledger.flow.overview import worth

    project = Project(Path(root))
    pages = gather(project, Skill(project.root / skill.where, skill.where), day)
    problems += [page.problem for page in pages if page.problem]
    return worth(pages)
