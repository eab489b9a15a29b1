"""`ledger branch`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ledger.cli.common import (
    add_json,
    add_now,
    add_preview,
    add_skill,
    describe,
    one_of,
    print_json,
    print_text,
    say,
    today,
    wrapped,
)
from ledger.errors import UsageError

if TYPE_CHECKING:
    from ledger.core.skill import Skill
    from ledger.flow.branches import Branch
    from ledger.flow.new import NewSkill


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "List the branches of a skill: work that came up beside it. With NAME, keep one\n"
        "in its header, so that prompts carry it on.\n\n"
        "  blocking  the plan waits on it; NAME is added to blocking: too\n"
        "  parallel  it runs beside the plan\n"
        "  deferred  it waits for its day\n"
        "  void      it was looked at and came to nothing",
        "ledger branch saas-phase11-external-backup",
        "ledger branch saas-phase11-external-backup saas-backup-alerting \\\n"
        '      --class parallel --when "monitoring gaps found" --create',
    )
    add_skill(parser)
    parser.add_argument("name", metavar="NAME", nargs="?", help="the skill that it becomes")
    parser.add_argument("--class", dest="kind", metavar="CLASS", help="what it does to the plan")
    parser.add_argument("--when", metavar="TEXT", help="what must be so for it to start")
    parser.add_argument("--phase", type=str.upper, help="where it enters (default: PLAN)")
    parser.add_argument("--create", action="store_true", help="write its skill file as well")
    add_preview(parser)
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> None:
    if args.name is None:
        _list(args)
    else:
        _keep(args)


def _list(args: argparse.Namespace) -> None:
    from ledger.core.forest import find_skill
    from ledger.core.project import Project

    given = (args.kind, args.when, args.phase, args.create, args.dry_run, args.diff)
    if any(given):
        raise UsageError("a branch needs a name", where="ledger branch", fix="add NAME")
    skill = find_skill(Project.here(), args.skill)
    if args.json:
        _print_json(skill, [])
    else:
        _print_table(skill)


def _keep(args: argparse.Namespace) -> None:
    from ledger.cli.editing import edited, written
    from ledger.core.skill import Skill
    from ledger.flow.branches import keep

    branch, new = _asked(args)
    day = today(args)
    edit, _ = edited(args, lambda edit: keep(edit, branch, day))
    files = written(args, edit) + (_create(args, new) if new else [])
    if args.json:
        _print_json(Skill(edit.skill.path, edit.skill.where, edit.text), files)


def _asked(args: argparse.Namespace) -> tuple[Branch, NewSkill | None]:
    """The branch that the options describe, and the skill to write for it."""
    from ledger.core.forest import find_skill
    from ledger.core.phases import PHASES
    from ledger.core.plan import CLASSES
    from ledger.core.project import Project
    from ledger.flow.branches import branch_of
    from ledger.flow.new import plan_new

    if args.kind is None or args.when is None:
        raise UsageError(
            "a branch needs its class and its condition",
            where="ledger branch",
            fix=f"add --class {'|'.join(CLASSES)} --when TEXT",
        )
    kind, phase = one_of(args.kind, CLASSES, "class"), one_of(args.phase or "PLAN", PHASES, "phase")
    branch = branch_of(args.name, kind, args.when, phase, today(args))
    if not args.create:
        return branch, None
    if kind not in {"blocking", "parallel"}:
        raise UsageError(f"a {kind} branch has no skill yet", fix="leave --create out")
    project = Project.here()
    parent = find_skill(project, args.skill).name
    enables = (parent,) if kind == "blocking" else ()
    return branch, plan_new(project, args.name, parent=parent, enables=enables, today=today(args))


def _create(args: argparse.Namespace, new: NewSkill) -> list[str]:
    """Write the branch's skill, unless it is there; give the files written."""
    from ledger.core.project import Project
    from ledger.flow.new import write_new

    project = Project.here()
    if (project.root / new.where).exists():
        say(f"{new.where} is there already")
        return []
    names = " and ".join(new.files)
    if args.dry_run or args.diff:
        say(f"would write {names}; nothing was written")
        return []
    write_new(project, new, say)
    say(f"wrote {names}")
    if new.nav:
        say(f"next: give its page a line under nav: in mkdocs.yml: {new.nav}")
    return list(new.files)


def _print_table(skill: Skill) -> None:
    from ledger.flow.branches import branches_of

    found = branches_of(skill)
    for branch in found:
        head = f"{branch.kind:9} {branch.name}  {branch.phase}  {branch.since}".rstrip()
        lines = [head, *wrapped(" " * 10, branch.when)]
        print_text("".join(f"{line}\n" for line in lines))
    if not found:
        say(f"{skill.name} has no branches")


def _print_json(skill: Skill, files: list[str]) -> None:
    from ledger.flow.branches import branches_of

    print_json(
        "branch",
        skill=skill.name,
        file=skill.where,
        branches=[
            {
                "name": branch.name,
                "class": branch.kind,
                "when": branch.when,
                "phase": branch.phase,
                "since": branch.since or None,
            }
            for branch in branches_of(skill)
        ],
        written=files,
    )
