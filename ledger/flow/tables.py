"""The tables of a prompt: what a phase needs besides its task, from the skill and the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ledger.core.skill import Skill
from ledger.flow.brief import Brief, items
from ledger.flow.debts import Owed
from ledger.flow.evidence import PageEvidence, tally
from ledger.flow.signal import Handle
from ledger.flow.text import one_line, row
from ledger.flow.verdict import decide, why
from ledger.pages.state import State

_OWN = {
    "TEST": (),
    "EDUCATE": ("audience", "audience map"),
    "MEASURE": ("targets", "slis"),
    "REFLECT": ("decision",),
}


def own_table(
    skill: Skill, phase: str, brief: Brief, evidence: Iterable[PageEvidence], owed: Sequence[Owed]
) -> list[str]:
    """The lines of the phase's own table: the skill's, what is known, or the project's words."""
    if brief.table is None:
        return []
    if said := brief.said(*_OWN[phase]):
        return said.splitlines()
    rows = list(brief.table.rows)
    if phase == "TEST":
        rows = _strata(brief, evidence)
    elif phase == "MEASURE":
        rows = _targets(skill)
    lines = table(brief.table.head, rows)
    if phase == "REFLECT":
        decision = decide(skill, owed)
        lines += ["", f"By the files: {decision}. {why(skill, owed, decision)}"]
    return lines


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table; one line that says so where there are no rows."""
    body = [row(cells) for cells in rows]
    if not body:
        return [f"No {head[0]} is known yet."]
    return [row(head), row(["---"] * len(head)), *body]


def decisions(brief: Brief) -> list[str]:
    """What was decided before, one a line."""
    return [f"- {one_line(item)}" for item in items(brief.said("decisions", "decisions made"))]


def chunks(brief: Brief) -> list[str]:
    """The pieces in which the plan is built, as the skill lists them."""
    return brief.said("chunks", "implementation chunks", "deliverables").splitlines()


def files(phase: str, brief: Brief, handles: Iterable[Handle]) -> list[str]:
    """What IMPLEMENT makes or changes: as the skill lists it, else its handles."""
    if phase != "IMPLEMENT":
        return []
    if said := brief.said("files", "files to create/modify"):
        return said.splitlines()
    rows = [
        (f"`{handle.path}`", "modify" if handle.exists else "create", handle.name)
        for handle in handles
    ]
    return table(("File", "Action", "Purpose"), rows)


def principles(brief: Brief) -> list[str]:
    """The skill's principles, as it lists them."""
    return brief.said("principles", "principles alignment").splitlines()


def _strata(brief: Brief, evidence: Iterable[PageEvidence]) -> list[tuple[str, ...]]:
    """The skill's own strata, then what each page can run and what it puts off."""
    rows = [
        tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|")))
        for line in brief.said("strata", "test strata").splitlines()
        if line.startswith("|")
    ][2:]
    for page in evidence:
        rows.append(("Integration", page.where, _testable(page)))
        rows += [
            (
                "Integration",
                f"{state.block.name or 'a block'} ({page.where}:{state.block.line})",
                said,
            )
            for state in page.states
            if state.state is State.DEFERRED and (said := f"deferred: {one_line(state.why)}")
        ]
    return rows


def _testable(page: PageEvidence) -> str:
    if page.problem:
        return f"cannot be read: {one_line(page.problem.what)}"
    ran = [state for state in page.states if state.state is not State.DEFERRED]
    return f"testable: {tally(ran)}" if ran else "nothing to run"


def _targets(skill: Skill) -> list[tuple[str, ...]]:
    raw = skill.header.data.get("slis")
    known = [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []
    return [tuple(str(item.get(k, "")) for k in ("sli", "target", "measurement")) for item in known]
