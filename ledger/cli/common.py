"""What several commands share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import date
from typing import Any

from ledger.cli.parser import near
from ledger.errors import UsageError


def describe(parser: argparse.ArgumentParser, text: str, *examples: str) -> None:
    """Say what a command does, and show it: `text` in lines of 80 columns, examples one a line."""
    parser.description = text
    parser.epilog = "\n  ".join(("Examples:", *examples))


def add_skill(parser: argparse.ArgumentParser) -> None:
    """Add the skill that a command works on."""
    parser.add_argument("skill", metavar="SKILL", help="name of the skill, or path of its file")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def add_now(parser: argparse.ArgumentParser) -> None:
    """Add `--now`, the day on which ages are measured; read it with `today(args)`."""
    parser.add_argument(
        "--now",
        metavar="YYYY-MM-DD",
        help="measure ages on this day (default: SOURCE_DATE_EPOCH, else today in UTC)",
    )


def today(args: argparse.Namespace) -> date:
    """The day that `--now`, the environment or the clock says.

    Raises:
        UsageError: it cannot be read.
    """
    from ledger.core.clock import day

    return day(args.now)


def add_preview(parser: argparse.ArgumentParser) -> None:
    """Add `--dry-run` and `--diff`."""
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be written; write nothing"
    )
    parser.add_argument(
        "--diff", action="store_true", help="print what would be written as a diff; write nothing"
    )


def one_of(word: str, known: Iterable[str], kind: str) -> str:
    """Give `word` if it is known.

    Raises:
        UsageError: it is not; with the nearest one.
    """
    words = list(known)
    if word not in words:
        raise UsageError(f"no {kind} {word!r}{near(word, words)}", fix=f"one of {', '.join(words)}")
    return word


def print_json(kind: str, **data: Any) -> None:
    """Print one JSON document on standard output; `kind` names its versioned schema."""
    import json

    print_text(json.dumps({"schema": f"phase-ledger/{kind}/v1", **data}, indent=2) + "\n")


def wrapped(head: str, text: str) -> list[str]:
    """`head` and `text` in lines of 80 columns, the further ones indented as far as `head` is long.

    Words and names with hyphens stay whole, so that they can be copied. No text gives no line.
    """
    from textwrap import wrap

    return wrap(
        text,
        80,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )


def print_text(text: str) -> None:
    """Print data, as it is, on standard output."""
    sys.stdout.write(text)


def say(text: str) -> None:
    """Talk to the person: standard error, so that data stays alone on standard output."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
