"""`ledger status`."""

from __future__ import annotations

import argparse
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from ledger.cli.common import (
    add_json,
    add_now,
    describe,
    print_json,
    print_text,
    say,
    say_error,
    today,
)
from ledger.core.standing import Group, counts, legend, strip
from ledger.errors import Exit, LedgerError, UsageError

if TYPE_CHECKING:
    from ledger.cli.status_rows import Forest, Row

_NAME, _LEFT, _WIDTH = 28, 6, 80  # characters
_ROW: Final = f"  {{name:{_NAME}}}  {{strip:11}}  {{current:15}}  {{left:>{_LEFT}}}  {{evidence}}"
_SHOWN: Final = 5  # dangling entries that are named before the rest is only counted


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "List every skill by how it stands: its eleven phases, the open one, what is left\n"
        "of its budget. Every *.md below skills/ is counted; one that cannot be read\n"
        "makes the exit code 1, as do skills that wait on each other in a ring.",
        "ledger status",
        "ledger status --evidence",
        "ledger status --graph mermaid",
        "ledger status --json | jq -r '.skills[] | select(.group == \"blocked\").name'",
    )
    parser.add_argument(
        "--evidence", action="store_true", help="read the pages too: what is each skill's worth?"
    )
    parser.add_argument(
        "--graph", choices=("mermaid", "dot"), help="print what waits on what, as a drawing"
    )
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.cli.status_rows import read
    from ledger.core.project import root_folder

    if args.graph and args.json:
        raise UsageError("--graph and --json are two forms of one answer", fix="choose one")
    day = today(args)
    forest = read(root_folder(), day, evidence=args.evidence)
    if args.json:
        _print_json(forest, day)
    elif args.graph:
        _print_graph(forest, args.graph)
    else:
        _print_table(forest)
    _report(forest)
    broken = forest.unreadable or forest.problems or forest.cycles
    return Exit.FOUND if broken else Exit.DONE


def _print_table(forest: Forest) -> None:
    names = {"name": "skill", "strip": "phases", "current": "open", "left": "left"}
    evidence = any(row.evidence for row in forest.rows)
    lines = [_ROW.format(**names, evidence="evidence" if evidence else "")] if forest.rows else []
    for group in Group:
        rows = [row for row in forest.rows if row.group is group]
        files = forest.unreadable if group is Group.UNREADABLE else []
        lines += [f"\n{group.capitalize()}"] if rows or files else []
        for row in rows:
            lines += _lines(row)
        lines += [f"  {_file(problem)}" for problem in files]
    lines = [line.rstrip(" ") for line in [*lines, "", counts(forest.groups)]]
    print_text("\n".join(lines).lstrip("\n") + "\n")
    if forest.rows:
        say(legend())
    elif not forest.unreadable:
        say("no skill in skills/; start one with: ledger new NAME")


def _lines(row: Row) -> list[str]:
    current = row.facts.current
    cells = {
        "name": row.facts.name,
        "strip": strip(row.facts),
        "current": current.name if current else "-",
        "left": row.left if len(row.left) <= _LEFT else f"{float(row.left):.3f}",
        "evidence": row.evidence or "",
    }
    lines = [_ROW.format(**cells)]
    if len(row.facts.name) > _NAME:
        lines = [f"  {row.facts.name}", _ROW.format(**cells | {"name": ""})]
    if row.group is Group.BLOCKED:
        why = f"    {row.why}"
        lines.append(why if len(why) <= _WIDTH else f"{why[: _WIDTH - 1]}…")
    return lines


def _print_graph(forest: Forest, form: str) -> None:
    from ledger.core import graph

    nodes = [(row.facts.where, row.facts.name, str(row.group)) for row in forest.rows]
    files = [_file(problem) for problem in forest.unreadable]
    nodes += [(file, file, str(Group.UNREADABLE)) for file in files]
    draw = graph.mermaid if form == "mermaid" else graph.dot
    print_text(draw(nodes, forest.edges))


def _report(forest: Forest) -> None:
    """Say what is wrong, and what only may be."""
    for problem in {str(one): one for one in (*forest.unreadable, *forest.problems)}.values():
        say_error(problem)
    for ring in forest.cycles:
        names = " -> ".join(file.rpartition("/")[2].removesuffix(".md") for file in ring)
        say(f"error: {ring[0]}: skills wait on each other: {names}")
    for where, entry in forest.dangling[:_SHOWN]:
        say(f"warning: {where}: enables {entry}, which is no skill here")
    more = len(forest.dangling) - _SHOWN
    if more > 0:
        say(f"warning: and {more} more entries; see: ledger status --json | jq .dangling")


def _print_json(forest: Forest, day: date) -> None:
    print_json(
        "status",
        day=day.isoformat(),
        skills=[_skill(row) for row in forest.rows],
        unreadable=[_problem(problem) for problem in forest.unreadable],
        problems=[_problem(problem) for problem in forest.problems],
        counts={str(group): forest.groups.count(group) for group in Group},
        edges=[{"first": first, "then": then} for first, then in forest.edges],
        cycles=forest.cycles,
        dangling=[{"file": file, "enables": entry} for file, entry in forest.dangling],
    )


def _skill(row: Row) -> dict[str, Any]:
    facts = row.facts
    return {
        "name": facts.name,
        "file": facts.where,
        "title": facts.title,
        "group": row.group,
        "why": row.why or None,
        "strip": strip(facts),
        "current": facts.current.name if facts.current else None,
        "left": None if row.left == "?" else row.left,
        "evidence": row.evidence,
        "status": facts.status or None,
        "progress": facts.progress or None,
        "last_touched": facts.last_touched or None,
        "blocking": facts.blocking,
        "enables": facts.enables,
        "phases": {phase.name: phase.raw for phase in facts.phases},
    }


def _file(problem: LedgerError) -> str:
    file, _, line = problem.where.rpartition(":")
    return file if line.isdecimal() else problem.where


def _problem(problem: LedgerError) -> dict[str, str]:
    return {"where": problem.where, "what": problem.what, "fix": problem.fix}
