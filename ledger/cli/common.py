"""What several commands share."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from ledger.cli.parser import near
from ledger.errors import LedgerError, UsageError

_FIX: Final = "  fix: "
# What somebody pastes: in backticks, or from a program's name to the end of the clause.
_COMMAND: Final = re.compile(
    r"`[^`]*`|(?<!\S)(?:chmod|export|git|kind|kubectl|ledger|pip|sysctl) [^;,]*"
)
_JOINT: Final = "\0"
# They keep words together: no line ends there.
_TYPED_BLANKS: Final = "\xa0\u202f"


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
    return _wrap(text, head, " " * len(head))


def fix_lines(fix: str, head: str = _FIX) -> list[str]:
    """What `wrapped` gives, for what to do: no line ends within a command."""
    joined = _COMMAND.sub(lambda command: command[0].replace(" ", _JOINT), fix)
    return [line.replace(_JOINT, " ") for line in wrapped(head, joined)]


def filled(head: str, text: str) -> str:
    """`head`, whole, and `text` in lines of 80 columns."""
    lines = _wrap(f"{head.replace(' ', _JOINT)}{text}", "", "    ")
    return "\n".join(lines).replace(_JOINT, " ")


def _wrap(text: str, head: str, indent: str) -> list[str]:
    """Lines that no terminal obeys, whatever file the text is from."""
    from string import whitespace
    from textwrap import wrap

    kept = whitespace + _TYPED_BLANKS + _JOINT
    plain = (
        c if c.isprintable() or c in kept else c.encode("unicode_escape").decode() for c in text
    )
    return wrap(
        "".join(plain),
        80,
        initial_indent=head,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def say_error(error: LedgerError) -> None:
    """Tell of what a person can mend; lines that quote what a program printed stay as they are."""
    first, *rest = str(error).split("\n")
    head = f"error: {error.where}"
    lines = [filled(head, f"error: {first}".removeprefix(head))]
    for line in rest:
        lines += fix_lines(line.removeprefix(_FIX)) if line.startswith(_FIX) else [line]
    say("\n".join(lines))


def print_text(text: str) -> None:
    """Print data, as it is, on standard output."""
    sys.stdout.write(text)


def say(text: str) -> None:
    """Talk to the person: standard error, so that data stays alone on standard output."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
