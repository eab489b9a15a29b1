"""`ledger why`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ledger.cli.common import (
    add_json,
    add_now,
    describe,
    print_json,
    print_text,
    today,
    wrapped,
)
from ledger.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.core.project import Project
    from ledger.pages.state import BlockState, Change
    from ledger.verify.cause import FileChange
    from ledger.verify.lookup import Found

    Causes = list[tuple[Change, list[FileChange]]]

_SHORT = 12


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Say what a block's evidence is worth, what made it so, and the command that\n"
        "mends it. The exit code is 1 unless the block is verified.\n\n"
        "Which file of an input changed is told where git holds the input as the run\n"
        "had it.",
        "ledger why publish",
        "ledger why 'docs/quick-start.md#publish'",
        "ledger why docs/quick-start.md:60",
        "ledger why publish --json | jq -r '.changes[].files[].file'",
    )
    parser.add_argument("block", metavar="BLOCK", help="NAME, PAGE#NAME or PAGE:LINE")
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.cli.variants import documents
    from ledger.core.project import Project
    from ledger.pages.state import State, page_states
    from ledger.verify.lookup import find_block

    project = Project.here()
    found = find_block(project, args.block)
    now = today(args)
    states = page_states(project, found.page, now)
    state = next(state for state in states if state.block == found.block)
    causes = _causes(project, found, state)
    document = _document(project, found, state, causes)
    ran = found.block.kind == "verify"
    document["variants"] = documents(project, found.page, now, found.block.name) if ran else []
    if args.json:
        print_json("why", **document)
    else:
        print_text("".join(f"{line}\n" for line in _text(document)))
    return Exit.DONE if state.state == State.VERIFIED else Exit.FOUND


def _causes(project: Project, found: Found, state: BlockState) -> Causes:
    from ledger.verify.cause import changed_files

    return [
        (change, changed_files(project, found.page, change) if change.kind == "input" else [])
        for change in state.changes
    ]


def _document(project: Project, found: Found, state: BlockState, causes: Causes) -> dict[str, Any]:
    from ledger.pages.state import mend

    lock = state.lock
    return {
        "page": found.page.where,
        "name": found.block.name,
        "line": found.block.line,
        "state": state.state,
        "why": state.why,
        "verified": lock.verified.isoformat() if lock else None,
        "versions": dict(sorted(lock.versions.items())) if lock else {},
        "failure": _failure(project, found, state),
        "changes": [
            {
                "kind": change.kind,
                "name": change.name,
                "before": change.before,
                "after": change.after,
                "clause": change.clause,
                "files": [file._asdict() for file in files],
            }
            for change, files in causes
        ],
        "mend": None if state.state.holds else mend(found.page),
    }


def _failure(project: Project, found: Found, state: BlockState) -> dict[str, str] | None:
    """The block that failed, and why as far as this machine's last run tells; None if none did."""
    from ledger.pages.state import State
    from ledger.verify.record import last_run

    if state.state != State.FAILED or state.lock is None:
        return None
    results = state.lock.blocks
    failed = next((name for name, result in results.items() if result.result == "failed"), None)
    if failed is None:
        return None
    for block in last_run(project, found.page).get("blocks", []):
        same = (block.get("name"), block.get("sha256")) == (failed, results[failed].sha256)
        if same and block.get("result") == "failed":
            return {"block": failed, "reason": str(block.get("reason", ""))}
    return {"block": failed, "reason": ""}


def _text(document: dict[str, Any]) -> Iterator[str]:
    from ledger.cli.variants import lines

    name = document["name"] or f"on line {document['line']}"
    yield f"{document['page']}:{document['line']} block {name}: {document['state']}"
    if document["verified"]:
        versions = ", ".join(f"{key} {value}" for key, value in document["versions"].items())
        yield from wrapped(
            "  run     ", document["verified"] + (f" on {versions}" if versions else "")
        )
    if document["why"]:
        yield from wrapped("  why     ", document["why"])
    if failure := document["failure"]:
        told = failure["reason"] or "the record of the run is not here"
        yield from wrapped("  failed  ", f"block {failure['block']}: {told}")
    for change in document["changes"]:
        yield from _change(change)
    if document["mend"]:
        if document["failure"]:
            yield from wrapped("  mend    ", "the page, or what it runs; then:")
            yield f"          {document['mend']}"
        else:
            yield f"  mend    {document['mend']}"
    yield from lines(document["variants"], document["versions"])


def _change(change: dict[str, Any]) -> Iterator[str]:
    old, new = (_short(change, change[key]) for key in ("before", "after"))
    what = f"{change['kind']} {change['name']}".rstrip()
    yield from wrapped("  changed ", f"{what}: {old} -> {new}")
    for file in change["files"]:
        yield f"            {file['how']:7}  {file['file']}"
    if change["kind"] == "input" and not change["files"]:
        yield "            which file is not known: git does not hold the run's"


def _short(change: dict[str, Any], value: str) -> str:
    if change["kind"] in {"version", "day"}:
        return value
    return " ".join(word[:_SHORT] for word in value.split()) or "nothing"
