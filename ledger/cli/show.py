"""`ledger show`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.cli.common import (
    add_json,
    add_now,
    add_skill,
    describe,
    print_json,
    print_text,
    today,
    wrapped,
)
from ledger.errors import Exit, LedgerError, SkillError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ledger.core.entropy import Budget
    from ledger.core.project import Project
    from ledger.core.skill import Entry, Skill
    from ledger.flow.debts import Owed
    from ledger.flow.evidence import PageEvidence
    from ledger.flow.signal import Handle


class _View(NamedTuple):
    """A skill, what its files prove, and what of it cannot be read."""

    skill: Skill
    gates: dict[str, tuple[str, ...]]
    budget: Budget | None
    owed: tuple[Owed, ...]
    pages: tuple[PageEvidence, ...]
    handles: list[Handle]
    problems: list[LedgerError]


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Show one skill: its phases and gates, its budget, what it owes and waits on, its\n"
        "pages, its handles. What cannot be read is said too; then the exit code is 1.",
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

    project = Project.here()
    view = _view(project, find_skill(project, args.skill), today(args))
    if args.json:
        print_json("show", **_document(view))
    else:
        print_text("".join(f"{line}\n" for line in _text(view)))
    return Exit.FOUND if view.problems else Exit.DONE


def _view(project: Project, skill: Skill, day: date) -> _View:
    from ledger.core.phases import PHASES
    from ledger.flow.debts import debts_of
    from ledger.flow.evidence import gather
    from ledger.flow.gates import gates_of
    from ledger.flow.signal import handles

    problems: list[LedgerError] = []
    gates: dict[str, tuple[str, ...]] = {}
    budget = None
    try:
        budget = skill.budget
    except SkillError as problem:
        problems.append(problem)
    try:
        gates = {phase: gates_of(skill, phase) for phase in PHASES}
    except SkillError as problem:
        problems.append(problem)
    pages = gather(project, skill, day)
    problems += [page.problem for page in pages if page.problem]
    owed = debts_of(project, skill, pages, day, from_git=True)
    return _View(skill, gates, budget, owed, pages, handles(project, skill), problems)


def _text(view: _View) -> Iterator[str]:
    from ledger.flow.signal import waits

    skill = view.skill
    yield from (*_wrap("", skill.title), skill.where, "")
    for entry in skill.ledger:
        mark = ">" if entry == skill.current else " "
        yield from _wrap(f"{mark} {entry.phase:15}  {entry.raw:11}  ", _note(view, entry))
    yield ""
    yield from _wrap("budget   ", str(view.budget or "cannot be read"))
    if view.owed:
        late = sum(owed.overdue for owed in view.owed)
        yield f"owed     {len(view.owed)}, {late} of it overdue: ledger debts {skill.name}"
    for name, comment in waits(skill):
        yield from _wrap("waits on ", name + (f" ({comment})" if comment else ""))
    for page in view.pages:
        yield from _page_lines(page)
    for handle in view.handles:
        yield from _wrap("handle   ", str(handle))
    for problem in view.problems:
        yield from _wrap("problem  ", str(problem).splitlines()[0])


def _note(view: _View, entry: Entry) -> str:
    asks = view.gates.get(entry.phase, ())
    return entry.note or (f"gates: {', '.join(asks)}" if asks and not entry.settled else "")


def _page_lines(page: PageEvidence) -> Iterator[str]:
    from ledger.flow.evidence import tally

    said = "cannot be read" if page.problem else f"{tally(page.states)}; {page.run()}"
    yield from _wrap("page     ", f"{page.where}: {said.rstrip('; ')}")
    for where, what in page.doubts():
        yield from _wrap(" " * 9, f"{where}: {what}")


def _wrap(head: str, text: str) -> list[str]:
    return wrapped(head, text) or [head.rstrip()]


def _document(view: _View) -> dict[str, Any]:
    skill, budget = view.skill, view.budget
    figures = ("planned", "spent", "returned", "remaining")
    return {
        "skill": skill.name,
        "title": skill.title,
        "file": skill.where,
        "current": skill.current.phase if skill.current else None,
        "phases": [_phase(view, entry) for entry in skill.ledger],
        "entropy": {key: f"{getattr(budget, key):f}" for key in figures} if budget else None,
        "owed": [_owed(owed) for owed in view.owed],
        "blocking": list(skill.strings("blocking")),
        "enables": list(skill.strings("enables")),
        "pages": [_page(page) for page in view.pages],
        "handles": [vars(handle) for handle in view.handles],
        "problems": [{"where": p.where, "what": p.what, "fix": p.fix} for p in view.problems],
    }


def _phase(view: _View, entry: Entry) -> dict[str, Any]:
    return {
        "phase": entry.phase,
        "status": entry.status,
        "written": entry.raw,
        "settled": entry.settled,
        "note": entry.note,
        "line": entry.line or None,
        "gates": list(view.gates.get(entry.phase, ())),
    }


def _owed(owed: Owed) -> dict[str, Any]:
    return vars(owed) | {"until": owed.until.isoformat() if owed.until else None}


def _page(page: PageEvidence) -> dict[str, Any]:
    lock = page.lock
    return {
        "page": page.where,
        "state": page.word,
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
