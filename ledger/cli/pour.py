"""`ledger pour`."""

from __future__ import annotations

import argparse

from ledger.cli.budget import add_posting
from ledger.cli.common import describe


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Give back what a plan will not use: AMOUNT is added to what was returned. A plan\n"
        "that halts on a rest too small to use goes on once the rest is poured.",
        "ledger pour saas-phase11-external-backup 0.02",
        "ledger pour saas-phase11-external-backup 0.02 --dry-run",
    )
    add_posting(parser, "pour")
