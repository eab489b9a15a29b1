"""`ledger advance`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ledger.cli.common import (
    add_json,
    add_now,
    add_preview,
    add_skill,
    describe,
    one_of,
    print_json,
    print_text,
    say,
    today,
)
from ledger.core.phases import Status

if TYPE_CHECKING:
    from ledger.core.debt import Debt
    from ledger.flow.advance import Advance


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Settle a skill's next phase, or PHASE, if its gates are open.\n\n"
        "Writes the phase's line in the skill's header, last_touched, and an epilogue.\n"
        "Prints the prompt of the next phase. On a phase that is done it asks the gates\n"
        "again: nothing to do if they hold. A shut gate says what to run; --force with a\n"
        "reason settles past it, and the reason stays on the line and in the epilogue.",
        "ledger advance saas-phase11-external-backup",
        "ledger advance saas-phase11-external-backup --diff",
        "ledger advance saas-phase11-external-backup MEASURE --to deferred \\\n"
        '      --reason "no metrics yet" --owner ops --until 2027-01-31',
    )
    add_skill(parser)
    parser.add_argument("phase", metavar="PHASE", nargs="?", type=str.upper, help="(default: next)")
    parser.add_argument("--to", metavar="STATUS", help=f"{', '.join(Status)} (default: touched)")
    _add_reasons(parser)
    parser.add_argument(
        "--note", default="", help="the note on its line (default: what the gates saw)"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="let the phase fall back, or settle past a shut gate; needs --reason",
    )
    parser.add_argument(
        "--decision",
        metavar="WORD",
        help="archive, upgrade or retain: what becomes of the plan, when REFLECT settles "
        "(default: retain while anything is owed or waits on it, else archive)",
    )
    add_preview(parser)
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _add_reasons(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--reason", default="", help="why it is skipped, deferred, blocked, set back or forced"
    )
    parser.add_argument("--risk", default="", help="what is accepted by putting it off")
    parser.add_argument("--fallback", default="", help="what is done instead")
    parser.add_argument("--owner", default="", help="who will see to it")
    parser.add_argument("--until", metavar="YYYY-MM-DD", help="the day by which it is due")


def _run(args: argparse.Namespace) -> None:
    from ledger.core.forest import find_skill
    from ledger.core.project import Project
    from ledger.flow.advance import apply, plan_advance
    from ledger.flow.verdict import DECISIONS

    project = Project.here()
    advance = plan_advance(
        project,
        find_skill(project, args.skill),
        args.phase,
        Status(one_of(args.to, list(Status), "status")) if args.to else None,
        args.reason,
        args.note,
        today=today(args),
        force=args.force,
        debt=_debt(args),
        decision=one_of(args.decision, DECISIONS, "decision") if args.decision else "",
    )
    for warning in advance.warnings:
        say(f"warning: {warning}")
    if args.json and advance.refused:
        _print_json(advance, [])
    if args.diff and not args.json:
        print_text(diff_of(advance))
    advance.check()
    write = not (args.dry_run or args.diff)
    written = [project.relative(path) for path in apply(advance, say)] if write else []
    _report(advance, written, dry_run=not write)
    if args.json:
        _print_json(advance, written)
    elif advance.edit and not args.diff:
        print_text(advance.prompt)


def _debt(args: argparse.Namespace) -> Debt:
    from ledger.core.clock import day
    from ledger.core.debt import Debt

    return Debt(
        risk=args.risk.strip(),
        fallback=args.fallback.strip(),
        owner=args.owner.strip(),
        until=day(args.until) if args.until else None,
    )


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
    if advance.forced:
        _say_overridden(advance)
    if advance.decision:
        say(f"the plan: {advance.decision}")
    for name in written:
        say(f"wrote {name}")
    if dry_run and advance.edit:
        names = [advance.epilogue.where] if advance.epilogue else []
        say(f"would write {' and '.join([*names, advance.skill.where])}; nothing was written")
    if advance.next:
        say(f"next: {advance.next}; settle it with: ledger advance {advance.skill.name}")
    else:
        say(f"next: no phase of {advance.skill.name} is open")


def _say_overridden(advance: Advance) -> None:
    for results in advance.gates.values():
        for result in results:
            for finding in result.findings:
                say(f"forced past gate {result.gate}: {finding}")


def diff_of(advance: Advance) -> str:
    """What would be written, as one unified diff."""
    from ledger.core.diff import diff

    header = advance.edit.diff() if advance.edit else ""
    epilogue = advance.epilogue
    if epilogue is None:
        return header
    there = epilogue.path.read_text("utf-8") if epilogue.path.exists() else None
    return header + diff(there, epilogue.text, epilogue.where)


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
        forced=advance.forced or None,
        decision=advance.decision or None,
        warnings=list(advance.warnings),
        next=advance.next,
        prompt=advance.prompt,
    )
