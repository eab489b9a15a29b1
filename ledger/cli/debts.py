"""`ledger debts`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ledger.cli.common import (
    add_json,
    add_now,
    describe,
    print_json,
    print_text,
    say,
    say_error,
    today,
    wrapped,
)
from ledger.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from ledger.core.project import Project
    from ledger.core.skill import Skill
    from ledger.errors import LedgerError
    from ledger.flow.debts import Owed

    Debts = list[tuple[str, Owed]]

_ROW = "{due:14}  {name:15}  {status:8}  {age:>8}  {owner}"
_INDENT = " " * 16
_MAY_LACK = ("name", "reason", "risk", "fallback", "owner", "until")


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "List what was put off: phases that are skipped, deferred or blocked, and tests\n"
        "that pages defer; what is overdue first. The exit code is 1 if anything is.\n\n"
        "An age is counted from the day that the line says, else from the commit that\n"
        "put the phase off; '>=' where only last_touched tells.",
        "ledger debts",
        "ledger debts saas-phase11-external-backup --overdue",
        "ledger debts --json | jq -r '.debts[] | select(.owner == null).where'",
    )
    parser.add_argument("skill", metavar="SKILL", nargs="?", help="one skill (default: all)")
    parser.add_argument("--overdue", action="store_true", help="only what is overdue")
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.core.forest import find_skill, forest
    from ledger.core.project import Project

    project, day = Project.here(), today(args)
    skills, problems = ([find_skill(project, args.skill)], []) if args.skill else forest(project)
    owed = _owed(project, skills, day)
    late = sum(debt.overdue for _, debt in owed)
    shown = [pair for pair in owed if pair[1].overdue or not args.overdue]
    (_print_json if args.json else _print_text)(shown, problems, day)
    say(f"{len(owed)} owed, {late} overdue" if owed else "nothing is owed")
    return Exit.FOUND if late or problems else Exit.DONE


def _owed(project: Project, skills: Iterable[Skill], day: date) -> Debts:
    """What every skill owes, the earliest day first, what has no day last."""
    from datetime import date

    from ledger.flow.debts import debts_of
    from ledger.flow.evidence import gather

    found = [
        (skill.name, debt)
        for skill in skills
        for debt in debts_of(project, skill, gather(project, skill, day), day, from_git=True)
    ]
    return sorted(found, key=lambda pair: pair[1].until or date.max)


def _print_text(owed: Debts, problems: Iterable[LedgerError], day: date) -> None:
    lines: list[str] = []
    for skill, debt in owed:
        row = _ROW.format(
            due=_due(debt, day),
            name=debt.name or "-",
            status=debt.status,
            age=debt.age or "-",
            owner=debt.owner,
        )
        lines += [row.rstrip(), *_wrapped(debt), f"{_INDENT}{debt.where}  ({skill})"]
    print_text("".join(f"{line}\n" for line in lines))
    for problem in problems:
        say_error(problem)


def _due(debt: Owed, day: date) -> str:
    if debt.until is None:
        return "no day"
    return f"overdue {(day - debt.until).days} d" if debt.overdue else f"due {debt.until}"


def _wrapped(debt: Owed) -> list[str]:
    told = {"risk": debt.risk, "fallback": debt.fallback}
    texts = [debt.reason or "no reason", *(f"{k}: {text}" for k, text in told.items() if text)]
    return [line for text in texts for line in wrapped(_INDENT, text)]


def _print_json(owed: Debts, problems: Iterable[LedgerError], day: date) -> None:
    print_json(
        "debts",
        day=day.isoformat(),
        debts=[{"skill": skill, **_plain(debt)} for skill, debt in owed],
        problems=[{"where": p.where, "what": p.what, "fix": p.fix} for p in problems],
    )


def _plain(debt: Owed) -> dict[str, Any]:
    text = vars(debt) | {"until": debt.until and debt.until.isoformat()}
    return {key: value or None if key in _MAY_LACK else value for key, value in text.items()}
