"""All skills of a project."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ledger.core.scan import Facts, Phase, scan
from ledger.errors import SkillError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.core.project import Project
    from ledger.core.skill import Skill

_CHUNK = 1 << 16
# As many names as an error may list.
_FEW = 5


def skill_files(project: Project) -> list[Path]:
    """Every skill file, by path: each `*.md` below skills/ that no dot hides, in any folder."""
    from pathlib import Path

    return [Path(path) for path in _walk(str(project.skills))]


def forest(project: Project) -> tuple[list[Skill], list[SkillError]]:
    """Read every skill whole; a file that cannot be read is a problem in the second list."""
    from ledger.core.skill import Skill

    skills: list[Skill] = []
    problems: list[SkillError] = []
    for path in skill_files(project):
        try:
            skills.append(Skill(path, project.relative(path)))
        except SkillError as problem:
            problems.append(problem)
    return skills, problems


def survey(root: str) -> tuple[list[Facts], list[SkillError]]:
    """Read every skill's header; the same files as `forest`, and as many facts and problems.

    Headers of the usual forms are read by lines, the others by YAML.

    Args:
        root: the project's folder.
    """
    found: list[Facts] = []
    problems: list[SkillError] = []
    for path in _walk(f"{root}/skills"):
        where = path[len(root) + 1 :]
        try:
            found.append(_facts(path, where))
        except SkillError as problem:
            problems.append(problem)
    return found, problems


def find_skill(project: Project, name: str) -> Skill:
    """Read one skill by its name or its path.

    Raises:
        UsageError: nothing of that name, with the nearest one; or more than one file.
    """
    from pathlib import Path

    from ledger.core.skill import Skill

    path = Path(name)
    if path.suffix == ".md" and (path.is_file() or path.is_symlink()):
        return Skill(path, project.relative(path))
    files = skill_files(project)
    found = [file for file in files if file.stem == name]
    if not found:
        raise _unknown(project, name, [file.stem for file in files])
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} skills are named {name!r}",
            where=project.relative(project.skills),
            fix=f"give a path: {' or '.join(map(project.relative, found))}",
        )
    return Skill(found[0], project.relative(found[0]))


def facts(skill: Skill) -> Facts:
    """What a skill's header says."""
    header = skill.header
    texts = {key: value.text for key, value in header.entries().items()}
    return Facts(
        skill.name,
        skill.where,
        skill.title,
        tuple(Phase(entry.phase, str(entry.raw), entry.note) for entry in skill.ledger),
        {key: value.text for key, value in header.entries("entropy").items()},
        texts.get("status", ""),
        texts.get("progress", ""),
        texts.get("last_touched", ""),
        skill.strings("blocking"),
        skill.strings("enables"),
    )


def _facts(path: str, where: str) -> Facts:
    """Read one header; YAML is loaded only for a file that needs it, or cannot be read at all."""
    name = where.rpartition("/")[2].removesuffix(".md")
    try:
        quick = scan(_read(path).decode(), name, where)
    except (OSError, UnicodeDecodeError):
        quick = None
    if quick:
        return quick
    from pathlib import Path

    from ledger.core.skill import Skill

    return facts(Skill(Path(path), where))


def _read(path: str) -> bytes:
    """All bytes of a file; `open` would cost more than the reading."""
    handle = os.open(path, os.O_RDONLY)
    try:
        data = part = os.read(handle, _CHUNK)
        while len(part) == _CHUNK:
            part = os.read(handle, _CHUNK)
            data += part
        return data
    finally:
        os.close(handle)


def _walk(folder: str) -> Iterator[str]:
    """The paths of the skill files below a folder, in order; none if there is no folder.

    A folder that cannot be read is given itself, so that whoever reads it is told.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted((e for e in entries if e.name[0] != "."), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError:
        yield folder
        return
    for entry in found:
        if entry.name.endswith(".md"):
            yield entry.path
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)


def _unknown(project: Project, name: str, names: list[str]) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1)
    fix = f"skills here: {', '.join(names) or 'none'}"
    if near:
        fix = f"did you mean {near[0]}?"
    elif len(names) > _FEW:
        fix = "ledger status lists all skills"
    return UsageError(f"no skill {name!r}", where=project.relative(project.skills), fix=fix)
