"""Tell how a cluster is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ledger.cluster import identity, places
from ledger.cluster.guard import prove
from ledger.cluster.images import held
from ledger.cluster.run import CommandFailed, Shell
from ledger.errors import LedgerError


@dataclass(frozen=True)
class Status:
    """How a cluster is, as data.

    Args:
        name: the cluster.
        running: whether it answers, and is the one that was recorded.
        reason: why it is not running; empty if it is.
        way: `registry` or `airgap`; empty without a record, as is what follows.
        server: the API server's URL.
        uid: the UID of its `kube-system`.
        versions: version by program.
        created: when it was made, in UTC, as ISO 8601.
        uptime: seconds since then.
        images: the project's images in it, by name, with the key of their content.
        cache: the cache folder.
        cache_bytes: what it takes on disk.
    """

    name: str
    running: bool
    reason: str
    cache: Path
    cache_bytes: int
    way: str = ""
    server: str = ""
    uid: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    created: str = ""
    uptime: float = 0.0
    images: dict[str, str] = field(default_factory=dict)


def status(name: str = identity.NAME) -> Status:
    """Look at the cluster `name`: its record, and whether it answers as that cluster."""
    cache = places.cache_home()
    bytes_ = places.size(cache)
    record = identity.read(name)
    if record is None:
        return Status(name, False, "not on record", cache, bytes_)
    known = record.identity
    reason = _trouble(known)
    created = datetime.fromisoformat(record.created)
    return Status(
        name,
        not reason,
        reason,
        cache,
        bytes_,
        known.way,
        known.server,
        known.uid,
        _versions(known),
        record.created,
        round((datetime.now(UTC) - created).total_seconds(), 1),
        {} if reason else _images(known),
    )


def _trouble(known: identity.Identity) -> str:
    try:
        prove(known)
    except LedgerError as error:
        return error.what
    return ""


def _versions(known: identity.Identity) -> dict[str, str]:
    shell = Shell(places.fresh_log("status"))
    found = {"kubernetes": known.kubernetes}
    for program, words in (("kind", ("version", "--quiet")), ("nats", ("--version",))):
        try:
            found[program] = shell.run(known.bin / program, *words, seconds=10).strip()
        except CommandFailed:
            continue
    return found


def _images(known: identity.Identity) -> dict[str, str]:
    try:
        return held(known, places.logs() / "status.log")
    except CommandFailed:
        return {}
