"""The continuation prompt: all that the next phase needs, as a pure function of the files."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ledger.core.phases import PHASES
from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.flow import tables
from ledger.flow.branches import branches_of
from ledger.flow.brief import Brief, brief_of, items
from ledger.flow.context import context, notes
from ledger.flow.debts import debts_of
from ledger.flow.epilogue import latest_epilogue
from ledger.flow.evidence import PageEvidence
from ledger.flow.fit import Parts, fit
from ledger.flow.render import render_team, team_template
from ledger.flow.shares import allocate, draw
from ledger.flow.signal import Handle, debt_line, detach, exits, handles, signal
from ledger.flow.text import one_line, plan_title

# In a skill a track's heading stands one level deeper than in a prompt.
_RAISED: Final = re.compile(r"^#(?=#{3,} )", re.MULTILINE)


def next_prompt(
    project: Project,
    skill: Skill,
    evidence: tuple[PageEvidence, ...],
    today: date,
    *,
    epilogue: Path | None = None,
    phase: str | None = None,
    brief: bool = False,
) -> str:
    """The prompt of `phase`, by default of the first that is open; the plan's halt if none is.

    Args:
        project: the project that holds the skill.
        skill: the plan.
        evidence: what its pages prove.
        today: the UTC day to measure ages on.
        epilogue: the newest epilogue; looked for if None.
        phase: the phase to work on.
        brief: whether it shall be brief.

    Raises:
        SkillError: a template of the team's cannot be used.
    """
    phase = phase or (skill.current.phase if skill.current else None)
    if phase is None:
        return "\n".join(detach(skill)) + "\n"
    newest = epilogue or latest_epilogue(project, skill)
    name = project.relative(newest) if newest else ""
    return build_prompt(project, skill, phase, evidence, name, today=today, brief=brief)


def build_prompt(
    project: Project,
    skill: Skill,
    phase: str,
    evidence: tuple[PageEvidence, ...],
    epilogue: str = "",
    *,
    today: date,
    brief: bool,
) -> str:
    """Write the prompt for `phase`; the same files and day give the same bytes.

    Args:
        project: the project that handles are looked up in.
        skill: the plan.
        phase: the phase to work on.
        evidence: what the skill's pages prove.
        epilogue: the newest epilogue's path, relative to the project; empty if there is none.
        today: the UTC day to measure ages on.
        brief: whether it shall be brief.

    Returns:
        Markdown of at most MAX_LINES lines; of at most BRIEF_LINES if brief.

    Raises:
        SkillError: a template of the team's cannot be used, or makes the prompt too long.
    """
    task, owed = brief_of(skill, phase), debts_of(project, skill, evidence, today)
    template = team_template(project, phase)
    *halts, depleted = exits(skill, task)
    facts = _facts(project, skill, phase, task) | {"brief": brief, "depleted": depleted}
    found = prompt_handles(project, skill, epilogue)
    parts = {
        "notes": notes(skill),
        "principles": tables.principles(task),
        "decisions": tables.decisions(task) if phase == "IMPLEMENT" else [],
        "files": tables.files(phase, task, handles(project, skill)[1:]),
        "branches": _branches(skill, task),
        "non_goals": list(task.non_goals),
        "table": tables.own_table(skill, phase, task, evidence, owed),
        "chunks": tables.chunks(task) if phase == "IMPLEMENT" else [],
        "allocation": _allocation(skill, phase, task),
        "context": context(skill, phase, task, evidence),
        "debts": [debt_line(debt, today) for debt in owed] or ["- none"],
        "handles": [str(handle) for handle in found],
        "halts": halts,
        "exit": list(task.exit),
        "mission": _mission(task),
    }

    def draft(kept: Parts) -> str:
        return render_team(project, template, **facts, **kept)

    return fit(parts, draft, skill.where, brief=brief)


def prompt_handles(project: Project, skill: Skill, epilogue: str) -> list[Handle]:
    """What a prompt hands on: the skill's handles and the newest epilogue, if there is one."""
    found = handles(project, skill)
    if not epilogue:
        return found
    newest = Handle("epilogue", epilogue, exists=True)
    return [*(handle for handle in found if handle.name != newest.name), newest]


def ledger_map(skill: Skill) -> dict[str, str]:
    """All eleven phases and the status of each; a word that means none counts as pending."""
    return {e.phase: str(e.status or "pending") for e in skill.ledger[: len(PHASES)]}


def sprint(skill: Skill) -> str:
    """What the plan is called in a prompt's first line."""
    return _key(skill, "sprint", _slug(skill.name))


def span(skill: Skill) -> str:
    """What the plan belongs to, in a prompt's first line."""
    parent = skill.header.data.get("parent")
    return _key(skill, "span", _slug(PurePosixPath(str(parent)).stem if parent else skill.name))


def _facts(project: Project, skill: Skill, phase: str, task: Brief) -> dict[str, Any]:
    known = ", ".join(f"{name}:{status}" for name, status in ledger_map(skill).items())
    amount = draw(skill, phase)
    return {
        "phase": phase,
        "sprint": sprint(skill),
        "span": span(skill),
        "ledger": f"{{{known}}}",
        "entropy": str(skill.budget),
        "title": plan_title(skill.title),
        "table_title": task.table.title if task.table else "",
        "draw": f"{amount:f}" if amount else "",
        "halted": skill.budget.depleted(unsettled=True),
        "closing": task.closing,
        "signal": signal(project, skill, phase),
    }


def _allocation(skill: Skill, phase: str, task: Brief) -> list[str]:
    rows = allocate(draw(skill, phase), task.activities)
    shown = [(name, f"{amount:f}") for name, amount in rows]
    return tables.table(("Activity", "Allocation"), shown) if shown else []


def _branches(skill: Skill, task: Brief) -> list[str]:
    surfaced = [
        f"- {branch.when or 'No condition'}: spawn `{branch.name}` at {branch.phase} "
        f"({branch.kind}{f', since {branch.since}' if branch.since else ''})"
        for branch in branches_of(skill)
        if branch.kind != "void"
    ]
    own = [f"- {one_line(item)}" for item in items(task.said("branch candidates"))]
    return surfaced + own or ["- none"]


def _mission(task: Brief) -> list[str]:
    lines = task.mission.splitlines()
    for letter, track in zip("ABCDEFGH", task.tracks, strict=False):
        lines += ["", f"### Track {letter}: {track.name} ({track.share}%)", ""]
        lines += [f"{number}. {step}" for number, step in enumerate(track.steps, 1)]
    if task.own_tracks:
        lines += ["", *_RAISED.sub("", task.own_tracks).splitlines()]
    return lines


def _key(skill: Skill, key: str, default: str) -> str:
    return one_line(skill.header.data.get(key) or default)


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name)
