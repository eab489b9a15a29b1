"""`ledger import`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.cli.common import (
    add_json,
    add_preview,
    describe,
    filled,
    print_json,
    print_text,
    say,
    say_error,
)
from ledger.errors import Exit, LedgerError, UsageError

if TYPE_CHECKING:
    from ledger.core.project import Project
    from ledger.pages.importing import Finding


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Turn plain runbooks into pages of this project: name each command, say whether\n"
        "it runs, part a session into commands and output, make <placeholders> shell\n"
        "parameters, add front matter. Prose stays as it is.\n\n"
        "What only looks becomes a block that runs. What may change something is left to\n"
        "you: it is marked .skip and never runs by itself. Prints what does not run, and\n"
        "why; exit code 1 if a file could not be imported.",
        "ledger import runbooks/disk-full.md -o docs/imported --owner storage \\\n"
        "    --escalate '#storage-oncall'",
        "ledger import ../wiki/runbooks -o docs/imported --dry-run",
        "ledger import docs/imported/disk-full.md --example NAMESPACE=agents --diff",
        "ledger import runbooks -o docs/imported --json | jq '.pages[].blocks[].reason'",
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="a Markdown file, or a folder")
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        default="",
        help="folder below docs/ for the pages (default: change pages of docs/ in place)",
    )
    parser.add_argument("--owner", metavar="TEXT", default="", help="who answers for the pages")
    parser.add_argument("--escalate", metavar="TEXT", default="", help="whom to wake at night")
    parser.add_argument(
        "--example",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a value of a parameter that a run can use",
    )
    add_preview(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.core.project import Project
    from ledger.pages.importing import Wishes, targets

    project = Project.here()
    wishes = Wishes(args.owner, args.escalate, dict(_example(text) for text in args.example))
    pages: list[dict[str, Any]] = []
    problems: list[LedgerError] = []
    for source, target in targets(project, args.files, args.output).items():
        try:
            pages.append(_imported(project, source, target, wishes, args))
        except LedgerError as error:
            problems.append(error)
            say_error(error)
    written = not (args.dry_run or args.diff)
    if args.json:
        told = [{"where": p.where, "what": p.what, "fix": p.fix} for p in problems]
        print_json("import", written=written, pages=pages, problems=told)
    say(_summary(pages, written=written))
    if written and args.output and any(page["changed"] for page in pages):
        say("next: name the new pages in the nav of mkdocs.yml, if it has one")
    return Exit.FOUND if problems else Exit.DONE


def _example(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not (mark and name.isidentifier()):
        raise UsageError(f"--example {text!r} is not NAME=VALUE")
    return name, value


def _imported(
    project: Project, source: Path, target: Path, wishes: Any, args: argparse.Namespace
) -> dict[str, Any]:
    """Import one file, tell of it, and give it as data."""
    from ledger.core.diff import diff
    from ledger.core.files import write_atomic
    from ledger.pages.importing import companions, existing, import_page

    data, findings = import_page(project, target, source.read_bytes(), wishes)
    before, where = existing(project, source, target, data), project.relative(target)
    beside = companions(source, target, data)
    if not (args.dry_run or args.diff):
        for file, there in beside.items():
            write_atomic(there, file.read_bytes())
        if before != data:
            write_atomic(target, data)
    if args.diff and not args.json:
        print_text(diff(before.decode() or None, data.decode(), where))
    elif not args.json:
        print_text("".join(_line(where, found) for found in findings))
    blocks = [found._asdict() for found in findings]
    return {
        "source": str(source),
        "page": where,
        "changed": before != data,
        "files": [project.relative(there) for there in beside.values()],
        "blocks": blocks,
    }


def _line(where: str, found: Finding) -> str:
    """What is told of one command; nothing of a block that runs."""
    if found.kind == "verify":
        return ""
    told = f": {found.reason or found.kind}: {found.why}"
    return f"{filled(f'{where}:{found.line}', told)}\n"


def _summary(pages: list[dict[str, Any]], *, written: bool) -> str:
    kinds = [block["kind"] for page in pages for block in page["blocks"]]
    runs, changed = kinds.count("verify"), sum(page["changed"] for page in pages)
    files = sum(len(page["files"]) for page in pages)
    told = f"{len(pages)} pages, {changed} changed: {runs} blocks run, {len(kinds) - runs} do not"
    told += f"; {files} files came along" if files else ""
    return told if written else f"{told}; nothing was written"
