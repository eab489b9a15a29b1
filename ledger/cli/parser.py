"""The command line's grammar: one parser, in which only the command that is called has options."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, NoReturn

from ledger.errors import UsageError

_ABOUT: Final = """\
Runbooks that prove themselves.

Command blocks of pages run against a real cluster; a phase of a plan settles
only on fresh evidence."""
_EXAMPLES: Final = """\
Examples:
  ledger status
  ledger cluster up && ledger verify
  ledger advance saas-phase11-external-backup

Exit codes: 0 done, 1 found something, 2 wrong use, 3 plan halted,
4 no cluster, 5 wrong cluster."""


class Parser(argparse.ArgumentParser):
    """A parser whose refusals are the project's own errors, with the nearest right word."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", _Help)
        super().__init__(allow_abbrev=False, **options)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, and refuse what is left where it can still be told which command it was for."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"{rest[0]} is not known here{near(rest[0], self._option_string_actions)}")
        return found, rest

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            UsageError: always.
        """
        raise UsageError(message, where=self.prog, fix=f"see {self.prog} --help")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help as people wrote it, in 80 columns."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26, width=80)


def build(commands: Mapping[str, tuple[str, str]], arguments: Sequence[str]) -> Parser:
    """Make the parser for one command line.

    Args:
        commands: module and one line of help, by name.
        arguments: what was typed; decides which command's module is imported.

    Raises:
        UsageError: the first word is no command.
    """
    from ledger import __version__

    parser = Parser(prog="ledger", description=_ABOUT, epilog=_EXAMPLES)
    parser.add_argument("--version", action="version", version=f"ledger {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    called = next((word for word in arguments if not word.startswith("-")), None)
    if called is not None and called not in commands:
        parser.error(f"no command {called!r}{near(called, commands)}")
    for name, (module, line) in sorted(commands.items()):
        command = subparsers.add_parser(name, help=line, description=line)
        if name == called:
            importlib.import_module(module).add(command)
    return parser


def near(word: str, known: Iterable[str]) -> str:
    """A clause with the nearest of the `known` words; empty if none is near."""
    found = get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]}?" if found else ""
