"""What is wrong with skill files: every rule, asked of every file, and never a byte changed."""

from __future__ import annotations

from pathlib import Path

from ledger.core.lint_budget import budget_problems
from ledger.core.lint_file import body_problems, read_skill
from ledger.core.lint_keys import key_problems
from ledger.core.lint_ledger import ledger_problems
from ledger.core.lint_subject import Around, Subject
from ledger.core.problem import Problem


def lint(path: Path, around: Around) -> list[Problem]:
    """Ask every rule of one skill file.

    Args:
        path: the file; that it cannot be read is a problem, not an error.
        around: what it is judged by.

    Returns:
        What was found, by line and code.
    """
    root = around.project.root
    # A link is a skill under its own name, and may lead nowhere or to itself.
    inside = path.is_relative_to(root)
    where = path.relative_to(root).as_posix() if inside else around.project.relative(path)
    skill = read_skill(path, where)
    if isinstance(skill, Problem):
        return [skill]
    subject = Subject(skill, around)
    rules = (ledger_problems, budget_problems, key_problems, body_problems)
    return sorted(problem for ask in rules for problem in ask(subject))
