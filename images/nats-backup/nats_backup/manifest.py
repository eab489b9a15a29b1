"""What an archive promises: the state of each stream, and a checksum for each file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from nats_backup.errors import ArchiveError

SCHEMA = {"name": "nats-backup", "version": 1}


@dataclass(frozen=True)
class Consumer:
    """A consumer and the stream sequence up to which it has acknowledged everything.

    Acknowledgements go on during a snapshot, so the floor is read before and after it; on a quiet
    stream both are the same.
    """

    name: str
    ack_floor_before: int
    ack_floor_after: int

    @property
    def ack_floor(self) -> str:
        """The floor, or the range in which it was while the snapshot ran."""
        low, high = self.ack_floor_before, self.ack_floor_after
        return str(low) if low == high else f"{low}..{high}"

    def admits(self, floor: int) -> bool:
        """Whether a restored floor is one that the snapshot can have held."""
        return self.ack_floor_before <= floor <= self.ack_floor_after


@dataclass(frozen=True)
class Stream:
    """The state of one stream at the moment of its snapshot.

    `max_age` is in nanoseconds, as the server writes it; 0 keeps messages for ever.
    """

    name: str
    messages: int
    first_seq: int
    last_seq: int
    num_deleted: int
    consumers: tuple[Consumer, ...]
    max_age: int = 0


@dataclass(frozen=True)
class File:
    """Size in bytes and SHA-256 of one file of the archive."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The contents of an archive.

    Args:
        created: UTC time of the backup, ISO 8601.
        versions: versions of the tool, the server and the CLI.
        streams: in the order of their names.
        files: by path inside the archive.
        excluded: names of the streams that the account had and the archive does not hold.
    """

    created: str
    versions: Mapping[str, str]
    streams: tuple[Stream, ...]
    files: Mapping[str, File]
    excluded: tuple[str, ...] = ()

    @property
    def messages(self) -> int:
        """Messages in all streams together."""
        return sum(stream.messages for stream in self.streams)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the streams."""
        return tuple(stream.name for stream in self.streams)


class Verdict(StrEnum):
    """What a comparison found; `EXPIRED` is a difference that the stream's max_age explains."""

    OK = "ok"
    EXPIRED = "expired"
    DIFFERS = "DIFFERS"


@dataclass(frozen=True)
class Check:
    """One promised value beside the value found on the server."""

    stream: str
    item: str
    expected: str
    found: str
    verdict: Verdict

    @property
    def good(self) -> bool:
        """Whether the stream holds what it can still hold."""
        return self.verdict is not Verdict.DIFFERS


def dumps(manifest: Manifest) -> bytes:
    """Serialise a manifest, byte-identical for equal contents."""
    return (json.dumps({"schema": SCHEMA, **asdict(manifest)}, indent=2) + "\n").encode()


def loads(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        ArchiveError: it is not JSON, or of another schema or version.
    """
    try:
        raw: dict[str, Any] = json.loads(data)
        if raw["schema"] != SCHEMA:
            raise ArchiveError(
                f"manifest has schema {raw['schema']}, this tool reads {SCHEMA}",
                fix="restore with the image that made the archive",
            )
        return _manifest(raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveError(f"manifest cannot be read: {error!r}") from error


def compare(expected: Stream, found: Stream | None) -> Iterator[Check]:
    """Yield every promise about one stream beside what the server has now.

    Consumers that the manifest does not know are left out: an application may have made its own.
    """
    name, aged = expected.name, _has_aged(expected, found)
    for item in ("messages", "first_seq", "last_seq", "num_deleted"):
        promised, live = getattr(expected, item), getattr(found, item, "missing")
        other = Verdict.EXPIRED if aged else Verdict.DIFFERS
        verdict = Verdict.OK if promised == live else other
        yield Check(name, item, str(promised), str(live), verdict)
    floors = {c.name: c.ack_floor_after for c in found.consumers} if found else {}
    for consumer in expected.consumers:
        floor = floors.get(consumer.name)
        verdict = Verdict.OK if floor is not None and consumer.admits(floor) else Verdict.DIFFERS
        item, live = f"consumer {consumer.name} ack_floor", "missing" if floor is None else floor
        yield Check(name, item, consumer.ack_floor, str(live), verdict)


def _has_aged(expected: Stream, found: Stream | None) -> bool:
    """Whether max_age explains every difference: it takes messages from the front only.

    A message that is gone from the middle counts as deleted, so that number can only go down.
    """
    return (
        found is not None
        and expected.max_age > 0
        and found.messages <= expected.messages
        and found.first_seq >= expected.first_seq
        and found.last_seq == expected.last_seq
        and found.num_deleted <= expected.num_deleted
    )


def _manifest(raw: dict[str, Any]) -> Manifest:
    return Manifest(
        created=str(raw["created"]),
        versions=dict(raw["versions"]),
        streams=tuple(_stream(item) for item in raw["streams"]),
        files={path: File(**entry) for path, entry in raw["files"].items()},
        excluded=tuple(raw.get("excluded", ())),
    )


def _stream(raw: dict[str, Any]) -> Stream:
    consumers = tuple(Consumer(**item) for item in raw["consumers"])
    return Stream(**{**raw, "consumers": consumers})
