"""Prove that an archive can be restored: into a throw-away server, compared value by value."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from nats_backup import archive
from nats_backup.log import event
from nats_backup.manifest import Check, Manifest
from nats_backup.nats import Nats
from nats_backup.restore import refuse_differences, restore_stream, settled, show
from nats_backup.settings import Settings
from nats_backup.sources import newest, source
from nats_backup.store import Store, archive_age
from nats_backup.table import age
from nats_backup.throwaway import server

SCHEMA = {"name": "nats-backup-verify", "version": 1}
SETTLE_SECONDS = 2.0


def run(settings: Settings, now: datetime, *, as_json: bool) -> None:
    """Restore the archive that ARCHIVE names, or else the newest, and compare it.

    One that comes back as it was saved is marked as verified, if it lies on the volume.

    Raises:
        ArchiveError: the archive is damaged, or there is none.
        RestoreError: the server refused a stream.
        DiffersError: what came back is not what was saved.
    """
    started, found = time.monotonic(), source(settings)
    name = settings.archive or newest(found, now)
    with found.fetched(name, settings.work) as path:
        manifest = archive.verify(path)
        checks = _restored(path, manifest, settings)
    told = {
        "archive": name,
        "streams": len(manifest.streams),
        "messages": manifest.messages,
        "seconds": round(time.monotonic() - started, 1),
    }
    old = archive_age(name, now)
    if as_json:
        rows = [asdict(check) for check in checks]
        print(json.dumps({"schema": SCHEMA, **told, "age": old, "checks": rows}, indent=2))
    else:
        show(checks)
    refuse_differences(checks, "keep the older archives, make a new backup and verify that one")
    if isinstance(found, Store):
        found.mark_verified(name, now, **told)
    if not as_json:
        event("done", "Verify Complete", **told, age=age(old))


def _restored(path: Path, manifest: Manifest, settings: Settings) -> Sequence[Check]:
    """Restore and compare stream by stream: each is alone, so none fills, feeds or blocks another.

    A single server holds no more than one replica, however many the stream had.
    """
    checks: list[Check] = []
    with server(settings.work) as environment:
        nats = Nats(settings.timeout, environment)
        for stream in manifest.names:
            restore_stream(path, stream, nats, settings.work, "1")
            checks += settled(manifest, [stream], nats, SETTLE_SECONDS)
            nats.remove(stream)
    return checks
