"""Back up every file stream of the account into one archive."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from nats_backup import __version__, archive
from nats_backup.errors import (
    BucketError,
    NoStreamsError,
    RetentionError,
    SnapshotError,
    UploadError,
)
from nats_backup.log import event, warning
from nats_backup.manifest import Consumer, Manifest, Stream
from nats_backup.nats import Live, Nats, stream_state
from nats_backup.settings import Remote, Settings
from nats_backup.store import Store, archive_name


def run(settings: Settings, now: datetime) -> None:
    """Snapshot, store, upload, prune: each stage ends the run with its own error.

    Raises:
        ToolError: the stage that failed; an archive that was stored stays.
    """
    store, nats = Store(settings.backups), Nats(settings.timeout)
    configured = settings.remote.configured  # told before anything is done
    with store.locked(), TemporaryDirectory(prefix="nats-backup-", dir=settings.work) as work:
        folder = Path(work) / "streams"
        manifest = snapshot(nats, folder, now)
        name = archive_name(now)
        latest = store.put(name, manifest, folder)
        event("store", "archive stored", archive=name)
        try:
            if configured:
                upload(settings.remote, store.path(name), latest)
            else:
                event("upload", "S3/GCS upload skipped (credentials not configured)")
        except UploadError:
            _prune_anyway(store, settings, now, name)
            raise
        prune(store, settings, now, made=name)
    counts = {"streams": len(manifest.streams), "messages": manifest.messages}
    if manifest.excluded:
        counts["excluded"] = len(manifest.excluded)
    event("done", "Backup Complete", archive=name, **counts)


def snapshot(nats: Nats, folder: Path, now: datetime) -> Manifest:
    """Snapshot the file streams into a folder, one by one, and describe what it holds.

    Raises:
        NoStreamsError: the account has no file stream.
        SnapshotError: a stream went meanwhile, or its snapshot failed.
    """
    before = nats.streams()
    excluded = tuple(name for name, live in before.items() if live.in_memory)
    saved = [name for name in before if name not in excluded]
    for name in excluded:
        warning("snapshot", "stream excluded: memory storage", stream=name)
    _refuse_nothing(saved, excluded)
    for name in saved:
        nats.snapshot(name, folder / name)
    after = nats.streams()
    streams = tuple(_describe(folder / name, before, after) for name in saved)
    for stream in streams:
        event("snapshot", "stream saved", stream=stream.name, messages=stream.messages)
    versions = {
        "tool": __version__,
        "server": nats.server_version(streams[0].name),
        "cli": nats.cli_version(),
    }
    created = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Manifest(created, versions, streams, archive.fingerprint(folder), excluded)


def upload(remote: Remote, path: Path, latest: bytes) -> None:
    """Copy a stored archive into the bucket, and `LATEST` after it.

    Raises:
        UploadError: the bucket does not have it.
    """
    from nats_backup.bucket import Bucket  # its client takes longer to load than all the rest

    try:
        Bucket(remote).put(path.name, path, latest)
    except BucketError as error:
        fix = "; ".join(filter(None, [error.fix, f"{path.name} is on the volume"]))
        raise UploadError(error.what, where=error.where, fix=fix) from error
    event("upload", "archive uploaded", archive=path.name, bucket=remote.bucket)


def prune(store: Store, settings: Settings, now: datetime, made: str = "") -> None:
    """Apply the retention and say what went.

    The archive that this run has made does not count as the newest good one: what it holds may be
    the very damage that an older one has to mend.

    Raises:
        RetentionError: an archive cannot be removed.
    """
    for name in store.prune(now, settings.keep, made):
        event("prune", "archive removed", archive=name)


def _prune_anyway(store: Store, settings: Settings, now: datetime, made: str) -> None:
    """Keep a bucket that is away from filling the volume; the upload stays the run's error."""
    try:
        prune(store, settings, now, made)
    except RetentionError as error:
        warning("prune", error.what, where=error.where)


def _refuse_nothing(saved: Collection[str], excluded: Collection[str]) -> None:
    if not saved:
        what = "the account has no streams: a backup of nothing is refused"
        fix = "check NATS_URL and the account"
        if excluded:
            what = "the account has no streams but memory streams: a backup of nothing is refused"
            fix = "move them to file storage"
        raise NoStreamsError(what, fix=fix)


def _describe(folder: Path, before: Mapping[str, Live], after: Mapping[str, Live]) -> Stream:
    name = folder.name
    if name not in after:
        raise SnapshotError("stream went during the backup", where=name, fix="run it again")
    raw = json.loads((folder / "backup.json").read_text())
    return stream_state(name, raw, _floors(before[name].state, after[name].state))


def _floors(before: Stream, after: Stream) -> tuple[Consumer, ...]:
    """Consumers that lived through the snapshot: no promise can be made about the others."""
    later = {consumer.name: consumer.ack_floor_after for consumer in after.consumers}
    return tuple(
        Consumer(consumer.name, consumer.ack_floor_before, later[consumer.name])
        for consumer in before.consumers
        if consumer.name in later
    )
