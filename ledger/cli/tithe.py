"""`ledger tithe`."""

from __future__ import annotations

import argparse

from ledger.cli.budget import add_posting
from ledger.cli.common import describe


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Take back what a plan has poured, so that it can be drawn again: AMOUNT is taken\n"
        "off what was returned. Only while REFLECT is open, or on the day it settled.",
        "ledger tithe saas-phase11-external-backup",
        "ledger tithe saas-phase11-external-backup 0.01",
    )
    add_posting(parser, "tithe", optional="all that was returned if left out")
