"""`ledger new`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ledger.cli.common import add_json, add_now, describe, print_json, print_text, say, today

if TYPE_CHECKING:
    from ledger.flow.new import NewSkill


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Write a new skill: all eleven phases pending, a budget, the sections to fill in;\n"
        "and its page, if the project has docs/skills/. Prints the files it wrote.",
        "ledger new saas-phase12-dns-failover --parent saas-multi-region-roadmap",
        'ledger new dns-failover --title "DNS failover" --planned 0.08 --dry-run',
    )
    parser.add_argument("name", metavar="NAME", help="lower-case words joined by dashes")
    parser.add_argument("--title", metavar="TEXT", default="", help="default: made of the name")
    parser.add_argument("--parent", metavar="SKILL", default="", help="the plan it belongs to")
    parser.add_argument(
        "--planned", metavar="AMOUNT", default="0.05", help="its budget (default: 0.05)"
    )
    parser.add_argument(
        "--enables", metavar="SKILL", action="append", default=[], help="a plan that waits on it"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the skill's text; write nothing"
    )
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> None:
    from ledger.core.project import Project
    from ledger.flow.budget import read_amount
    from ledger.flow.new import plan_new, refuse_existing, write_new

    project = Project.here()
    new = plan_new(
        project,
        args.name,
        args.title,
        args.parent,
        read_amount(args.planned),
        args.enables,
        today=today(args),
    )
    if args.dry_run:
        refuse_existing(project, new)
    else:
        write_new(project, new, say)
    _tell(new, args)


def _tell(new: NewSkill, args: argparse.Namespace) -> None:
    for warning in new.warnings:
        say(f"warning: {warning}")
    if args.dry_run:
        say(f"would write {' and '.join(new.files)}; nothing was written")
    if new.nav:
        say(f"next: give its page a line under nav: in mkdocs.yml: {new.nav}")
    if args.json:
        print_json(
            "new",
            skill=new.name,
            title=new.title,
            files=list(new.files),
            nav=new.nav or None,
            warnings=list(new.warnings),
            written=[] if args.dry_run else list(new.files),
        )
    elif args.dry_run:
        print_text(new.files[new.where])
    else:
        print_text("".join(f"{where}\n" for where in new.files))
