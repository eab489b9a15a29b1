"""Templates to text: strict, and the same input gives the same bytes."""

from __future__ import annotations

import traceback
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ledger.core.project import Project
from ledger.errors import SkillError
from ledger.flow.text import cell, scalar

_FOLDER: Final = Path(__file__).with_name("templates")
# A team's template extends this project's under a name that its own never has.
_OURS: Final = "ledger"


def render(template: str, **values: Any) -> str:
    """Fill a template of this package; an unknown name in it is an error."""
    return _environment(None).get_template(f"{_OURS}/{template}").render(**values)


def team_template(project: Project, phase: str) -> str:
    """The template of a phase's prompt: the team's for it, the team's for all, or this package's.

    A team's stand in `skills/_templates`; their names do not end in `.md`, so none is a skill.
    """
    names = (f"{phase}.md.j2", "prompt.md.j2")
    there = (name for name in names if (templates(project) / name).is_file())
    return next(there, f"{_OURS}/prompt.md.j2")


def templates(project: Project) -> Path:
    """The folder of a team's own templates."""
    return project.skills / "_templates"


def render_team(project: Project, template: str, **values: Any) -> str:
    """Fill a template that people wrote: in a sandbox, whose faults name the line.

    Args:
        project: the project whose templates are known.
        template: what `team_template` gave.
        values: plain data; a template may read it and change nothing.

    Raises:
        SkillError: the template cannot be read or filled; with `file:line`.
    """
    folder = templates(project)
    try:
        return _environment(folder).get_template(template).render(**values)
    except TemplateSyntaxError as error:
        where = f"{project.relative(folder / (error.name or template))}:{error.lineno}"
        raise SkillError(f"broken template: {error.message}", where=where) from None
    except Exception as error:  # a template may fail in any way
        frames = traceback.extract_tb(error.__traceback__)
        lines = [f for f in frames if f.filename.endswith(".j2")] or [
            traceback.FrameSummary(str(folder / template), 1, "")
        ]
        where = f"{project.relative(Path(lines[-1].filename))}:{lines[-1].lineno}"
        what = f"the template fails: {error or type(error).__name__}"
        raise SkillError(what, where=where) from None


@cache
def _environment(folder: Path | None) -> Environment:
    ours: BaseLoader = PrefixLoader({_OURS: FileSystemLoader(_FOLDER)})
    loader = ChoiceLoader([ours, FileSystemLoader(folder)]) if folder else ours
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"cell": cell, "scalar": scalar}
    return environment
