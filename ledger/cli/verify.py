"""`ledger verify`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ledger.cli.common import add_json, describe, print_json, print_text, say
from ledger.errors import Exit

if TYPE_CHECKING:
    from ledger.verify.front import Account, Row

_COLOURS: Final = {"passed": 32, "failed": 31, "skipped": 33, "not-run": 33}


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Run the command blocks of PAGES on the cluster; without PAGES, of every page\n"
        "below docs/.\n\n"
        "Blocks run in order, in one shell a page. After the first that fails, the\n"
        "page's others are not run. A record of each run goes into .ledger/runs/. Exit\n"
        "code 1 if a block failed, 4 if there is no cluster, 5 if the kubeconfig leads\n"
        "to another one than was recorded.",
        "ledger verify",
        "ledger verify docs/runbook/nats-backup.md",
        "ledger verify --update-lock && git diff evidence/",
        "ledger verify --json | jq '.pages[].blocks[] | select(.result == \"failed\")'",
    )
    parser.add_argument("pages", metavar="PAGES", nargs="*", help="pages below docs/")
    parser.add_argument(
        "--update-lock",
        action="store_true",
        help="write what the run proved into evidence/, to be committed",
    )
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.core.project import Project
    from ledger.verify import front, record
    from ledger.verify.progress import Progress

    project = Project.here()
    chosen = front.choose(project, args.pages)
    front.require_cluster(chosen)
    progress, show = Progress(), _printer(err=args.json)

    def on_row(row: Row) -> None:
        progress.stop()
        show(row)

    try:
        account = front.run_pages(project, chosen, on_start=progress.start, on_row=on_row)
    finally:
        progress.stop()
    if args.update_lock:
        for run in account.runs:
            if not account.broken(run.page.where):
                say(f"wrote {project.relative(record.update_lock(run))}")
    if args.json:
        print_json("verify", **_document(account))
    else:
        print_text(_summary(account) + "\n")
    broken = account.count("failed") or account.count("not-run")
    return Exit.FOUND if broken else Exit.DONE


def _printer(*, err: bool) -> Callable[[Row], None]:
    """Make what prints a line a block, under a line a page."""
    stream = sys.stderr if err else sys.stdout
    colour = stream.isatty() and not os.environ.get("NO_COLOR")
    last = ""

    def show(row: Row) -> None:
        nonlocal last
        if row.page != last:
            stream.write(f"{row.page}\n")
            last = row.page
        word = f"{row.result.replace('-', ' '):<8}"
        shown = f"\033[{_COLOURS[row.result]}m{word}\033[0m" if colour else word
        took = f"{row.seconds:6.1f} s" if row.seconds else " " * 8
        reason = "" if row.report else f"  {row.reason}"
        stream.write(f"  {shown}{took}  {row.name}{reason}".rstrip() + "\n")
        for line in row.report.splitlines():
            stream.write(f"    {line}\n")
        stream.flush()

    return show


def _summary(account: Account) -> str:
    counts = [f"{account.count(result)} {result}" for result in ("passed", "failed", "skipped")]
    if left := account.count("not-run"):
        counts.append(f"{left} not run")
    return ", ".join(counts)


def _document(account: Account) -> dict[str, object]:
    pages: dict[str, list[dict[str, object]]] = {}
    for row in account.rows:
        told = {key: value for key, value in vars(row).items() if key != "page"}
        pages.setdefault(row.page, []).append({**told, "seconds": round(row.seconds, 3)})
    return {
        "pages": [{"page": page, "blocks": blocks} for page, blocks in pages.items()],
        **{key: account.count(key) for key in ("passed", "failed", "skipped")},
        "not_run": account.count("not-run"),
    }
