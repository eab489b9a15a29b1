"""List the archives, each with what it holds and whether its checksums hold."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from nats_backup.errors import ArchiveError
from nats_backup.settings import Settings
from nats_backup.sources import Source, source
from nats_backup.store import archive_age
from nats_backup.table import age, render, size

SCHEMA = {"name": "nats-backup-list", "version": 1}
_HEAD = ("ARCHIVE", "AGE", "SIZE", "MESSAGES", "CHECKSUM", "STREAMS")


@dataclass(frozen=True)
class Entry:
    """One archive: age in seconds, size in bytes, and the problem if it is damaged.

    `checked` is what the checksums were computed of: the whole archive, or its manifest alone.
    """

    archive: str
    age: int
    size: int
    streams: tuple[str, ...]
    messages: int
    good: bool
    problem: str
    checked: str


def run(settings: Settings, now: datetime, *, as_json: bool) -> None:
    """Print the archives, newest first, as a table or as JSON."""
    found = source(settings)
    entries = [_entry(found, name, large, now) for name, large in found.sizes().items()]
    if as_json:
        print(json.dumps({"schema": SCHEMA, "archives": [asdict(e) for e in entries]}, indent=2))
        return
    for text in render(_HEAD, [_row(entry) for entry in entries]):
        print(text)


def _entry(found: Source, name: str, large: int, now: datetime) -> Entry:
    old, checked = archive_age(name, now), found.checked
    try:
        manifest = found.manifest(name)
    except ArchiveError as error:
        return Entry(name, old, large, (), 0, good=False, problem=error.what, checked=checked)
    names, messages = manifest.names, manifest.messages
    return Entry(name, old, large, names, messages, good=True, problem="", checked=checked)


def _row(entry: Entry) -> tuple[str, ...]:
    first = (entry.archive, age(entry.age), size(entry.size))
    if not entry.good:
        return (*first, "-", "BAD", entry.problem)
    verdict = "ok" if entry.checked == "archive" else entry.checked
    return (*first, str(entry.messages), verdict, ",".join(entry.streams))
