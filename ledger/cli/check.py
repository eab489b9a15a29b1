"""`ledger check`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.common import (
    add_json,
    add_now,
    describe,
    filled,
    fix_lines,
    print_json,
    print_text,
    say,
    today,
    wrapped,
)
from ledger.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from ledger.core.problem import Problem
    from ledger.core.project import Project


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Say what is wrong with skill files and pages: where, why, and what to do. Every\n"
        "file is read, whatever it holds, and none is changed.\n\n"
        "Exit code 1 if an error was found. docs/reference/checks.md explains each code;\n"
        "`ledger fix` mends what has only one meaning.",
        "ledger check",
        "ledger check saas-phase11-external-backup --strict",
        "ledger check --pages",
        "ledger check --json | jq -r '.problems[] | select(.code == \"L209\").where'",
    )
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="a skill's name, or the path of a skill or a page (default: all skills)",
    )
    parser.add_argument("--pages", action="store_true", help="check every page of docs/ too")
    parser.add_argument("--strict", action="store_true", help="exit 1 on warnings too")
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.core.forest import skill_files
    from ledger.core.problem import Severity
    from ledger.core.project import Project

    project = Project.here()
    every = skill_files(project)
    files = [file for name in args.names for file in _named(project, every, name)]
    files = list(dict.fromkeys(files if args.names else every))
    if args.pages:
        files += [file for file in sorted(project.docs.rglob("*.md")) if file not in files]
    problems = _problems(project, files, {file.stem for file in every}, today(args))
    count = {word.value: sum(p.severity is word for p in problems) for word in Severity}
    if args.json:
        told = [problem._asdict() for problem in problems]
        print_json("check", files=len(files), count=count, problems=told)
    else:
        print_text(listing(problems))
    if args.pages:
        _say_what_is_left_out()
    say(_summary(len(files), count))
    found = count[Severity.ERROR] or (args.strict and count[Severity.WARNING])
    return Exit.FOUND if found else Exit.DONE


def _problems(
    project: Project, files: Iterable[Path], skills: Collection[str], day: date
) -> list[Problem]:
    """What is wrong with each file, in order; a file below docs/ is a page."""
    from ledger.core.lint import lint
    from ledger.core.lint_subject import Around
    from ledger.flow.gates import GATES
    from ledger.pages.lint import page_problems

    around = Around(project, day, tuple(GATES), skills)
    # What is wrong with a file that many read, as mkdocs.yml, is told once.
    return sorted(
        {
            problem
            for file in files
            for problem in (
                page_problems(project, file)
                if file.is_relative_to(project.docs)
                else lint(file, around)
            )
        }
    )


def _say_what_is_left_out() -> None:
    from ledger.core.extra import install
    from ledger.pages.lint_header import CHECKED

    if not CHECKED:
        say(f"front matter was not held against its schema: {install('offline')}")


def _named(project: Project, every: Sequence[Path], name: str) -> list[Path]:
    """The files that somebody calls `name`.

    Raises:
        UsageError: there is none.
    """
    from ledger.core.forest import find_skill

    path = Path(name)
    if path.suffix == ".md":
        if not path.is_file():
            raise UsageError("no such file", where=name, fix="name a skill, or a file's path")
        return [path.resolve()]
    return [file for file in every if file.stem == name] or [find_skill(project, name).path]


def listing(problems: Iterable[Problem]) -> str:
    """The problems as people read them; why a rule is there is said once."""
    lines: list[str] = []
    explained: set[str] = set()
    for problem in problems:
        told = f": {problem.code} {problem.severity}: {problem.what}"
        lines.append(filled(f"{problem.where}:{problem.line}", told))
        if problem.code not in explained:
            lines += wrapped("  why: ", problem.why)
        lines += fix_lines(problem.fix)
        explained.add(problem.code)
    return "".join(f"{line}\n" for line in lines)


def _summary(files: int, counts: Mapping[str, int]) -> str:
    told = [f"{n} {word}{'s' * (n != 1)}" for word, n in counts.items()]
    return f"{files} file{'s' * (files != 1)}: {', '.join(told)}"
