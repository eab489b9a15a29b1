"""How `ledger verify` tells what became of blocks: lines for people, a document for scripts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from ledger.verify.front import Account, Row

_COLOURS: Final = {"passed": 32, "failed": 31, "skipped": 33}


def printer(stream: TextIO) -> Callable[[Row], None]:
    """Make what prints a line a block, under a line a page; on a terminal as wide as it is."""
    terminal = stream.isatty()
    colour = terminal and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if terminal else None
    last = why = ""

    def show(row: Row) -> None:
        nonlocal last, why
        if row.page != last:
            stream.write(f"{row.page}\n")
            last, why = row.page, ""
        if row.result == "not-run":
            # One line tells it of all of them.
            if row.reason != why:
                stream.write(f"  not run  {row.reason}"[:width] + "\n")
            why = row.reason
            return
        word = f"{row.result:<8}"
        shown = f"\033[{_COLOURS[row.result]}m{word}\033[0m" if colour else word
        took = f"{row.seconds:6.1f} s" if row.seconds else " " * 8
        reason = "" if row.report else f"  {row.reason}"
        told = f"{took}  {row.name}{reason}"[: width and max(width - 10, 0)]
        stream.write(f"  {shown}{told}".rstrip() + "\n")
        for line in row.report.splitlines():
            stream.write(f"    {line}\n")
        stream.flush()

    return show


def summary(account: Account) -> str:
    """How many blocks had which result."""
    counts = [f"{account.count(result)} {result}" for result in ("passed", "failed", "skipped")]
    if left := account.count("not-run"):
        counts.append(f"{left} not run")
    return ", ".join(counts)


def document(account: Account, left_out: Mapping[str, str]) -> dict[str, object]:
    """What `--json` prints.

    Args:
        account: what the run gave.
        left_out: pages that were not run, and why.
    """
    from ledger.verify.record import needs

    pages: dict[str, list[dict[str, object]]] = {}
    for row in account.rows:
        told = {key: value for key, value in vars(row).items() if key != "page"}
        pages.setdefault(row.page, []).append({**told, "seconds": round(row.seconds, 3)})
    met = {run.page.where: needs(run) for run in account.runs}
    return {
        "pages": [
            {"page": page, "needs": met.get(page, []), "blocks": blocks}
            for page, blocks in pages.items()
        ],
        **{key: account.count(key) for key in ("passed", "failed", "skipped")},
        "not_run": account.count("not-run"),
        "left_out": [{"page": page, "why": why} for page, why in left_out.items()],
    }
