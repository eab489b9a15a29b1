"""Back up every stream of the account into one archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from nats_backup import __version__, archive
from nats_backup.errors import NoStreamsError, SnapshotError, UploadError
from nats_backup.log import event
from nats_backup.manifest import Consumer, Manifest, Stream
from nats_backup.nats import Live, Nats, stream_state
from nats_backup.settings import Settings
from nats_backup.store import Store, archive_name


def run(settings: Settings, now: datetime) -> None:
    """Snapshot, store, upload, prune: each stage ends the run with its own error.

    Raises:
        ToolError: the stage that failed; an archive that was stored stays.
    """
    store, nats = Store(settings.backups), Nats(settings.timeout)
    with store.locked(), TemporaryDirectory(prefix="nats-backup-", dir=settings.work) as work:
        folder = Path(work) / "streams"
        manifest = snapshot(nats, folder, now)
        name = archive_name(now)
        store.put(name, manifest, folder)
        event("store", "archive stored", archive=name)
        upload(settings)
        prune(store, settings, now)
    counts = {"streams": len(manifest.streams), "messages": manifest.messages}
    event("done", "Backup Complete", archive=name, **counts)


def snapshot(nats: Nats, folder: Path, now: datetime) -> Manifest:
    """Snapshot all streams into a folder and describe what it holds.

    Raises:
        NoStreamsError: the account is empty.
        SnapshotError: a stream lives in memory, came or went meanwhile, or failed.
    """
    before = nats.streams()
    _refuse(before)
    nats.snapshot(folder)
    after = nats.streams()
    streams = tuple(_describe(path, before, after) for path in sorted(folder.iterdir()))
    if missed := before.keys() - {stream.name for stream in streams}:
        raise SnapshotError("stream is missing from the snapshot", where=min(missed))
    for stream in streams:
        event("snapshot", "stream saved", stream=stream.name, messages=stream.messages)
    versions = {
        "tool": __version__,
        "server": nats.server_version(streams[0].name),
        "cli": nats.cli_version(),
    }
    created = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Manifest(created, versions, streams, archive.fingerprint(folder))


def upload(settings: Settings) -> None:
    """Say that no bucket is configured, or fail: a configured bucket is never skipped.

    Raises:
        UploadError: a bucket is configured, and this version cannot upload.
    """
    if settings.s3:
        what = f"S3 upload is not supported yet, but {', '.join(settings.s3)} is set"
        fix = "remove the Secret nats-backup-s3; the archive is on the volume"
        raise UploadError(what, fix=fix)
    event("upload", "S3/GCS upload skipped (credentials not configured)")


def prune(store: Store, settings: Settings, now: datetime) -> None:
    """Apply the retention and say what went.

    Raises:
        RetentionError: an archive cannot be removed.
    """
    for name in store.prune(now, settings.keep):
        event("prune", "archive removed", archive=name)


def _refuse(streams: Mapping[str, Live]) -> None:
    if not streams:
        what = "the account has no streams: a backup of nothing is refused"
        raise NoStreamsError(what, fix="check NATS_URL and the account")
    if memory := [name for name, live in streams.items() if live.storage == "memory"]:
        what = f"memory streams cannot be backed up: {', '.join(memory)}"
        raise SnapshotError(what, fix="move them to file storage, or to an account of their own")


def _describe(folder: Path, before: Mapping[str, Live], after: Mapping[str, Live]) -> Stream:
    name = folder.name
    if name not in before or name not in after:
        raise SnapshotError("stream came or went during the backup", where=name, fix="run it again")
    state = json.loads((folder / "backup.json").read_text())["state"]
    return stream_state(name, state, _floors(before[name].state, after[name].state))


def _floors(before: Stream, after: Stream) -> tuple[Consumer, ...]:
    """Consumers that lived through the snapshot: no promise can be made about the others."""
    later = {consumer.name: consumer.ack_floor_after for consumer in after.consumers}
    return tuple(
        Consumer(consumer.name, consumer.ack_floor_before, later[consumer.name])
        for consumer in before.consumers
        if consumer.name in later
    )
