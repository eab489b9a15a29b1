"""What `ledger sip`, `ledger pour` and `ledger tithe` share."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ledger.cli.common import (
    add_json,
    add_now,
    add_preview,
    add_skill,
    print_json,
    print_text,
    say,
    today,
)
from ledger.cli.editing import edited, written

if TYPE_CHECKING:
    from ledger.core.entropy import Budget

_AMOUNT = "a share of the plan's effort, like 0.01; at most six decimals"


def add_posting(parser: argparse.ArgumentParser, action: str, *, optional: str = "") -> None:
    """Add the arguments of a posting.

    Args:
        parser: the command's.
        action: sip, pour or tithe.
        optional: what happens without AMOUNT; empty if it must be given.
    """
    add_skill(parser)
    if optional:
        parser.add_argument("amount", metavar="AMOUNT", nargs="?", help=f"{_AMOUNT}; {optional}")
    else:
        parser.add_argument("amount", metavar="AMOUNT", help=_AMOUNT)
    add_preview(parser)
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run, action=action)


def _run(args: argparse.Namespace) -> None:
    from ledger.flow import budget

    amount = budget.read_amount(args.amount) if args.amount is not None else None
    post, day = getattr(budget, args.action), today(args)
    edit, posting = edited(args, lambda edit: post(edit, amount, day))
    if posting.warning:
        say(f"warning: {posting.warning}")
    if args.json:
        print_json(
            "entropy",
            action=args.action,
            skill=edit.skill.name,
            file=edit.skill.where,
            amount=f"{posting.amount:f}",
            before=_book(posting.before),
            after=_book(posting.after),
            warning=posting.warning or None,
            written=written(args, edit),
        )
    elif args.diff:
        say(str(posting.after))
    else:
        print_text(f"{posting.after}\n")


def _book(budget: Budget) -> dict[str, str]:
    figures = {**budget._asdict(), "remaining": budget.remaining}
    return {name: f"{figure:f}" for name, figure in figures.items()}
