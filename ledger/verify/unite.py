"""Bring the evidence of several machines together, each of which ran some of the pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ledger.core.files import write_atomic
from ledger.core.project import Project
from ledger.errors import PageError, UsageError
from ledger.pages.evidence import Lock
from ledger.verify.record import PREDICATE, STATEMENT


class Taken(NamedTuple):
    """A file to take over.

    Attributes:
        file: where it goes, relative to the project.
        source: where it comes from.
        data: what it holds.
    """

    file: str
    source: Path
    data: bytes


def unite(project: Project, folders: Sequence[Path]) -> list[Taken]:
    """Find what to take from copies of the project's `evidence/` and `.ledger/runs/`.

    What a folder has as the project has it is no news. Nothing is written.

    Raises:
        UsageError: a folder holds neither.
        PageError: two folders have different news of one page, or a file is none of evidence.
    """
    taken: dict[str, Taken] = {}
    for folder in folders:
        for file in _news(project, folder):
            other = taken.setdefault(file.file, file)
            if other.data != file.data:
                what = f"two shards ran this page: {other.source} and {file.source} differ"
                fix = (
                    "give all shards the same .ledger/runs before they run, or drop one of the two"
                )
                raise PageError(what, where=file.file, fix=fix)
    return sorted(taken.values())


def take(project: Project, taken: Sequence[Taken]) -> None:
    """Write what was found, each file whole."""
    for file in taken:
        write_atomic(project.root / file.file, file.data)


def _news(project: Project, folder: Path) -> Iterator[Taken]:
    places = [path.relative_to(project.root) for path in (project.evidence, project.runs)]
    if not any((folder / place).is_dir() for place in places):
        what = f"holds neither {' nor '.join(f'{place}/' for place in places)}"
        raise UsageError(what, where=str(folder), fix="name a copy of the project's folder")
    for place in places:
        for path in sorted((folder / place).rglob("*.json")):
            name = path.relative_to(folder / place)
            data, there = path.read_bytes(), project.root / place / name
            _check(project, name, data, str(path), is_lock=place == places[0])
            if not there.is_file() or there.read_bytes() != data:
                yield Taken((place / name).as_posix(), path, data)


def _check(project: Project, name: Path, data: bytes, where: str, *, is_lock: bool) -> None:
    """Make sure that a file is evidence of the page that its name says.

    Raises:
        PageError: it is not.
    """
    page = project.docs / name.with_suffix(".md")
    text = data.decode("utf-8", errors="replace")
    told = Lock.from_json(text, where).page if is_lock else _subject(text, where)
    if told != project.relative(page):
        raise PageError(f"it is evidence of {told!r}", where=where, fix="drop it")
    if not page.is_file():
        raise PageError(f"there is no page {told}", where=where, fix="drop it")


def _subject(text: str, where: str) -> object:
    try:
        raw = json.loads(text)
        if (raw["_type"], raw["predicateType"]) == (STATEMENT, PREDICATE):
            return raw["subject"][0]["name"]
    except (ValueError, KeyError, TypeError, IndexError):
        pass
    raise PageError("not the record of a run", where=where, fix="drop it")
