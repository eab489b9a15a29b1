"""What a phase is for: the project's own words, or a skill's better ones."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from ledger.core.skill import Skill, subsections
from ledger.flow.text import one_line

_DATA: Final = Path(__file__).with_name("phases.toml")
_TRACK = re.compile(
    r"^#{3,} (?:Track \w+: )?(?P<name>.+?)(?: \((?P<share>\d+)%\))?[ \t]*$", re.MULTILINE
)
_FENCED = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,}).*?(?:^[ \t]*(?P=fence)|\Z)", re.MULTILINE | re.DOTALL
)
# Plans name here what they start from: `Context from Phase 10`.
_CONTEXT = re.compile(r"context from .+")
# A rule that parts a section from the next says nothing in a prompt.
_RULE = re.compile(r"\n\s*\n-{3,}\s*\Z")
_ACTIVITY = re.compile(r"(?P<name>.+?)(?: \((?P<share>\d+)%\))?")
_ITEM = re.compile(r"^(?:[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(?P<text>.+)$")
_HALT = re.compile(r"^[-*+ \t]*`?⟂\[(?P<token>[^\]\s]+)\]`?:?[ \t]*(?P<why>.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Track:
    """A part of a mission.

    Attributes:
        name: its name.
        share: its share of the phase's effort, in per cent.
        steps: what to do, in order.
    """

    name: str
    share: int
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table that a phase's prompt carries unless the skill has a better one.

    Attributes:
        title: its heading.
        head: the names of its columns.
        rows: its cells.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Brief:
    """One phase's task.

    Attributes:
        mission: what it is for; Markdown.
        closing: one sentence to end on.
        actions: what to do next, in short imperatives.
        exit: what must be true at its end.
        non_goals: what it leaves alone.
        halts: reasons to stop: token to sentence.
        tracks: the parts of the mission; empty where the skill wrote its own.
        activities: what may draw on the budget, each with its weight.
        table: the phase's own table; None if it has none.
        own_tracks: the skill's own tracks, Markdown; empty if it has none.
        own: all that the skill says of the phase: text by heading, in small letters.
    """

    mission: str
    closing: str
    actions: tuple[str, ...]
    exit: tuple[str, ...]
    non_goals: tuple[str, ...]
    halts: dict[str, str]
    tracks: tuple[Track, ...]
    activities: tuple[tuple[str, int], ...]
    table: Table | None = None
    own_tracks: str = ""
    own: dict[str, str] = field(default_factory=dict)

    def said(self, *titles: str) -> str:
        """What the skill says under the first of `titles` that it has; empty if under none."""
        return next((self.own[title] for title in titles if self.own.get(title)), "")


def brief_of(skill: Skill, phase: str) -> Brief:
    """The task of `phase`, with what the skill's body says below a heading of that name.

    `### Mission` (which also replaces the tracks), `### Tracks`, `### Activities`, `### Actions`,
    `### Closing`, `### Exit criteria`, `### Non-goals` and `### Halts` each replace their part.
    IMPLEMENT builds what the plan is for, so the plan's own `## Mission` and the like are its own.
    """
    brief = _briefs()[phase]
    whole = _titled(skill, skill.title)
    own = (whole if phase == "IMPLEMENT" else _shared(whole)) | _titled(skill, phase)
    brief = replace(brief, own=own)
    if mission := brief.said("mission", "your mission"):
        brief = replace(brief, mission=mission, tracks=())
    if tracks := brief.said("tracks"):
        brief = replace(brief, tracks=(), own_tracks=tracks)
    criteria = [item for item in items(brief.said("exit criteria")) if item[:7] != "Ledger:"]
    halts = _HALT.finditer(brief.said("halts", "continuation generator"))
    return replace(
        brief,
        closing=one_line(brief.said("closing")) or brief.closing,
        actions=items(brief.said("actions")) or brief.actions,
        exit=tuple(criteria) or brief.exit,
        non_goals=items(brief.said("non-goals")) or brief.non_goals,
        halts={m["token"]: m["why"] for m in halts} or brief.halts,
        activities=_activities(brief) or brief.activities,
    )


def items(text: str) -> tuple[str, ...]:
    """The items of a Markdown list, each on one line; a wrapped item's lines are joined."""
    found: list[str] = []
    for line in text.splitlines():
        if item := _ITEM.match(line):
            found.append(item["text"])
        elif found and line.startswith(" ") and line.strip():
            found[-1] += f" {line.strip()}"
    return tuple(found)


def _titled(skill: Skill, title: str) -> dict[str, str]:
    found = subsections(skill.body, title).items()
    return {_CONTEXT.sub("context", name.casefold()): _RULE.sub("", text) for name, text in found}


def _shared(whole: dict[str, str]) -> dict[str, str]:
    """What a plan says once for all of its phases."""
    names = ("branch candidates", "principles", "principles alignment")
    return {name: whole[name] for name in names if name in whole}


def _activities(brief: Brief) -> tuple[tuple[str, int], ...]:
    """What the skill itself would spend the budget on: activities, else tracks."""
    told = [m for item in items(brief.said("activities")) if (m := _ACTIVITY.fullmatch(item))]
    missions = _FENCED.sub("", f"{brief.mission}\n{brief.own_tracks}")
    found = told or list(_TRACK.finditer(missions))
    weights = [int(match["share"] or 0) for match in found]
    if not any(weights):
        weights = [1] * len(found)
    return tuple((match["name"], weight) for match, weight in zip(found, weights, strict=True))


@cache
def _briefs() -> dict[str, Brief]:
    return {name: _brief(raw) for name, raw in tomllib.loads(_DATA.read_text("utf-8")).items()}


def _brief(raw: dict[str, Any]) -> Brief:
    tracks = tuple(Track(t["name"], t["share"], tuple(t["steps"])) for t in raw["tracks"])
    table = raw.get("table")
    return Brief(
        mission=raw["mission"],
        closing=raw["closing"],
        actions=tuple(raw["actions"]),
        exit=tuple(raw["exit"]),
        non_goals=tuple(raw["non_goals"]),
        halts=raw["halts"],
        tracks=tracks,
        activities=tuple((track.name, track.share) for track in tracks),
        table=table
        and Table(table["title"], tuple(table["head"]), tuple(map(tuple, table.get("rows", ())))),
    )
