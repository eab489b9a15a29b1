"""`ledger fix`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ledger.cli.common import add_json, describe, print_json, print_text, say, say_error
from ledger.errors import Exit, LedgerError

if TYPE_CHECKING:
    from ledger.core.edit import Edit
    from ledger.core.project import Project
    from ledger.core.repair import Repair


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Mend in skill files what has only one meaning: statuses and phases in other\n"
        "words, phases left out or out of order, a ledger in braces, other names and\n"
        "the noise of figures. Prints a diff; --write writes it.\n\n"
        "What only people know, such as why a phase was skipped, stays as it is.\n"
        "Exit code 1 if something would change, or could not.",
        "ledger fix",
        "ledger fix saas-phase11-external-backup --write",
    )
    parser.add_argument(
        "skills",
        metavar="SKILL",
        nargs="*",
        help="name of a skill, or path of its file (default: all)",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--diff", action="store_true", help="print the change as a diff (default)")
    how.add_argument("--write", action="store_true", help="write it")
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.core.forest import skill_files
    from ledger.core.project import Project

    project = Project.here()
    names = args.skills or [str(file) for file in skill_files(project)]
    skills: list[dict[str, Any]] = []
    problems: list[LedgerError] = []
    for name in dict.fromkeys(names):
        try:
            edit, repair = _repaired(project, name, write=args.write)
        except LedgerError as error:
            if args.skills and error.exit_code == Exit.USAGE:
                raise
            problems.append(error)
            continue
        problems += repair.refused
        if repair.changes:
            skills.append(_told(edit, repair, args))
    for problem in problems:
        say_error(problem)
    if args.json:
        errors = [{"where": p.where, "what": p.what, "fix": p.fix} for p in problems]
        print_json("fix", written=args.write, skills=skills, problems=errors)
    if not skills and not problems:
        say("nothing to mend")
    return Exit.FOUND if problems or (skills and not args.write) else Exit.DONE


def _repaired(project: Project, name: str, *, write: bool) -> tuple[Edit, Repair]:
    """Mend one skill, and write it if that is meant."""
    from ledger.core.edit import Edit, editing
    from ledger.core.forest import find_skill
    from ledger.core.repair import repair

    edit = Edit(find_skill(project, name))
    found = repair(edit)
    if not (write and found.changes):
        return edit, found
    with editing(project, name, say) as edit:  # it may have changed until the lock was ours
        return edit, repair(edit)


def _told(edit: Edit, repair: Repair, args: argparse.Namespace) -> dict[str, Any]:
    """Say what changed in one skill, and give it as data."""
    where = edit.skill.where
    for change in repair.changes:
        say(f"{where}:{change.line}: {change.code} {change.what}")
    if args.write:
        say(f"wrote {where}")
    elif not args.json:
        print_text(edit.diff())
    changes = [change._asdict() for change in repair.changes]
    return {"skill": edit.skill.name, "file": where, "changes": changes, "diff": edit.diff()}
