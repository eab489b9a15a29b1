"""The command line's grammar: one parser, in which only the command that is called has options."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from ledger.cli.overview import overview
from ledger.errors import UsageError


class Parser(argparse.ArgumentParser):
    """A parser whose refusals are the project's own errors, with the nearest right word."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", _Help)
        super().__init__(allow_abbrev=False, **options)
        self._mixing = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, options between the other words too; refuse what is left.

        It is refused here, where it can still be told which command it was for.
        """
        if self._subparsers or self._mixing:
            return super().parse_known_args(args, namespace)
        self._mixing = True
        found, rest = self.parse_known_intermixed_args(args, namespace)
        self._mixing = False
        if rest:
            self.error(f"{rest[0]} is not known here{near(rest[0], self._option_string_actions)}")
        return found, rest

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = list(action.choices)
            told = f"no {value!r}{near(value, choices)}; one of {', '.join(choices)}"
            raise argparse.ArgumentError(action, told)

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            UsageError: always.
        """
        raise UsageError(message, where=self.prog, fix=f"see {self.prog} --help")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help as people wrote it, in 80 columns."""

    def __init__(self, prog: str) -> None:
        # argparse's widest line is one longer than the width.
        super().__init__(prog, max_help_position=26, width=79)

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):
            self._action_max_length += 2  # argparse forgets that commands are indented


def build(commands: Mapping[str, tuple[str, str]], arguments: Sequence[str]) -> Parser:
    """Make the parser for one command line.

    Args:
        commands: module and one line of help, by name.
        arguments: what was typed; decides which command's module is imported.

    Raises:
        UsageError: the first word is no command.
    """
    from ledger import __version__

    parser = Parser(prog="ledger")
    parser.format_help = lambda: overview(commands)  # type: ignore[method-assign]
    parser.add_argument("--version", action="version", version=f"ledger {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    called = next((word for word in arguments if not word.startswith("-")), None)
    if called is not None and called not in commands:
        parser.error(f"no command {called!r}{near(called, commands)}")
    for name in [called] if called else sorted(commands):
        subparsers.add_parser(name, description=commands[name][1])
    if called:
        importlib.import_module(commands[called][0]).add(subparsers.choices[called])
    return parser


def near(word: str, known: Iterable[str]) -> str:
    """A clause with the nearest of the `known` words; empty if none is near."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]}?" if found else ""
