"""`python -m tools.reference`: write the page of every command from its own `--help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from ledger.cli import COMMANDS
from ledger.cli.overview import overview
from ledger.cli.parser import build
from ledger.core.files import write_atomic

PAGE = Path(__file__).parents[2] / "docs/reference/cli.md"
HEAD = """\
---
title: Commands
---

# Commands { #top }

What `--help` prints. `make reference` writes this page anew, and a test compares.
Every `--json` has [a schema](json.md).
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, _section("ledger", overview(COMMANDS), 2)]
    for name in sorted(COMMANDS):
        for depth, parser in _parsers(_commands(build(COMMANDS, [name]))[name], 2):
            parts.append(_section(parser.prog, parser.format_help(), depth))
    return "\n".join(parts)


def _parsers(
    parser: argparse.ArgumentParser, depth: int
) -> Iterator[tuple[int, argparse.ArgumentParser]]:
    """A command and all commands below it, with the level of their headings."""
    yield depth, parser
    for below in _commands(parser).values():
        yield from _parsers(below, depth + 1)


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return dict(next(found).choices) if parser._subparsers else {}


def _section(prog: str, text: str, depth: int) -> str:
    anchor = prog.replace(" ", "-")
    return f"{'#' * depth} {prog} {{ #{anchor} }}\n\n```text\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    write_atomic(PAGE, page().encode())
    sys.stderr.write(f"wrote {PAGE.name}\n")
