"""`ledger show`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ledger.cli.common import add_json, add_now, add_skill, describe, print_json, print_text, today
from ledger.errors import Exit

if TYPE_CHECKING:
    from ledger.core.project import Project
    from ledger.core.skill import Skill
    from ledger.flow.evidence import PageEvidence


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Show one skill: its phases and gates, its budget, its pages, its handles.",
        "ledger show saas-phase11-external-backup",
        "ledger show saas-phase11-external-backup --json | jq .pages",
    )
    add_skill(parser)
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.core.forest import find_skill
    from ledger.core.project import Project
    from ledger.flow.evidence import gather

    project = Project.here()
    found = find_skill(project, args.skill)
    evidence = gather(project, found, today(args))
    (_print_json if args.json else _print_text)(project, found, evidence)
    return Exit.FOUND if any(page.problem for page in evidence) else Exit.DONE


def _print_text(project: Project, skill: Skill, evidence: tuple[PageEvidence, ...]) -> None:
    from ledger.flow.evidence import tally
    from ledger.flow.gates import gates_of
    from ledger.flow.signal import handles

    lines = [f"{skill.title}\n{skill.where}\n"]
    for entry in skill.ledger:
        mark = ">" if entry == skill.current else " "
        asks = gates_of(skill, entry.phase)
        note = entry.note or (f"gates: {', '.join(asks)}" if asks and not entry.settled else "")
        lines.append(f"{mark} {entry.phase:15}  {entry.raw:11}  {note}".rstrip())
    lines.append(f"\nbudget   {skill.budget}")
    lines += [f"waits on {name}" for name in skill.strings("blocking")]
    for page in evidence:
        said = page.problem.what if page.problem else f"{tally(page.states)}; {page.run()}"
        lines.append(f"page     {page.where}: {said.rstrip('; ')}")
        lines += [f"         {where}: {what}" for where, what in page.doubts()]
    lines += [f"handle   {handle}" for handle in handles(project, skill)]
    print_text("\n".join(lines) + "\n")


def _print_json(project: Project, skill: Skill, evidence: tuple[PageEvidence, ...]) -> None:
    from ledger.flow.gates import gates_of
    from ledger.flow.signal import handles

    budget = skill.budget
    print_json(
        "show",
        name=skill.name,
        title=skill.title,
        file=skill.where,
        current=skill.current.phase if skill.current else None,
        phases=[
            {
                "phase": entry.phase,
                "status": entry.raw,
                "settled": entry.settled,
                "note": entry.note,
                "reason": entry.reason,
                "line": entry.line,
                "gates": list(gates_of(skill, entry.phase)),
            }
            for entry in skill.ledger
        ],
        entropy={
            "planned": str(budget.planned),
            "spent": str(budget.spent),
            "returned": str(budget.returned),
            "remaining": str(budget.remaining),
        },
        pages=[_page(page) for page in evidence],
        handles=[vars(handle) for handle in handles(project, skill)],
    )


def _page(page: PageEvidence) -> dict[str, object]:
    lock = page.lock
    return {
        "page": page.where,
        "state": page.word,
        "problem": str(page.problem) if page.problem else None,
        "verified": lock.verified.isoformat() if lock else None,
        "versions": dict(lock.versions) if lock else {},
        "blocks": [
            {
                "name": state.block.name,
                "line": state.block.line,
                "state": state.state,
                "why": state.why,
            }
            for state in page.states
        ],
    }
