"""`ledger prompt`."""

from __future__ import annotations

from datetime import date

import click

from ledger.cli.common import now_option


@click.command("prompt")
@click.argument("skill")
@click.option("--phase", type=str.upper, help="Another phase than the next (default: the next).")
@now_option
def command(skill: str, phase: str | None, today: date) -> None:
    """Print the continuation prompt of a skill's next phase; hand it on as it is.

    The same files, evidence and day give the same bytes. A plan with no open phase gives the one
    line on which it halts.

    \b
    Examples:
      ledger prompt saas-phase11-external-backup
      ledger prompt saas-phase11-external-backup --phase measure
    """
    from ledger.core.forest import find_skill
    from ledger.core.project import Project
    from ledger.flow.advance import next_prompt
    from ledger.flow.evidence import gather

    project = Project.here()
    found = find_skill(project, skill)
    if phase:
        found.entry(phase)
    click.echo(next_prompt(project, found, gather(project, found, today), phase=phase), nl=False)
