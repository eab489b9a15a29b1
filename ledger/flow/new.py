"""A new skill file, complete from its first line: header, budget and the sections to fill in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.files import locked, write_atomic
from ledger.core.forest import skill_files
from ledger.core.phases import PHASES, Status
from ledger.core.project import Project
from ledger.errors import LedgerError, UsageError

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# Words that YAML does not take for text.
_NOT_TEXT: Final = {"false", "no", "null", "off", "on", "true", "yes"}
_LONGEST: Final = 80
_NAV = re.compile(r"^nav:", re.MULTILINE)
_PAGE: Final = "<!--[ skill_page() ]-->\n"
_BODY: Final = """\
## Context

What this plan starts from, and why now.

## Mission

What is true when it is done.

## Exit criteria

- [ ] A check that anyone can repeat.

## Non-goals

- What this plan leaves alone.
"""


class NewSkill(NamedTuple):
    """A skill to write.

    Attributes:
        name: its name.
        title: its first heading.
        files: what to write: text by path, relative to the project; the skill file last.
        nav: the line that `nav:` of mkdocs.yml needs; empty if it needs none.
        warnings: what the caller should know.
    """

    name: str
    title: str
    files: dict[str, str]
    nav: str
    warnings: tuple[str, ...]

    @property
    def where(self) -> str:
        """The skill file, relative to the project."""
        return f"skills/{self.name}.md"


def plan_new(
    project: Project,
    name: str,
    title: str = "",
    parent: str = "",
    planned: Decimal = Decimal("0.05"),
    enables: Sequence[str] = (),
    *,
    today: date,
) -> NewSkill:
    """Decide what a new skill says; write nothing.

    Args:
        project: the project to put it in.
        name: its name; the file's, without `.md`.
        title: its first heading; made of the name if empty.
        parent: the plan that it belongs to.
        planned: its budget, as a share of its effort.
        enables: the plans that wait on it.
        today: the UTC day.

    Raises:
        UsageError: a name, the title or the budget cannot be used.
    """
    for slug in (name, *([parent] if parent else []), *enables):
        _check_slug(slug)
    if not title.isprintable():
        raise UsageError(f"title {title!r} is not one printable line")
    if planned > 1:
        raise UsageError(f"planned {planned:f} is more than the whole", fix="give a share: 0.05")
    title = title.strip() or name.replace("-", " ").capitalize()
    page = (project.docs / "skills").is_dir()
    header = _header(name, parent, planned, enables, today)
    files = {f"docs/skills/{name}.md": _PAGE} if page else {}
    files[f"skills/{name}.md"] = f"{header}\n# {title}\n\n{_BODY}"
    nav = f"- skills/{name}.md" if page and _has_nav(project) else ""
    return NewSkill(name, title, files, nav, _unknown(project, parent, enables))


def write_new(project: Project, new: NewSkill, say: Callable[[str], None] | None = None) -> None:
    """Write the files of a new skill, the skill itself last.

    Args:
        project: the project to put it in.
        new: what to write.
        say: is told once if another command is writing and this one waits.

    Raises:
        LedgerError: one is there already, or cannot be written.
    """
    path = project.root / new.where
    try:
        path.parent.mkdir(exist_ok=True)
        with locked(path, say):
            refuse_existing(project, new)
            for where, text in new.files.items():
                write_atomic(project.root / where, text.encode())
    except OSError as error:
        raise LedgerError(f"cannot be written: {error.strerror}", where=new.where) from None


def refuse_existing(project: Project, new: NewSkill) -> None:
    """Make sure that no file would be overwritten.

    Raises:
        LedgerError: the skill is there already, or its page with another text.
    """
    namesake = next((path for path in skill_files(project) if path.stem == new.name), None)
    taken = [project.relative(namesake)] if namesake else []
    for where, text in new.files.items():
        path = project.root / where
        # A page without its skill is what a crash between the two leaves.
        if path.exists() and not (path.is_file() and path.read_bytes() == text.encode()):
            taken.append(where)
    if taken:
        raise LedgerError("is there already", where=taken[0], fix="choose another name")


def _check_slug(name: str) -> None:
    if _SLUG.fullmatch(name) and len(name) <= _LONGEST and name not in _NOT_TEXT:
        return
    raise UsageError(
        f"{name!r} is not a name for a skill",
        fix="use lower-case letters, digits and single dashes, like dns-failover",
    )


def _header(name: str, parent: str, planned: Decimal, enables: Sequence[str], today: date) -> str:
    listed = [f"  - {slug}" for slug in dict.fromkeys(enables)]
    lines = [
        "---",
        f"path: skills/{name}",
        f"status: {Status.PENDING}",
        "progress: 0",
        f"last_touched: {today}",
        "blocking: []",
        *(["enables:", *listed] if listed else ["enables: []"]),
        *([f"parent: {parent}"] if parent else []),
        "docs: []",
        "handles: {}",
        "phase_ledger:",
        *(f"  {phase}: {Status.PENDING}" for phase in PHASES),
        "entropy:",
        f"  planned: {planned:f}",
        "  spent: 0.00",
        "  returned: 0.00",
        "---",
    ]
    return "\n".join(lines) + "\n"


def _has_nav(project: Project) -> bool:
    return bool(_NAV.search((project.root / "mkdocs.yml").read_text("utf-8")))


def _unknown(project: Project, parent: str, enables: Sequence[str]) -> tuple[str, ...]:
    known = {path.stem for path in skill_files(project)}
    named = [("parent", parent)] if parent else []
    named += [("enables", slug) for slug in enables]
    return tuple(f"{key} {slug} is no skill here yet" for key, slug in named if slug not in known)
