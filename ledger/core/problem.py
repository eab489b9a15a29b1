"""What a check found: one shape for skills and pages."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How much a problem weighs."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Problem(NamedTuple):
    """One thing that a check found; problems sort by file, line and code.

    Attributes:
        where: the file, relative to the project.
        line: its line, from 1.
        code: the rule's code, such as `L205`.
        severity: how much it weighs.
        what: what is wrong here, in one clause.
        why: what comes of it, in one sentence.
        fix: what to do, an imperative sentence or a command.
    """

    where: str
    line: int
    code: str
    severity: Severity
    what: str
    why: str
    fix: str


class Rule(NamedTuple):
    """One kind of problem.

    Attributes:
        code: stable; never given to another rule.
        severity: how much a breach weighs.
        what: what the rule looks for, in one clause.
        why: what comes of a breach, in one sentence.
        fix: what to do about one.
    """

    code: str
    severity: Severity
    what: str
    why: str
    fix: str

    def at(self, where: str, line: int, what: str, fix: str = "") -> Problem:
        """A breach of the rule, in the words that fit the place."""
        return Problem(where, line, self.code, self.severity, what, self.why, fix or self.fix)


def place(where: str) -> tuple[str, int]:
    """File and line of `file:line`; the first line where none is told."""
    name, _, line = where.rpartition(":")
    return (name, int(line)) if line.isdigit() else (where, 1)
