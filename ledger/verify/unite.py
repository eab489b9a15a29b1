"""Bring the evidence of several machines together, each of which ran some of the pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ledger.core.files import write_atomic
from ledger.core.project import Project
from ledger.errors import PageError, UsageError
from ledger.pages.evidence import Lock
from ledger.verify.attested import read_told


class Taken(NamedTuple):
    """A file to take over.

    Attributes:
        file: where it goes, relative to the project.
        sources: where it comes from; several if shards ran several variants of the page.
        data: what it holds.
    """

    file: str
    sources: tuple[Path, ...]
    data: bytes


class _News(NamedTuple):
    """What one shard has of one run; empty data if it dropped it."""

    file: str
    variant: str
    source: Path
    data: bytes


def unite(project: Project, folders: Sequence[Path]) -> list[Taken]:
    """Find what to take from copies of the project's `evidence/` and `.ledger/runs/`.

    What a folder has as the project has it is no news. Nothing is written.

    Raises:
        UsageError: a folder holds neither.
        PageError: two folders have different news of one run, or a file is none of evidence.
    """
    taken: dict[tuple[str, str], _News] = {}
    for folder in folders:
        for news in _news(project, folder):
            other = taken.setdefault((news.file, news.variant), news)
            if other.data != news.data:
                what = f"two shards ran this page: {other.source} and {news.source} differ"
                fix = (
                    "give all shards the same .ledger/runs before they run, or drop one of the two"
                )
                raise PageError(what, where=news.file, fix=fix)
    files = sorted({news.file for news in taken.values()})
    return [_whole(project, [n for n in taken.values() if n.file == file]) for file in files]


def take(project: Project, taken: Sequence[Taken]) -> None:
    """Write what was found, each file whole."""
    for file in taken:
        write_atomic(project.root / file.file, file.data)


def _news(project: Project, folder: Path) -> Iterator[_News]:
    places = [path.relative_to(project.root) for path in (project.evidence, project.runs)]
    if not any((folder / place).is_dir() for place in places):
        what = f"holds neither {' nor '.join(f'{place}/' for place in places)}"
        raise UsageError(what, where=str(folder), fix="name a copy of the project's folder")
    for place in places:
        for path in sorted((folder / place).rglob("*.json")):
            name = path.relative_to(folder / place)
            is_lock = place == places[0]
            _check(project, name, path, is_lock=is_lock)
            new = _parts(path, is_lock=is_lock)
            old = _here(project.root / place / name, is_lock=is_lock)
            for variant in sorted({*new, *old}):
                if new.get(variant) != old.get(variant):
                    data = new.get(variant, b"")
                    yield _News((place / name).as_posix(), variant, path, data)


def _here(path: Path, *, is_lock: bool) -> dict[str, bytes]:
    """What the project has; nothing where it has no file, or evidence that cannot be read."""
    try:
        return _parts(path, is_lock=is_lock)
    except (FileNotFoundError, PageError):
        return {}


def _parts(path: Path, *, is_lock: bool) -> dict[str, bytes]:
    """The runs that a file holds, each as a file of its own, by variant; a record holds one."""
    data = path.read_bytes()
    if not is_lock:
        return {"": data}
    lock = Lock.from_json(data.decode("utf-8", errors="replace"), str(path))
    runs = {"": replace(lock, variants={}), **lock.variants}
    return {variant: run.to_json().encode() for variant, run in runs.items()}


def _whole(project: Project, news: Sequence[_News]) -> Taken:
    """The file that holds what the project has, and the news."""
    file, sources = news[0].file, tuple(dict.fromkeys(one.source for one in news))
    path = project.root / file
    is_lock = path.is_relative_to(project.evidence)
    parts = _here(path, is_lock=is_lock) | {one.variant: one.data for one in news}
    if not is_lock:
        return Taken(file, sources, parts[""])
    runs = {name: Lock.from_json(data.decode(), file) for name, data in parts.items() if data}
    lock = replace(runs.pop(""), variants=runs)
    return Taken(file, sources, lock.to_json().encode())


def _check(project: Project, name: Path, path: Path, *, is_lock: bool) -> None:
    """Make sure that a file is evidence of the page, and the variant, that its name says.

    Raises:
        PageError: it is not.
    """
    text, where = path.read_text("utf-8", errors="replace"), str(path)
    told, variant = (Lock.from_json(text, where).page, "") if is_lock else _subject(text, where)
    mark = f"@{variant}" if variant else ""
    page = project.docs / name.with_name(f"{name.stem.removesuffix(mark)}.md")
    if told != project.relative(page) or not name.stem.endswith(mark):
        raise PageError(f"it is evidence of {told + mark!r}", where=where, fix="leave it out")
    if not page.is_file():
        raise PageError(f"there is no page {told}", where=where, fix="leave it out")


def _subject(text: str, where: str) -> tuple[str, str]:
    told = read_told(text, where)
    return told.page, told.variant
