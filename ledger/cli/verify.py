"""`ledger verify`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import click

from ledger.cli.common import as_json, print_json, say
from ledger.core.project import Project
from ledger.errors import Exit

if TYPE_CHECKING:
    from ledger.verify.front import Account, Row

_COLOURS: Final = {"passed": "green", "failed": "red", "skipped": "yellow", "not-run": "yellow"}


@click.command("verify")
@click.argument("pages", nargs=-1, type=click.Path())
@click.option(
    "--update-lock", is_flag=True, help="Write what the run proved into evidence/, to be committed."
)
@as_json
def command(pages: tuple[str, ...], update_lock: bool, as_json: bool) -> None:
    """Run the command blocks of PAGES on the cluster; without PAGES, of every page below docs/.

    Blocks run in order, in one shell a page. After the first that fails, the page's others are not
    run. A record of each run goes into .ledger/runs/. Exit code 1 if a block failed, 4 if there is
    no cluster, 5 if the kubeconfig leads to another one than was recorded.

    \b
    Examples:
      ledger verify
      ledger verify docs/runbook/nats-backup.md
      ledger verify --update-lock && git diff evidence/
      ledger verify --json | jq '.pages[].blocks[] | select(.result == "failed")'
    """
    from ledger.verify import front, record
    from ledger.verify.progress import Progress

    project = Project.here()
    chosen = front.choose(project, pages)
    front.require_cluster(chosen)
    progress, show = Progress(), _printer(err=as_json)

    def on_row(row: Row) -> None:
        progress.stop()
        show(row)

    try:
        account = front.run_pages(project, chosen, on_start=progress.start, on_row=on_row)
    finally:
        progress.stop()
    if update_lock:
        for run in account.runs:
            if not account.broken(run.page.where):
                say(f"wrote {project.relative(record.update_lock(run))}")
    if as_json:
        print_json("verify", **_document(account))
    else:
        click.echo(_summary(account))
    if account.count("failed") or account.count("not-run"):
        sys.exit(Exit.FOUND)


def _printer(*, err: bool) -> Callable[[Row], None]:
    """Make what prints a line a block, under a line a page."""
    stream = sys.stderr if err else sys.stdout
    colour = stream.isatty() and not os.environ.get("NO_COLOR")
    last = ""

    def show(row: Row) -> None:
        nonlocal last
        if row.page != last:
            click.echo(row.page, err=err)
            last = row.page
        word = row.result.replace("-", " ")
        shown = click.style(f"{word:<8}", fg=_COLOURS[row.result]) if colour else f"{word:<8}"
        took = f"{row.seconds:6.1f} s" if row.seconds else " " * 8
        reason = "" if row.report else f"  {row.reason}"
        click.echo(f"  {shown}{took}  {row.name}{reason}".rstrip(), err=err)
        for line in row.report.splitlines():
            click.echo(f"    {line}", err=err)

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
