"""Branches: work that came up beside a plan, classified, and kept as a handle in its header."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final, NamedTuple

from ledger.core.edit import Edit
from ledger.core.phases import PHASES
from ledger.core.skill import Skill
from ledger.errors import UsageError
from ledger.flow.keys import touch
from ledger.flow.text import one_line, scalar

_NAME: Final = re.compile(r"\w[\w.-]*")


class Branch(NamedTuple):
    """One branch.

    Attributes:
        name: the skill that it becomes, or would become.
        kind: one of CLASSES; a word of a person's own stays as it is.
        when: what must be so for it to start; empty if nothing was said.
        phase: the phase that it enters at.
        since: the day on which it came up, as written; empty if nothing was said.
    """

    name: str
    kind: str
    when: str = ""
    phase: str = PHASES[0]
    since: str = ""

    def __str__(self) -> str:
        """The branch as the header holds it: one flow mapping of YAML."""
        fields = {
            "name": scalar(self.name),
            "class": self.kind,
            "when": scalar(self.when) if self.when else "",
            "phase": self.phase,
            "since": self.since,
        }
        return f"{{{', '.join(f'{key}: {value}' for key, value in fields.items() if value)}}}"


def branches_of(skill: Skill) -> tuple[Branch, ...]:
    """The branches in the header, in its order; an item that names nothing is none."""
    raw = skill.header.data.get("branches")
    read = (_read(item) for item in raw) if isinstance(raw, list) else ()
    return tuple(branch for branch in read if branch.name)


def branch_of(name: str, kind: str, when: str, phase: str, today: date) -> Branch:
    """Make a branch that came up today.

    Raises:
        UsageError: its name or its condition cannot be used.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is not a name for a branch", fix="write it like saas-alerting")
    if not when.strip() or not when.isprintable():
        raise UsageError("--when must be one printable line", where=name)
    return Branch(name, kind, one_line(when), phase, today.isoformat())


def keep(edit: Edit, branch: Branch, today: date) -> None:
    """Add a branch to the header, a blocking one to `blocking` too; nothing if it is there.

    Raises:
        UsageError: it is the plan itself, or is there and says something else.
        SkillError: the header cannot be edited so.
    """
    skill = edit.skill
    if branch.name == skill.name:
        raise UsageError(f"{branch.name} is the plan itself, no branch of it", where=skill.where)
    there = next((known for known in branches_of(skill) if known.name == branch.name), None)
    if there and there._replace(since=branch.since) != branch:
        raise UsageError(
            f"branch {branch.name} is there already: {there}",
            where=f"{skill.where}:{skill.header.line('branches')}",
            fix="edit its line by hand",
        )
    if there is None:
        edit.append("branches", str(branch))
    if branch.kind == "blocking" and branch.name not in skill.strings("blocking"):
        edit.append("blocking", scalar(branch.name))
    if edit.text != skill.text:
        touch(edit, today)


def _read(item: Any) -> Branch:
    if not isinstance(item, dict):
        return Branch(one_line(item or ""), "deferred")
    told = {key: one_line(value) for key, value in item.items() if value is not None}
    return Branch(
        told.get("name", ""),
        told.get("class", "deferred"),
        told.get("when", ""),
        told.get("phase", PHASES[0]),
        told.get("since", ""),
    )
