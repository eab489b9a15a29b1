"""All skills of a project."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.errors import SkillError, UsageError


def skill_files(project: Project) -> list[Path]:
    """Every skill file, by name."""
    return sorted(project.skills.glob("*.md"))


def forest(project: Project) -> tuple[list[Skill], list[SkillError]]:
    """Read every skill; a file that cannot be read is a problem in the second list."""
    skills: list[Skill] = []
    problems: list[SkillError] = []
    for path in skill_files(project):
        try:
            skills.append(Skill(path, project.relative(path)))
        except SkillError as problem:
            problems.append(problem)
    return skills, problems


def find_skill(project: Project, name: str) -> Skill:
    """Read one skill by its name or its path.

    Raises:
        UsageError: nothing of that name; with the nearest one.
    """
    path = Path(name)
    if path.suffix == ".md" and path.is_file():
        return Skill(path, project.relative(path))
    names = [file.stem for file in skill_files(project)]
    if name not in names:
        near = get_close_matches(name, names, n=1)
        fix = f"did you mean {near[0]}?" if near else f"skills here: {', '.join(names) or 'none'}"
        raise UsageError(f"no skill {name!r}", where=project.relative(project.skills), fix=fix)
    path = project.skills / f"{name}.md"
    return Skill(path, project.relative(path))
