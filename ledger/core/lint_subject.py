"""What a rule looks at: one skill file and what is around it."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from datetime import date
from functools import cached_property
from typing import Any, Final, NamedTuple

import yaml

from ledger.core.layout import Layout, Pair
from ledger.core.problem import Problem, Rule
from ledger.core.project import Project
from ledger.core.skill import Skill

_LONGEST: Final = 60


class Around(NamedTuple):
    """What a skill file is judged by, beside its own text.

    Attributes:
        project: where its paths start.
        today: the UTC day on which debts fall due.
        gates: the names of gates that exist.
        skills: the names of skills that exist.
    """

    project: Project
    today: date
    gates: Collection[str]
    skills: Collection[str]


def quoted(value: object) -> str:
    """A value of a file as a message shows it, short enough for one."""
    text = repr(value) if isinstance(value, str) else f"{value}"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


class Subject:
    """One skill, and where each part of it stands."""

    def __init__(self, skill: Skill, around: Around) -> None:
        self.skill = skill
        self.header = skill.header
        self.around = around

    @cached_property
    def layout(self) -> Layout:
        """Where keys and values stand."""
        return Layout(self.header)

    @cached_property
    def phases(self) -> dict[str, Pair]:
        """The keys of the ledger, in the file's order, whatever their values are."""
        return self.layout.pairs("phase_ledger")

    def line(self, *path: str) -> int:
        """The line of the key at `path`, or of the nearest key around it."""
        return next((n for i in range(len(path), 0, -1) if (n := self.header.line(*path[:i]))), 1)

    def items(self, key: str) -> list[tuple[int, Any]]:
        """The items of the list `key`, each with its line; empty where it is no list."""
        data, pair = self.header.data.get(key), self.layout.pairs().get(key)
        if not isinstance(data, list) or not pair or not isinstance(pair.node, yaml.SequenceNode):
            return []
        first = self.line_at(self.header.start)
        lines = (first + node.start_mark.line for node in pair.node.value)
        return list(zip(lines, data, strict=True))

    def line_at(self, index: int) -> int:
        """The line of a character of the file."""
        return self.skill.text.count("\n", 0, index) + 1

    def breach(self, rule: Rule, line: int, what: str, fix: str = "", phase: str = "") -> Problem:
        """A breach of `rule` on a line; SKILL and PHASE in its fix become what they stand for."""
        said = (fix or rule.fix).replace("PHASE", phase or "PHASE")
        return rule.at(self.skill.where, line, what, said.replace("SKILL", self.name))

    @property
    def name(self) -> str:
        """The skill as a command line names it."""
        inside = self.skill.path.is_relative_to(self.around.project.skills)
        return shlex.quote(self.skill.name if inside else self.skill.where)
