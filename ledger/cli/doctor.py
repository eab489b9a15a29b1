"""`ledger doctor`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ledger.cli.common import (
    add_json,
    add_now,
    describe,
    fix_lines,
    print_json,
    print_text,
    say,
    today,
    wrapped,
)
from ledger.errors import Exit

if TYPE_CHECKING:
    from ledger.adopt.machine import Check


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Say what this machine and the project around the current folder have, what they\n"
        "lack, and how to get it. Nothing is changed.\n\n"
        "`missing` is what this project cannot do without: exit code 1. A `note` is what\n"
        "only some commands need, or what is old.",
        "ledger doctor",
        "ledger doctor --json | jq -r '.checks[] | select(.state == \"missing\").fix'",
    )
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.adopt.doctor import examine
    from ledger.adopt.machine import State

    checks = examine(today(args))
    count = {word.value: sum(c.state is word for c in checks) for word in State}
    if args.json:
        print_json("doctor", count=count, checks=[check._asdict() for check in checks])
    else:
        print_text("".join(f"{line}\n" for check in checks for line in _lines(check)))
    say(", ".join(f"{number} {word}" for word, number in count.items()))
    return Exit.FOUND if count["missing"] else Exit.DONE


def _lines(check: Check) -> list[str]:
    head = f"{check.state:7}  {check.name:9}  "
    return [*wrapped(head, check.what), *fix_lines(check.fix, f"{'':20}fix: ")]
