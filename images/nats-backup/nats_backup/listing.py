"""List the archives, each with what it holds and whether its checksums hold."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from nats_backup import archive
from nats_backup.errors import ArchiveError
from nats_backup.settings import Settings
from nats_backup.store import Store, archive_time
from nats_backup.table import render

SCHEMA = {"name": "nats-backup-list", "version": 1}
_HEAD = ("ARCHIVE", "AGE", "SIZE", "MESSAGES", "CHECKSUM", "STREAMS")


@dataclass(frozen=True)
class Entry:
    """One archive: age in seconds, size in bytes, and the problem if it is damaged."""

    archive: str
    age: int
    size: int
    streams: tuple[str, ...]
    messages: int
    good: bool
    problem: str


def run(settings: Settings, now: datetime, *, as_json: bool) -> None:
    """Print the archives, newest first, as a table or as JSON."""
    store = Store(settings.backups)
    entries = [_entry(store, name, now) for name in store.names()]
    if as_json:
        print(json.dumps({"schema": SCHEMA, "archives": [asdict(e) for e in entries]}, indent=2))
        return
    for text in render(_HEAD, [_row(entry) for entry in entries]):
        print(text)


def _entry(store: Store, name: str, now: datetime) -> Entry:
    path, moment = store.path(name), archive_time(name)
    age = int((now - (moment or now)).total_seconds())
    size = path.stat().st_size
    try:
        manifest = archive.verify(path)
    except ArchiveError as error:
        return Entry(name, age, size, (), 0, good=False, problem=error.what)
    names, messages = manifest.names, manifest.messages
    return Entry(name, age, size, names, messages, good=True, problem="")


def _row(entry: Entry) -> tuple[str, ...]:
    if not entry.good:
        return (entry.archive, _age(entry.age), _size(entry.size), "-", "BAD", entry.problem)
    streams = ",".join(entry.streams)
    age, size = _age(entry.age), _size(entry.size)
    return (entry.archive, age, size, str(entry.messages), "ok", streams)


def _age(seconds: int) -> str:
    """An age as kubectl prints it: two units at most."""
    span = timedelta(seconds=max(seconds, 0))
    hours, rest = divmod(span.seconds, 3600)
    minutes, secs = divmod(rest, 60)
    units = [(span.days, "d"), (hours, "h"), (minutes, "m"), (secs, "s")]
    while len(units) > 1 and units[0][0] == 0:
        units.pop(0)
    return "".join(f"{count}{unit}" for count, unit in units[:2] if count) or "0s"


def _size(count: int) -> str:
    value, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f}{unit}"
