"""Where list, verify and restore read archives from: the volume or the bucket."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from nats_backup.errors import ArchiveError, SettingsError
from nats_backup.manifest import Manifest
from nats_backup.settings import Settings
from nats_backup.store import Store, archive_age


class Source(Protocol):
    """A place with archives; `checked` is what `manifest` computes checksums of."""

    checked: str

    def sizes(self) -> dict[str, int]:
        """Size in bytes of each archive, newest first."""

    def manifest(self, name: str) -> Manifest:
        """What an archive holds; ArchiveError where its checksums do not hold."""

    def fetched(self, name: str, work: Path) -> AbstractContextManager[Path]:
        """Have an archive as a file for a while; a copy goes below `work`."""


def source(settings: Settings) -> Source:
    """The place that FROM names.

    Raises:
        SettingsError: it is the bucket, and none is configured.
        StorageError: it is the volume, and there is none.
    """
    if not settings.from_bucket:
        return Store(settings.backups)
    if not settings.remote.configured:
        fix = "set " + ", ".join(settings.remote.missing)
        raise SettingsError("FROM is s3, but no bucket is configured", fix=fix)
    from nats_backup.bucket import Bucket

    return Bucket(settings.remote)


def newest(found: Source, now: datetime) -> str:
    """Name of the newest archive; one whose time is still to come hides no other.

    Raises:
        ArchiveError: there is none.
    """
    for name in found.sizes():
        if archive_age(name, now) >= 0:
            return name
    raise ArchiveError("there is no archive", fix="run a backup first")
