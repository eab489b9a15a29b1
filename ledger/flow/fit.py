"""Keeping a prompt short: which parts give way first, and how far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ledger.core.skill import fence_after
from ledger.errors import SkillError

MAX_LINES: Final = 160
BRIEF_LINES: Final = 80


class Size(NamedTuple):
    """How many lines a part of a prompt keeps when there is too little room.

    Attributes:
        fair: what it is cut to first, so that one huge part does not eat the others.
        least: what it always keeps.
        brief: what it always keeps in a brief prompt; 0 for all or nothing.
    """

    fair: int
    least: int
    brief: int


# In the order in which they give way.
SIZES: Final = {
    "notes": Size(6, 2, 0),
    "principles": Size(8, 3, 0),
    "decisions": Size(6, 3, 0),
    "files": Size(10, 5, 0),
    "branches": Size(6, 3, 1),
    "non_goals": Size(8, 4, 1),
    "table": Size(12, 6, 0),
    "chunks": Size(14, 6, 0),
    "allocation": Size(9, 9, 0),
    "context": Size(20, 10, 5),
    "debts": Size(8, 4, 2),
    "handles": Size(14, 10, 7),
    "halts": Size(6, 4, 3),
    "exit": Size(10, 6, 4),
    "mission": Size(60, 24, 8),
}

Parts = Mapping[str, list[str]]


def fit(parts: Parts, draft: Callable[[Parts], str], where: str, *, brief: bool) -> str:
    """Shorten parts until the text has at most MAX_LINES lines, or BRIEF_LINES.

    Args:
        parts: the lines of each part of SIZES.
        draft: makes the text of parts.
        where: the file that holds all that is left out.
        brief: whether the text shall be brief.

    Raises:
        SkillError: the text is too long with every part at its shortest.
    """
    most = BRIEF_LINES if brief else MAX_LINES
    kept = dict(parts)
    for level in ("fair", "brief" if brief else "least"):
        for name, size in SIZES.items():
            over = len(draft(kept).splitlines()) - most
            if over <= 0:
                return draft(kept)
            least = getattr(size, level)
            room = max(len(kept[name]) - over, least) if least else 0
            kept[name] = clip(parts[name], room, where)
    text = draft(kept)
    if len(text.splitlines()) > most:
        raise SkillError(
            f"the prompt has {len(text.splitlines())} lines, more than {most}",
            where=where,
            fix="shorten the templates in skills/_templates",
        )
    return text


def clip(lines: list[str], most: int, where: str) -> list[str]:
    """At most `most` lines, of which the last tells how many more there are; fences stay whole."""
    if len(lines) <= most:
        return lines
    kept = lines[: max(most - 1, 0)]
    if (opening := _open_fence(kept)) is not None:
        kept = kept[:opening]
    rest = f"... and {len(lines) - len(kept)} more lines, see {where}"
    return [*kept, rest] if most else []


def _open_fence(lines: list[str]) -> int | None:
    """The index of the line that opens a fence which no later line closes."""
    opening, fence = 0, ""
    for index, line in enumerate(lines):
        before, fence = fence, fence_after(line, fence)
        if not before:
            opening = index
    return opening if fence else None
