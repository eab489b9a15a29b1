"""Epilogues: what a phase left behind when it settled, written from the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from ledger.core.phases import PHASES
from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.flow.debts import debts_of
from ledger.flow.gates import GateResult, Subject
from ledger.flow.render import render
from ledger.flow.signal import Handle, debt_line, handles, signal
from ledger.flow.text import plan_title
from ledger.flow.verdict import decide, why


def epilogue_path(project: Project, skill: Skill, phase: str, today: date) -> Path:
    """Where the epilogue of a phase that settles today belongs."""
    return project.epilogues / f"{today}-{skill.name}-{phase.lower()}.md"


def latest_epilogue(project: Project, skill: Skill) -> Path | None:
    """The newest epilogue of `skill`; of one day's, that of the latest phase, the last number."""
    order = {phase.lower(): index for index, phase in enumerate(PHASES)}
    phases = "|".join(order)
    pattern = re.compile(rf"(\d{{4}}-\d\d-\d\d)-{re.escape(skill.name)}-({phases})(?:-(\d+))?\.md")
    found = [
        (match[1], order[match[2]], int(match[3] or 1), path)
        for path in project.epilogues.glob("*.md")
        if (match := pattern.fullmatch(path.name))
    ]
    return max(found)[-1] if found else None


def build_epilogue(
    subject: Subject,
    gates: Iterable[GateResult],
    today: date,
    *,
    forced: str = "",
    decision: str = "",
) -> str:
    """Write the epilogue of a phase; the same files and day give the same bytes.

    Args:
        subject: the plan with the phase already settled, and what its pages prove.
        gates: what was asked before it settled.
        today: the UTC day.
        forced: why it settled past shut gates; empty if none was shut.
        decision: what becomes of the plan, for REFLECT; what the files call for if empty.
    """
    skill, phase = subject.skill, subject.phase
    owed = debts_of(subject.project, skill, subject.evidence, today)
    if phase == PHASES[-1]:
        decision = decision or decide(skill, owed)
    return render(
        "epilogue.md.j2",
        skill=skill,
        title=plan_title(skill.title),
        phase=phase,
        entry=skill.entry(phase),
        today=today,
        gates=list(gates),
        forced=forced,
        decision=decision,
        why=why(skill, owed, decision) if decision else "",
        trace=[entry for entry in skill.ledger[: len(PHASES)] if entry.settled],
        artifacts=_artifacts(subject.project, skill),
        evidence=subject.evidence,
        debts=[debt_line(debt, today) for debt in owed],
        budget=skill.budget,
        signal=signal(subject.project, skill, phase),
    )


def _artifacts(project: Project, skill: Skill) -> list[Handle]:
    named = handles(project, skill)
    paths = {handle.path for handle in named}
    pages = [name for name in skill.strings("docs") if name not in paths]
    return named + [Handle("page", name, (project.root / name).exists()) for name in pages]
