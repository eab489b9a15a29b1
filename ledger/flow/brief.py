"""What a phase is for: the project's own words, or a skill's better ones."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from ledger.core.skill import Skill, subsections

_DATA: Final = Path(__file__).with_name("phases.toml")
_SHARE = re.compile(r"^#+ (?:Track \w+: )?(?P<name>.+?) \((?P<share>\d+)%\)$", re.MULTILINE)
_ITEM = re.compile(r"^[-*+][ \t]+(?:\[[ xX]\][ \t]+)?(?P<text>.+)$")


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
        own_tracks: the skill's own tracks, Markdown; empty if it has none.
    """

    mission: str
    closing: str
    actions: tuple[str, ...]
    exit: tuple[str, ...]
    non_goals: tuple[str, ...]
    halts: dict[str, str]
    tracks: tuple[Track, ...]
    own_tracks: str = ""

    @property
    def shares(self) -> tuple[tuple[str, int], ...]:
        """Each track and its share, in per cent; of own tracks those whose heading says it."""
        if self.tracks:
            return tuple((track.name, track.share) for track in self.tracks)
        return tuple((m["name"], int(m["share"])) for m in _SHARE.finditer(self.own_tracks))


def brief_of(skill: Skill, phase: str) -> Brief:
    """The task of `phase`, with what the skill's body says below a heading of that name.

    `### Mission` (which also replaces the tracks), `### Tracks`, `### Exit criteria` and
    `### Non-goals` each replace their part.
    """
    brief = _briefs()[phase]
    own = {title.casefold(): text for title, text in subsections(skill.body, phase).items()}
    if mission := own.get("mission"):
        brief = replace(brief, mission=mission, tracks=())
    if tracks := own.get("tracks"):
        brief = replace(brief, tracks=(), own_tracks=tracks)
    if criteria := _items(own.get("exit criteria", "")):
        brief = replace(brief, exit=criteria)
    if non_goals := _items(own.get("non-goals", "")):
        brief = replace(brief, non_goals=non_goals)
    return brief


def _items(text: str) -> tuple[str, ...]:
    """The items of a Markdown list, each on one line; a wrapped item's lines are joined."""
    found: list[str] = []
    for line in text.splitlines():
        if item := _ITEM.match(line):
            found.append(item["text"])
        elif found and line.startswith(" ") and line.strip():
            found[-1] += f" {line.strip()}"
    return tuple(found)


@cache
def _briefs() -> dict[str, Brief]:
    return {name: _brief(raw) for name, raw in tomllib.loads(_DATA.read_text("utf-8")).items()}


def _brief(raw: dict[str, Any]) -> Brief:
    tracks = tuple(Track(t["name"], t["share"], tuple(t["steps"])) for t in raw["tracks"])
    return Brief(
        mission=raw["mission"],
        closing=raw["closing"],
        actions=tuple(raw["actions"]),
        exit=tuple(raw["exit"]),
        non_goals=tuple(raw["non_goals"]),
        halts=raw["halts"],
        tracks=tracks,
    )
