"""`ledger log`."""

from __future__ import annotations

import argparse
from itertools import groupby
from typing import TYPE_CHECKING

from ledger.cli.common import (
    add_json,
    add_now,
    add_skill,
    describe,
    one_of,
    print_json,
    print_text,
    say,
    today,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.core.history import Move


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Tell who moved which phase of a skill, when and why; from git alone, the newest\n"
        "last. A move counts in the commit that made it, on whatever branch; days are the\n"
        "author's, in UTC. What is not committed yet comes last.",
        "ledger log saas-phase11-external-backup",
        "ledger log saas-phase11-external-backup --phase test",
        "ledger log saas-phase11-external-backup --json | jq -r '.moves[].author'",
    )
    add_skill(parser)
    parser.add_argument("--phase", metavar="PHASE", type=str.upper, help="only this phase")
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> None:
    from ledger.core.forest import find_skill
    from ledger.core.history import history
    from ledger.core.phases import PHASES
    from ledger.core.project import Project
    from ledger.core.versions import shallow

    project = Project.here()
    wanted = one_of(args.phase, PHASES, "phase") if args.phase else None
    skill = find_skill(project, args.skill)
    moves = history(project, skill.path, today(args))
    chosen = [move for move in moves if wanted in {None, move.phase}]
    cut = shallow(skill.path)
    if args.json:
        plain = [_plain(move) for move in chosen]
        print_json("log", skill=skill.name, file=skill.where, shallow=cut, moves=plain)
    else:
        print_text(_text(chosen))
        if not chosen:
            say(f"git knows of no move of {wanted or skill.name}")
    if cut:
        say("warning: this clone is shallow, older moves are missing: git fetch --unshallow")


def _text(moves: Iterable[Move]) -> str:
    """One line a commit, below it one a phase, below that the note."""
    lines: list[str] = []
    for (commit, day, author), group in groupby(moves, lambda move: move[:3]):
        lines.append(f"{day}  {commit[:8]}  {author}" if commit else f"{day}  not committed")
        for move in group:
            before = move.before or "-"
            lines.append(f"  {move.phase:15}  {before:11} -> {move.after}")
            lines += wrapped(" " * 19, move.note)
    return "".join(f"{line}\n" for line in lines)


def _plain(move: Move) -> dict[str, str | None]:
    may_lack = ("commit", "author", "before")
    text: dict[str, str] = {**move._asdict(), "day": move.day.isoformat()}
    return {key: None if key in may_lack and not value else value for key, value in text.items()}
