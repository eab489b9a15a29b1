"""`ledger coverage`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ledger.cli.common import (
    add_json,
    add_now,
    describe,
    print_json,
    print_text,
    say,
    today,
    wrapped,
)
from ledger.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from ledger.pages.state import BlockState
    from ledger.verify.coverage import Coverage

_ROW = "{page:<36} {blocks:>6} {run:>5} {percent:>6} {asserted:>8} {skipped:>7} {age:>5}"


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Tell of each page how many blocks it asks the reader to run, how many of them\n"
        "evidence proves, how many say what must come back, which are left out and why,\n"
        "and how old the evidence is, in days.\n\n"
        "Exit code 1 if evidence proves less than the floor.",
        "ledger coverage",
        "ledger coverage --floor 80",
        "ledger coverage --json | jq '.pages[] | {page, percent}'",
    )
    parser.add_argument(
        "--floor",
        metavar="PERCENT",
        type=float,
        help="the share of all blocks that evidence must prove, from 0 to 100",
    )
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.core.project import Project
    from ledger.verify.coverage import coverage, together

    if args.floor is not None and not 0 <= args.floor <= 100:
        raise UsageError(f"--floor {args.floor:g} is no share", fix="write 0 to 100")
    project, day = Project.here(), today(args)
    pages = coverage(project, day)
    total = together(pages)
    if args.json:
        _print_json(pages, total, args.floor, day)
    else:
        print_text(_table(pages, total))
    if args.floor is None or total.run * 100 >= args.floor * max(total.blocks, 1):
        return Exit.DONE
    say(f"evidence proves {total.percent:g} % of the blocks, less than the floor {args.floor:g} %")
    return Exit.FOUND


def _table(pages: Iterable[Coverage], total: Coverage) -> str:
    heads = ("page", "blocks", "run", "percent", "asserted", "skipped", "age")
    lines = [_ROW.format(**{head: head.upper().replace("PERCENT", "%") for head in heads})]
    for page in pages:
        lines.append(_row(page, page.page))
        for state in page.left:
            lines += _told(state)
    return "".join(f"{line.rstrip()}\n" for line in (*lines, _row(total, "all pages")))


def _row(page: Coverage, name: str) -> str:
    age = "" if page.age is None else f"{page.age} d"
    return _ROW.format(page=name, age=age, **_counts(page))


def _told(state: BlockState) -> list[str]:
    block = state.block
    word = "skipped" if state.debt else state.state
    return wrapped(f"  {word}: ", f"{block.name or f'line {block.line}'}: {state.why}")


def _counts(page: Coverage) -> dict[str, Any]:
    return {key: getattr(page, key) for key in ("blocks", "run", "percent", "asserted", "skipped")}


def _print_json(pages: Iterable[Coverage], total: Coverage, floor: float | None, day: date) -> None:
    print_json(
        "coverage",
        day=day.isoformat(),
        floor=floor,
        total=_counts(total),
        pages=[
            {
                "page": page.page,
                **_counts(page),
                "age_days": page.age,
                "left": [_left(state) for state in page.left],
            }
            for page in pages
        ],
    )


def _left(state: BlockState) -> dict[str, Any]:
    block = state.block
    return {
        "name": block.name or None,
        "where": block.where,
        "state": state.state,
        "why": state.why,
    }
