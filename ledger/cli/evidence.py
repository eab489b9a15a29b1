"""`ledger evidence show|merge|sign|verify`."""

from __future__ import annotations

import argparse
from pathlib import Path
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
from ledger.cli.evidence_sign import add_sign, add_verify
from ledger.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ledger.core.project import Project
    from ledger.pages.page import Page

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its own commands."""
    describe(
        parser,
        "Look at what was verified, sign it, or bring together what several machines\nverified.",
        "ledger evidence show",
        "ledger evidence merge shard-1 shard-2",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add_command in (_add_show, _add_merge, add_sign, add_verify):
        add_command(commands)


def _add_show(commands: Commands) -> None:
    parser = commands.add_parser("show", help="say what the evidence of pages is worth today")
    describe(
        parser,
        "Say what the evidence of PAGES is worth today; without PAGES, of every page that\n"
        "has a block to run. The exit code is 1 if a block is stale, failed or never ran.\n\n"
        "Seconds are those of the last run on this machine.",
        "ledger evidence show",
        "ledger evidence show docs/quick-start.md",
        "ledger evidence show --json | jq '.pages[] | select(.age_days > 20).page'",
    )
    parser.add_argument("pages", metavar="PAGES", nargs="*", help="pages below docs/")
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_show)


def _add_merge(commands: Commands) -> None:
    parser = commands.add_parser("merge", help="bring the evidence of several machines together")
    describe(
        parser,
        "Bring together what the shards of one run left. Each DIR is a copy of the\n"
        "project's folder, or of its evidence/ and .ledger/runs/ alone. What a DIR has as\n"
        "it is here is no news. Two different news of one page are an error, and nothing\n"
        "is written.",
        "ledger evidence merge shard-1 shard-2",
        "ledger evidence merge shard-* && ledger evidence show",
    )
    parser.add_argument("folders", metavar="DIR", nargs="+", type=Path, help="what a shard left")
    add_json(parser)
    parser.set_defaults(run=_merge)


def _show(args: argparse.Namespace) -> Exit:
    from ledger.core.project import Project
    from ledger.verify.choice import choose

    project, now = Project.here(), today(args)
    pages = [_page(project, page, now) for page in choose(project, args.pages)]
    if args.json:
        print_json("evidence", day=now.isoformat(), pages=pages)
    else:
        lines = _blocks(pages) if args.pages else _table(pages)
        print_text("".join(f"{line}\n" for line in lines))
    return Exit.DONE if all(page["holds"] for page in pages) else Exit.FOUND


def _page(project: Project, page: Page, now: date) -> dict[str, Any]:
    from ledger.cli.variants import documents
    from ledger.pages.state import page_states, worst
    from ledger.verify.record import usual_seconds, usual_total

    states, seconds = page_states(project, page, now), usual_seconds(project, page)
    lock = states[0].lock
    return {
        "page": page.where,
        "state": worst(state.state for state in states),
        "holds": all(state.state.holds for state in states),
        "verified": lock.verified.isoformat() if lock else None,
        "age_days": (now - lock.verified).days if lock else None,
        "seconds": usual_total(project, page),
        "versions": dict(sorted(lock.versions.items())) if lock else {},
        "inputs": dict(sorted(lock.inputs.items())) if lock else {},
        "blocks": [
            {
                "name": state.block.name,
                "line": state.block.line,
                "state": state.state,
                "why": state.why,
                "seconds": seconds.get(state.block.name),
            }
            for state in states
        ],
        "variants": documents(project, page, now),
    }


def _table(pages: list[dict[str, Any]]) -> Iterator[str]:
    """One line a page and one a variant, the page last: it may be long."""
    row = "{state:9}  {verified:10}  {age:>6}  {blocks:>6}  {seconds:>8}  {page}"
    head = {key: key for key in ("state", "verified", "age", "blocks", "seconds", "page")}
    yield row.format(**head)
    for page in pages:
        variants = ({**v, "page": f"{page['page']}@{v['name']}"} for v in page["variants"])
        for run in (page, *variants):
            age, seconds = run["age_days"], run.get("seconds")
            yield row.format(
                state=run["state"],
                verified=run["verified"] or "-",
                age="-" if age is None else f"{age} d",
                blocks=len(page["blocks"]),
                seconds="-" if seconds is None else f"{seconds:.1f} s",
                page=run["page"],
            )


def _blocks(pages: list[dict[str, Any]]) -> Iterator[str]:
    from ledger.cli.variants import lines

    for page in pages:
        run = f"run of {page['verified']}, {page['age_days']} days old"
        yield f"{page['page']}: {page['state']}; {run if page['verified'] else 'no run'}"
        for name, version in page["versions"].items():
            yield f"  on      {name} {version}"
        yield from lines(page["variants"], page["versions"])
        for name, digest in page["inputs"].items():
            yield f"  input   {digest[:12]}  {name}"
        for block in page["blocks"]:
            took = "" if block["seconds"] is None else f"{block['seconds']:.1f} s"
            name = block["name"] or f"line {block['line']}"
            yield from wrapped(f"  {block['state']:9}  {took:>8}  ", f"{name}  {block['why']}")


def _merge(args: argparse.Namespace) -> None:
    from ledger.core.project import Project
    from ledger.verify.unite import take, unite

    project = Project.here()
    taken = unite(project, args.folders)
    take(project, taken)
    rows = [(file.file, source) for file in taken for source in file.sources]
    if args.json:
        print_json("evidence-merge", written=[{"file": f, "from": str(s)} for f, s in rows])
    else:
        print_text("".join(f"{file}  from {source}\n" for file, source in rows))
        say(f"{len(taken)} files written" if taken else "no news")
