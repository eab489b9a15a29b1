"""`ledger advance`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from ledger.cli.common import as_json, now_option, print_json, say
from ledger.core.phases import Status

if TYPE_CHECKING:
    from ledger.flow.advance import Advance


@click.command("advance")
@click.argument("skill")
@click.argument("phase", required=False, type=str.upper)
@click.option(
    "--to",
    type=click.Choice([status.value for status in Status]),
    help="Its new status (default: touched).",
)
@click.option("--reason", default="", help="Why it is skipped, deferred, blocked or set back.")
@click.option("--note", default="", help="The note on its line (default: what the gates saw).")
@click.option("--force", is_flag=True, help="Let the phase fall back; needs --reason.")
@click.option("--dry-run", is_flag=True, help="Say what would be written; write nothing.")
@click.option("--diff", is_flag=True, help="Print what would be written as a diff; write nothing.")
@now_option
@as_json
def command(
    skill: str,
    phase: str | None,
    to: str | None,
    reason: str,
    note: str,
    force: bool,
    dry_run: bool,
    diff: bool,
    today: date,
    as_json: bool,
) -> None:
    """Settle a skill's next phase, or PHASE, if its gates are open.

    Writes the phase's line in the skill's header, last_touched, and an epilogue. Prints the prompt
    of the next phase. On a phase that is done it asks the gates again: nothing to do if they hold.

    \b
    Examples:
      ledger advance saas-phase11-external-backup
      ledger advance saas-phase11-external-backup --diff
      ledger advance saas-phase11-external-backup MEASURE --to deferred --reason "no metrics yet"
    """
    from ledger.core.forest import find_skill
    from ledger.core.project import Project
    from ledger.flow.advance import apply, plan_advance

    project = Project.here()
    advance = plan_advance(
        project,
        find_skill(project, skill),
        phase,
        Status(to) if to else None,
        reason,
        note,
        today=today,
        force=force,
    )
    for warning in advance.warnings:
        say(f"warning: {warning}")
    if as_json and advance.refused:
        _print_json(advance, [])
    if diff and not as_json:
        click.echo(_diff(advance), nl=False)
    advance.check()
    write = not (dry_run or diff)
    written = [project.relative(path) for path in apply(advance)] if write else []
    _report(advance, written, dry_run=not write)
    if as_json:
        _print_json(advance, written)
    elif advance.edit and not diff:
        click.echo(advance.prompt, nl=False)


def _report(advance: Advance, written: list[str], *, dry_run: bool) -> None:
    """Say what became of the phase, what was written, and what comes next."""
    after = advance.after.entry(advance.phase)
    if advance.edit is None:
        seen = (result.summary for results in advance.gates.values() for result in results)
        held = "; ".join(dict.fromkeys(filter(None, seen)))
        phases = ", ".join(advance.gates) or advance.phase
        say(f"{phases}: settled and still true ({held or 'no gate asks for more'}); nothing to do")
    else:
        before = advance.skill.entry(advance.phase).raw
        say(f"{advance.phase}: {before or 'nothing'} -> {after.raw}  # {after.note}")
    for name in written:
        say(f"wrote {name}")
    if dry_run and advance.edit:
        names = [advance.epilogue.where] if advance.epilogue else []
        say(f"would write {' and '.join([*names, advance.skill.where])}; nothing was written")
    if advance.next:
        say(f"next: {advance.next}; settle it with: ledger advance {advance.skill.name}")
    else:
        say(f"next: no phase of {advance.skill.name} is open")


def _diff(advance: Advance) -> str:
    """What would be written, as one unified diff."""
    from difflib import unified_diff

    header = advance.edit.diff() if advance.edit else ""
    epilogue = advance.epilogue
    if epilogue is None:
        return header
    there = epilogue.path.read_text("utf-8") if epilogue.path.exists() else ""
    old, new = there.splitlines(keepends=True), epilogue.text.splitlines(keepends=True)
    name = f"a/{epilogue.where}" if there else "/dev/null"
    return header + "".join(unified_diff(old, new, name, f"b/{epilogue.where}"))


def _print_json(advance: Advance, written: list[str]) -> None:
    gates = [
        {
            "phase": phase,
            "gate": result.gate,
            "holds": result.holds,
            "summary": result.summary,
            "findings": [vars(finding) for finding in result.findings],
        }
        for phase, results in advance.gates.items()
        for result in results
    ]
    print_json(
        "advance",
        skill=advance.skill.name,
        phase=advance.phase,
        before=advance.skill.entry(advance.phase).raw,
        after=advance.after.entry(advance.phase).raw,
        note=advance.after.entry(advance.phase).note,
        written=written,
        epilogue=advance.epilogue.where if advance.epilogue else None,
        gates=gates,
        warnings=list(advance.warnings),
        next=advance.next,
        prompt=advance.prompt,
    )
