"""What a prompt says of the way that lies behind a phase."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ledger.core.phases import PHASES
from ledger.core.skill import Skill
from ledger.flow.brief import Brief
from ledger.flow.evidence import PageEvidence, tally
from ledger.flow.signal import waits
from ledger.flow.text import one_line

_BLOCKS: Final = 3


def context(skill: Skill, phase: str, task: Brief, evidence: Iterable[PageEvidence]) -> list[str]:
    """Where the plan stands, what it waits on, what its pages prove, what was done before."""
    known = skill.ledger[: len(PHASES)]
    entry, settled = skill.entry(phase), sum(e.settled for e in known)
    said = f": {one_line(entry.note)}" if entry.note else ""
    lines = [
        f"{settled} of {len(PHASES)} phases are settled; "
        f"this one is {phase}, {entry.status or 'pending'}{said}."
    ]
    lines += [f"- Waits on: {name}{f' ({why})' if why else ''}" for name, why in waits(skill)]
    for page in evidence:
        lines += _page(page)
    done = [e for e in known if e.status and e.status.done and e.phase != phase and e.note]
    lines += [f"- {e.phase} is {e.status}: {one_line(e.note)}" for e in done]
    enabled = ", ".join(map(one_line, skill.strings("enables")))
    lines += [f"- Waited on by: {enabled}"] if enabled else []
    own = task.said("context").splitlines()
    return [*lines, "", *own] if own else lines


def worth(page: PageEvidence) -> str:
    """What a prompt says of a page: its blocks by state, and the run that they come from."""
    if page.problem:
        return f"cannot be read: {one_line(page.problem.what)}"
    run = page.run()
    return tally(page.states) + (f"; {run}" if run else "")


def _page(page: PageEvidence) -> list[str]:
    lines = [f"- {one_line(page.where)}: {worth(page)}"]
    doubts = page.doubts()
    lines += [f"  - {where}: {one_line(what)}" for where, what in doubts[:_BLOCKS]]
    rest = f"{len(doubts) - _BLOCKS} more; " if len(doubts) > _BLOCKS else ""
    return [*lines, f"  - {rest}mend with: {page.mend()}"] if doubts else lines


def notes(skill: Skill) -> list[str]:
    """What the last person to touch the plan wrote down."""
    text = str(skill.header.data.get("session_notes") or "").strip()
    return [f"> {line}".rstrip() for line in text.splitlines()]
