"""The continuation prompt: all that the next phase needs, as a pure function of the files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from pathlib import PurePosixPath
from typing import Final

from ledger.core.entropy import FLOOR
from ledger.core.phases import PHASES
from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.flow.brief import Brief, brief_of
from ledger.flow.evidence import PageEvidence, tally
from ledger.flow.render import render
from ledger.flow.signal import DEPLETED, Handle, debts, handles, signal

MAX_LINES: Final = 160
# How many lines each part may take, so that all of them together stay below MAX_LINES.
_HANDLES: Final = 14
_CONTEXT: Final = 24
_NOTES: Final = 6
_MISSION: Final = 40
_LIST: Final = 10
_BLOCKS: Final = 3
_TRACKS: Final = 8
# In a skill a track's heading stands one level deeper than in a prompt.
_RAISED: Final = re.compile(r"^#(?=#{3,} )", re.MULTILINE)
_STEP: Final = Decimal("0.001")


def build_prompt(
    project: Project,
    skill: Skill,
    phase: str,
    evidence: Iterable[PageEvidence],
    epilogue: str = "",
) -> str:
    """Write the prompt for `phase`; the same files give the same bytes.

    Args:
        project: the project that handles are looked up in.
        skill: the plan.
        phase: the phase to work on.
        evidence: what the skill's pages prove.
        epilogue: the newest epilogue's path, relative to the project; empty if there is none.

    Returns:
        Markdown of at most MAX_LINES lines.
    """
    brief = brief_of(skill, phase)
    found = handles(project, skill)
    if epilogue:
        found.append(Handle("epilogue", epilogue, exists=True))
    return render(
        "prompt.md.j2",
        phase=phase,
        sprint=_key(skill, "sprint", _slug(skill.name)),
        span=_key(skill, "span", _parent(skill)),
        handles=_clip([str(handle) for handle in found], _HANDLES, skill),
        ledger=_ledger(skill, phase),
        budget=skill.budget,
        title=_one_line(skill.title),
        context=_context(skill, phase, tuple(evidence)),
        mission=_clip(_mission(brief), _MISSION, skill),
        exit=_clip(list(brief.exit), _LIST, skill),
        non_goals=_clip(list(brief.non_goals), _LIST, skill),
        draw=draw(skill, phase),
        allocation=_allocation(brief.shares, draw(skill, phase)),
        halted=skill.budget.depleted(unsettled=True),
        closing=brief.closing,
        signal=signal(project, skill, phase),
        halts=[f"⟂[{token}] {why}" for token, why in brief.halts.items()] + [DEPLETED],
    )


def draw(skill: Skill, phase: str) -> Decimal:
    """What this phase may draw: an even share of what is left, or all of it.

    All of it where a share would leave a rest that halts the plan. Zero if nothing is left.
    """
    remaining = skill.budget.remaining
    if remaining < FLOOR:
        return Decimal(0)
    others = sum(not e.settled and e.phase != phase for e in skill.ledger[: len(PHASES)])
    share = (remaining / (others + 1)).quantize(_STEP, ROUND_DOWN)
    return share if others and remaining - share >= FLOOR and share else remaining


def _allocation(shares: tuple[tuple[str, int], ...], amount: Decimal) -> list[tuple[str, Decimal]]:
    """The draw, divided by the tracks' shares; the last track takes what rounding leaves."""
    if not amount or sum(share for _, share in shares) != 100:
        return []
    *first, (last, _) = shares[:_TRACKS]
    rows = [(name, (amount * share / 100).quantize(_STEP, ROUND_DOWN)) for name, share in first]
    return [*rows, (last, amount - sum((part for _, part in rows), Decimal(0)))]


def _ledger(skill: Skill, phase: str) -> str:
    known = skill.ledger[: len(PHASES)]
    shown = [e for e in known if e.settled or e.phase == phase]
    return ", ".join(f"{entry.phase}:{entry.raw or 'pending'}" for entry in shown)


def _context(skill: Skill, phase: str, evidence: tuple[PageEvidence, ...]) -> list[str]:
    known = skill.ledger[: len(PHASES)]
    settled = [entry for entry in known if entry.settled]
    lines = [f"{len(settled)} of {len(PHASES)} phases are settled; this one is {phase}."]
    done = [e for e in settled if e.status and e.status.done and e.phase != phase]
    lines += [f"- {e.phase} is {e.raw}{f': {e.note}' if e.note else ''}" for e in done[-1:]]
    lines += [f"- Owed: {e.phase} is {e.raw}: {e.reason or 'no reason'}" for e in debts(skill)]
    lines += [f"- Waits on: {_one_line(name)}" for name in skill.strings("blocking")]
    for page in evidence:
        lines += _page(page)
    return _clip(lines, _CONTEXT, skill) + _notes(skill)


def _page(page: PageEvidence) -> list[str]:
    if page.problem:
        return [f"- {page.where} cannot be read: {_one_line(page.problem.what)}"]
    run = page.run()
    lines = [f"- {page.where}: {tally(page.states)}" + (f"; {run}" if run else "")]
    doubts = page.doubts()
    lines += [f"  - {where}: {what}" for where, what in doubts[:_BLOCKS]]
    rest = f"{len(doubts) - _BLOCKS} more; " if len(doubts) > _BLOCKS else ""
    return [*lines, f"  - {rest}mend with: {page.mend()}"] if doubts else lines


def _notes(skill: Skill) -> list[str]:
    notes = str(skill.header.data.get("session_notes") or "").strip()
    lines = ["", *(f"> {line}".rstrip() for line in notes.splitlines())] if notes else []
    return _clip(lines, _NOTES, skill)


def _mission(brief: Brief) -> list[str]:
    lines = brief.mission.splitlines()
    for letter, track in zip("ABCDEFGH", brief.tracks, strict=False):
        lines += ["", f"### Track {letter}: {track.name} ({track.share}%)", ""]
        lines += [f"{number}. {step}" for number, step in enumerate(track.steps, 1)]
    if brief.own_tracks:
        lines += ["", *_RAISED.sub("", brief.own_tracks).splitlines()]
    return lines


def _clip(lines: list[str], most: int, skill: Skill) -> list[str]:
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], f"... and {len(lines) - most + 1} more lines, see {skill.where}"]


def _key(skill: Skill, key: str, default: str) -> str:
    return _one_line(str(skill.header.data.get(key) or default))


def _parent(skill: Skill) -> str:
    parent = skill.header.data.get("parent")
    return _slug(PurePosixPath(str(parent)).stem) if parent else _slug(skill.name)


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name)


def _one_line(text: str) -> str:
    return " ".join(text.split())
