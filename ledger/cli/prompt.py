"""`ledger prompt`."""

from __future__ import annotations

import argparse

from ledger.cli.common import add_now, add_skill, describe, print_text, today


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Print the continuation prompt of a skill's next phase; hand it on as it is.\n\n"
        "The same files, evidence and day give the same bytes. A plan with no open\n"
        "phase gives the one line on which it halts.",
        "ledger prompt saas-phase11-external-backup",
        "ledger prompt saas-phase11-external-backup --phase measure",
    )
    add_skill(parser)
    parser.add_argument("--phase", type=str.upper, help="another phase than the next")
    add_now(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> None:
    from ledger.core.forest import find_skill
    from ledger.core.project import Project
    from ledger.flow.advance import next_prompt
    from ledger.flow.evidence import gather

    project = Project.here()
    found = find_skill(project, args.skill)
    if args.phase:
        found.entry(args.phase)
    evidence = gather(project, found, today(args))
    print_text(next_prompt(project, found, evidence, phase=args.phase))
