"""`ledger status`."""

from __future__ import annotations

import argparse
from typing import Any

from ledger.cli.common import add_json, add_now, describe, print_json, print_text, say, today
from ledger.errors import Exit, LedgerError

_ROW = "{name:30}  {strip:11}  {current:15}  {left:>6}  {evidence}"


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "List every skill: its eleven phases, the open one, its budget, its evidence.\n\n"
        "A file that cannot be read is listed too, and makes the exit code 1.",
        "ledger status",
        "ledger status --json | jq -r '.skills[] | select(.evidence == \"stale\").name'",
    )
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.core.forest import forest
    from ledger.core.project import Project
    from ledger.flow.evidence import gather
    from ledger.flow.overview import strip, worth

    project = Project.here()
    day = today(args)
    skills, unreadable = forest(project)
    problems: list[LedgerError] = [*unreadable]
    rows: list[dict[str, Any]] = []
    for skill in skills:
        evidence = gather(project, skill, day)
        problems += [page.problem for page in evidence if page.problem]
        rows.append(
            {
                "name": skill.name,
                "strip": strip(skill),
                "current": skill.current.phase if skill.current else None,
                "left": str(skill.budget.remaining),
                "evidence": worth(evidence),
                "phases": {entry.phase: entry.raw for entry in skill.ledger},
            }
        )
    if args.json:
        errors = [{"where": p.where, "what": p.what, "fix": p.fix} for p in problems]
        print_json("status", skills=rows, problems=errors)
    else:
        _print_rows(rows)
        for problem in dict.fromkeys(map(str, problems)):
            say(f"error: {problem}")
    return Exit.FOUND if problems else Exit.DONE


def _print_rows(rows: list[dict[str, Any]]) -> None:
    from ledger.flow.overview import legend

    if not rows:
        say("no skill can be read in skills/")
        return
    names = {"name": "skill", "strip": "phases", "current": "open", "left": "left"}
    lines = [_ROW.format(**names, evidence="evidence")]
    for row in rows:
        shown = row | {"current": row["current"] or "-"}
        if len(row["name"]) > 30:
            lines.append(row["name"])
            shown["name"] = ""
        lines.append(_ROW.format(**shown))
    print_text("\n".join(lines) + "\n")
    say(f"phases: {legend()}")
