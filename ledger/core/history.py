"""Who moved which phase, and when: read from git alone, nothing is stored beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ledger.core.clock import day
from ledger.core.forest import facts
from ledger.core.phases import PHASES, SETTLED, Status, read_status
from ledger.core.project import Project
from ledger.core.scan import Phase, scan
from ledger.core.versions import Version, blobs, versions
from ledger.errors import SkillError

_Ledger = dict[str, Phase]


class Move(NamedTuple):
    """One phase that got another status.

    Attributes:
        commit: the hash of the commit in which it appears; empty if none holds it yet.
        day: the author's day, in UTC.
        author: the author's name; empty if no commit holds it yet.
        phase: the phase.
        before: its status until then; empty if the plan, or the phase's name, was new.
        after: its status since; an alias is given as the status that it means.
        note: the comment on its line.
    """

    commit: str
    day: date
    author: str
    phase: str
    before: str
    after: str
    note: str


def history(project: Project, path: Path, today: date | None = None) -> list[Move]:
    """Every move of a skill's phases, the newest last; none outside git or of an untracked file.

    All branches that were merged count, each move in the commit that made it; a commit that was
    picked or rebased counts once, and a merge only for what none of its parents says. A version
    that cannot be read is passed over, so its moves show in the next one that can.

    Args:
        project: the project that holds the skill.
        path: the skill's file.
        today: the day of what is not committed yet; the clock's if None.
    """
    found, where = list(versions(path)), project.relative(path)
    ledgers = _ledgers(path, where, found)
    moves: dict[tuple[object, ...], Move] = {}
    for version in found:
        told = (version.commit, version.day, version.author)
        for move in _moves(told, [ledgers[p] for p in version.parents], ledgers[version.blob]):
            if move.before or not version.cut:
                key = (version.seconds, version.author, move.phase, move.after)
                moves.setdefault(key, move)
    return [*moves.values(), *_uncommitted(path, where, today or day())]


def transitions(project: Project, path: Path, today: date | None = None) -> int:
    """How many moves the plan's phases have made since REFLECT was last settled."""
    count = 0
    for move in history(project, path, today):
        if move.phase == PHASES[-1] and move.after in SETTLED:
            count = 0
        elif move.before:
            count += 1
    return count


def _moves(told: tuple[str, date, str], parents: list[_Ledger], ledger: _Ledger) -> Iterator[Move]:
    """What a version says that none of its parents said."""
    for phase, entry in ledger.items():
        before = [_word(parent[phase]) if phase in parent else "" for parent in parents]
        after = _word(entry)
        unmoved = not any(before) and after == Status.PENDING
        if not unmoved and after not in before:
            yield Move(*told, phase, next(filter(None, before), ""), after, entry.note)


def _uncommitted(path: Path, where: str, today: date) -> Iterator[Move]:
    (committed,) = blobs(path, [f"HEAD:./{path.name}"])
    before = _read(path, where, committed)
    if before and path.is_file():
        now = _read(path, where, path.read_bytes())
        yield from _moves(("", today, ""), [before], now or {})


def _word(entry: Phase) -> str:
    return str(read_status(entry.raw) or entry.raw)


def _ledgers(path: Path, where: str, found: list[Version]) -> dict[str, _Ledger]:
    """The ledger of every blob; one that cannot be read counts as what was before it."""
    names = list(dict.fromkeys(name for v in found for name in (*v.parents, v.blob)))
    texts = blobs(path, names)
    read = {name: _read(path, where, text) for name, text in zip(names, texts, strict=True)}
    for version in found:
        if read[version.blob] is None:
            read[version.blob] = read[version.parents[0]]
    return {name: ledger or {} for name, ledger in read.items()}


def _read(path: Path, where: str, data: bytes) -> _Ledger | None:
    """The phases of one version; None if it cannot be read."""
    text = data.decode(errors="replace")
    told = scan(text, path.stem, where)
    if told is None:
        from ledger.core.skill import Skill

        try:
            told = facts(Skill(path, where, text))
        except SkillError:
            return None
    return {phase.name: phase for phase in told.phases}
