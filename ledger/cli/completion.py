"""`ledger completion`, and what a shell is told when it asks for the next word."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ledger.cli.common import describe, print_text
from ledger.errors import LedgerError

_SHELLS: Final = ("bash", "zsh", "fish")


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Print the script with which a shell completes commands, options, skills and\n"
        "phases. Source it in the shell's start file.",
        'eval "$(ledger completion bash)"     in ~/.bashrc',
        'eval "$(ledger completion zsh)"      in ~/.zshrc, after compinit',
        "ledger completion fish | source      in ~/.config/fish/config.fish",
    )
    parser.add_argument("shell", metavar="SHELL", choices=_SHELLS, help=", ".join(_SHELLS))
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> None:
    from argcomplete.shell_integration import shellcode

    print_text(shellcode(["ledger"], shell=args.shell).strip() + "\n")


def answer(commands: Mapping[str, tuple[str, str]]) -> None:
    """Tell the shell that asks, through its variables, what the next word may be; then exit.

    Args:
        commands: module and one line of help, by name.
    """
    from argcomplete import autocomplete

    from ledger.cli.parser import build

    line = os.environ["COMP_LINE"][: int(os.environ["COMP_POINT"])]
    typed = [word for word in line.split()[1:] if not word.startswith("-")]
    parser = build(commands, [word for word in typed[:1] if word in commands])
    for action in _actions(parser):
        if action.dest in _WORDS:
            action.completer = _WORDS[action.dest]  # type: ignore[attr-defined]
    autocomplete(parser, always_complete_options="long")


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for nested in action.choices.values():
                yield from _actions(nested)


def _skills(**_: object) -> list[str]:
    """The names of the skills, from those of their files."""
    from ledger.core.forest import skill_files
    from ledger.core.project import Project

    try:
        return [path.stem for path in skill_files(Project.here())]
    except LedgerError:
        return []


def _phases(prefix: str, **_: object) -> list[str]:
    """The phases, in the case in which one was begun."""
    from ledger.core.phases import PHASES

    return [phase.lower() if prefix.islower() else phase for phase in PHASES]


def _statuses(**_: object) -> list[str]:
    from ledger.core.phases import Status

    return list(Status)


# What an argument of each name takes; files, where it is none of these and has no choices.
_WORDS: Final[Mapping[str, Callable[..., list[str]]]] = {
    "names": _skills,
    "parent": _skills,
    "phase": _phases,
    "skill": _skills,
    "skills": _skills,
    "to": _statuses,
}
