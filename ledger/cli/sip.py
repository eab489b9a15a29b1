"""`ledger sip`."""

from __future__ import annotations

import argparse

from ledger.cli.budget import add_posting
from ledger.cli.common import describe


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Draw on a plan's budget: AMOUNT is added to what was spent. More than is left\n"
        "is refused; so is a plan that halts, with exit code 3.",
        "ledger sip saas-phase11-external-backup 0.01",
        "ledger sip saas-phase11-external-backup 0.01 --diff",
    )
    add_posting(parser, "sip")
