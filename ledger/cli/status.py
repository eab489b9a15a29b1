"""`ledger status`."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import click

from ledger.cli.common import as_json, now_option, print_json, say
from ledger.errors import Exit, LedgerError

_ROW = "{name:30}  {strip:11}  {current:15}  {left:>6}  {evidence}"


@click.command("status")
@now_option
@as_json
def command(today: date, as_json: bool) -> None:
    """List every skill: its eleven phases, the open one, its budget, its evidence.

    A file that cannot be read is listed too, and makes the exit code 1.

    \b
    Examples:
      ledger status
      ledger status --json | jq -r '.skills[] | select(.evidence == "stale").name'
    """
    from ledger.core.forest import forest
    from ledger.core.project import Project
    from ledger.flow.evidence import gather
    from ledger.flow.overview import strip, worth

    project = Project.here()
    skills, unreadable = forest(project)
    problems: list[LedgerError] = [*unreadable]
    rows: list[dict[str, Any]] = []
    for skill in skills:
        evidence = gather(project, skill, today)
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
    if as_json:
        errors = [{"where": p.where, "what": p.what, "fix": p.fix} for p in problems]
        print_json("status", skills=rows, problems=errors)
    else:
        _print_rows(rows)
        for problem in dict.fromkeys(map(str, problems)):
            say(f"error: {problem}")
    if problems:
        sys.exit(Exit.FOUND)


def _print_rows(rows: list[dict[str, Any]]) -> None:
    from ledger.flow.overview import legend

    if not rows:
        say("no skill can be read in skills/")
        return
    names = {"name": "skill", "strip": "phases", "current": "open", "left": "left"}
    click.echo(_ROW.format(**names, evidence="evidence"))
    for row in rows:
        shown = row | {"current": row["current"] or "-"}
        if len(row["name"]) > 30:
            click.echo(row["name"])
            shown["name"] = ""
        click.echo(_ROW.format(**shown))
    say(f"phases: {legend()}")
