"""`ledger set`."""

from __future__ import annotations

import argparse

from ledger.cli.common import (
    add_json,
    add_now,
    add_preview,
    add_skill,
    describe,
    print_json,
    today,
)
from ledger.cli.editing import edited, written


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Set a key of a plan's header: status, progress or touched_by. The line keeps its\n"
        "comment and its quotes. Whether a plan is pending, active or complete its ledger\n"
        "decides; any other word for status is yours.",
        "ledger set saas-phase11-external-backup status dormant",
        "ledger set saas-phase11-external-backup progress 80 --diff",
    )
    add_skill(parser)
    parser.add_argument("key", metavar="KEY", help="status, progress or touched_by")
    parser.add_argument("value", metavar="VALUE", help="a word, per cent as 0..100, or a name")
    add_preview(parser)
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> None:
    from ledger.flow.keys import set_key

    day = today(args)
    edit, _ = edited(args, lambda edit: set_key(edit, args.key, args.value, day))
    if args.json:
        before = edit.skill.header.value(args.key)
        print_json(
            "set",
            skill=edit.skill.name,
            file=edit.skill.where,
            key=args.key,
            before=before.text if before else None,
            after=args.value,
            written=written(args, edit),
        )
