"""`ledger ingest`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ledger.cli.common import (
    add_json,
    add_now,
    add_preview,
    describe,
    print_json,
    print_text,
    say,
    today,
)
from ledger.errors import Exit, UsageError

if TYPE_CHECKING:
    from ledger.core.signifier import Signifier
    from ledger.flow.ingest import Ingest

_STDIN = "-"


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Take in what came back for a prompt.\n\n"
        "⟿[PHASE] on a line of its own settles the open phase, through the same gates as\n"
        "`ledger advance`, if PHASE is the one that follows it. ⟂[BLOCKED:cause] blocks\n"
        "it; a ⟂ always wins. Sips, pours, handles and branches come along. Without a\n"
        "signal nothing moves. The same answer, given again, changes nothing.\n\n"
        "Prints the prompt to go on with. The exit code is 0 after ⟿, 3 after ⟂, and 1\n"
        "where nothing was sent or the step is refused.",
        "ledger ingest answer.md > next.md",
        "ledger ingest saas-phase11-external-backup answer.md --diff",
        "agent < prompt.md | ledger ingest saas-phase11-external-backup -",
    )
    parser.add_argument(
        "skill", metavar="SKILL", nargs="?", help="(default: the skill that the text names)"
    )
    parser.add_argument("file", metavar="FILE", help="the answer; - for standard input")
    add_preview(parser)
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.core.forest import find_skill
    from ledger.core.project import Project
    from ledger.flow.ingest import plan_ingest, skill_of, take_in

    project = Project.here()
    text = _text(args.file)
    skill = find_skill(project, args.skill) if args.skill else skill_of(project, text)
    where = "standard input" if args.file == _STDIN else args.file
    found = plan_ingest(project, skill, text, where, today=today(args))
    write = not (args.dry_run or args.diff)
    if args.diff and not args.json:
        print_text(_diff(found))
    if found.advance:
        found.advance.check()
    written = [project.relative(path) for path in take_in(found, say)] if write else []
    _report(found, written, dry_run=not write)
    if args.json:
        _print_json(found, written)
    elif not args.diff:
        print_text(found.prompt)
    return found.exit


def _text(name: str) -> str:
    """What the file holds; bytes that are no UTF-8 become marks that mean nothing.

    Raises:
        UsageError: it cannot be read.
    """
    from pathlib import Path

    try:
        data = sys.stdin.buffer.read() if name == _STDIN else Path(name).read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no such name"
        raise UsageError(
            f"cannot be read: {why}", where=name, fix="give a file, or - for standard input"
        ) from None
    return data.decode("utf-8-sig", errors="replace")


def _diff(found: Ingest) -> str:
    from ledger.cli.advance import diff_of

    if found.advance:
        return diff_of(found.advance)
    return found.edit.diff() if found.edit else ""


def _report(found: Ingest, written: list[str], *, dry_run: bool) -> None:
    """Say what became of the plan, what was taken in and what was not, and what was written."""
    say(found.asked.said)
    if found.asked.fix:
        say(f"  fix: {found.asked.fix}")
    for line in found.taken:
        say(f"taken: {line}")
    for line in found.left:
        say(f"left: {line}")
    for warning in found.advance.warnings if found.advance else ():
        say(f"warning: {warning}")
    for name in written:
        say(f"wrote {name}")
    if dry_run and found.edit:
        say(f"would write {' and '.join(_files(found))}; nothing was written")


def _files(found: Ingest) -> list[str]:
    epilogue = found.advance.epilogue if found.advance else None
    return [*([epilogue.where] if epilogue else []), found.skill.where]


def _print_json(found: Ingest, written: list[str]) -> None:
    phase = found.asked.phase
    after = found.advance.after if found.advance else found.skill
    print_json(
        "ingest",
        skill=found.skill.name,
        outcome=found.asked.outcome,
        said=found.asked.said,
        fix=found.asked.fix or None,
        signal=_signifier(found.reading.signal) if found.reading.signal else None,
        signifiers=[_signifier(one) for one in found.reading.signifiers],
        phase=phase or None,
        before=found.skill.entry(phase).raw if phase else None,
        after=after.entry(phase).raw if phase else None,
        note=after.entry(phase).note if phase else None,
        taken=list(found.taken),
        left=list(found.left),
        written=written,
        next=after.current.phase if after.current else None,
        prompt=found.prompt or None,
    )


def _signifier(one: Signifier) -> dict[str, object]:
    return {"line": one.line, "text": one.text, "remark": one.remark, "role": one.role}
