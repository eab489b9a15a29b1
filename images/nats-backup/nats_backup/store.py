"""The backup volume: archives by name, one writer at a time, retention that keeps a good one."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from errno import ENOSPC
from pathlib import Path

from nats_backup import archive, markers
from nats_backup.errors import ArchiveError, RetentionError, SettingsError, StorageError
from nats_backup.log import warning
from nats_backup.manifest import Manifest

_NAME = re.compile(r"\d{8}-\d{6}\.tar")
_FORMAT = "%Y%m%d-%H%M%S.tar"


def archive_name(moment: datetime) -> str:
    """The name of the archive of a moment, in UTC."""
    return moment.astimezone(UTC).strftime(_FORMAT)


def archive_time(name: str) -> datetime | None:
    """The moment in an archive's name, or nothing where the name is not one of ours."""
    if not _NAME.fullmatch(name):
        return None
    with suppress(ValueError):
        return datetime.strptime(name, _FORMAT).replace(tzinfo=UTC)
    return None


def archive_age(name: str, now: datetime) -> int:
    """The age of an archive in seconds, by its name."""
    return int((now - (archive_time(name) or now)).total_seconds())


def checked_name(name: str) -> str:
    """The name, if it is an archive's.

    Raises:
        SettingsError: it is not.
    """
    if not archive_time(name):
        fix = "give ARCHIVE a name from the list of archives, such as 20260102-030405.tar"
        raise SettingsError(f"not an archive name: {name!r}", fix=fix)
    return name


class Store:
    """The archives in one folder.

    Args:
        root: the folder, on the backup volume.

    Raises:
        StorageError: the folder does not exist.
    """

    checked = "archive"

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise StorageError("backup folder does not exist", where=str(root))
        self.root = root

    def names(self) -> list[str]:
        """Names of the archives, newest first; other files are not ours to judge."""
        return sorted((p.name for p in self.root.iterdir() if archive_time(p.name)), reverse=True)

    def path(self, name: str) -> Path:
        """The path of an archive.

        Raises:
            SettingsError: the name is not an archive's name.
        """
        return self.root / checked_name(name)

    def sizes(self) -> dict[str, int]:
        """Size in bytes of each archive, newest first."""
        return {name: self.path(name).stat().st_size for name in self.names()}

    def manifest(self, name: str) -> Manifest:
        """What an archive holds, once every checksum of it holds."""
        return archive.verify(self.path(name))

    @contextmanager
    def fetched(self, name: str, work: Path) -> Iterator[Path]:  # noqa: ARG002  (as of a bucket)
        """The archive where it lies."""
        yield self.path(name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the volume against a second writer.

        Raises:
            StorageError: another run holds it, or the volume cannot be written.
        """
        with _storage(self.root), (self.root / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                fix = "wait for the other Job to end"
                raise StorageError("another backup is running", fix=fix) from None
            for left in self.root.glob(".*.partial"):
                left.unlink()
            yield

    def put(self, name: str, manifest: Manifest, root: Path) -> bytes:
        """Store the streams below a folder as an archive: whole and on disk, or not at all.

        Returns:
            What `LATEST` says of it.

        Raises:
            StorageError: the volume is full or cannot be written, or the name is taken.
        """
        target, partial = self.path(name), self.root / f".{name}.partial"
        if target.exists():
            raise StorageError("archive exists", where=name, fix="run the backup again")
        try:
            with _storage(partial):
                with partial.open("wb") as file:
                    archive.write(file, manifest, root)
                    markers.flush(file)
                archive.verify(partial)
                latest = markers.latest(name, partial, manifest)
                # Written before the archive appears: a full volume then shows neither.
                marker = markers.prepare(self.root, markers.LATEST, latest)
                partial.rename(target)
                marker.rename(self.root / markers.LATEST)
                markers.flush_folder(self.root)
        except ArchiveError as error:
            raise StorageError(f"the volume gave back other bytes: {error.what}") from error
        finally:
            partial.unlink(missing_ok=True)
        return latest

    def mark_verified(self, name: str, now: datetime, **found: object) -> None:
        """Name the newest archive that was restored and compared: `prune` spares it.

        Raises:
            StorageError: the volume cannot be written.
        """
        if name < self.verified(now):
            return
        when = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        content = markers.dumps({"archive": name, "verified": when, **found})
        target = self.root / markers.VERIFIED
        with _storage(target):
            markers.prepare(self.root, markers.VERIFIED, content).rename(target)
            markers.flush_folder(self.root)

    def verified(self, now: datetime) -> str:
        """Name of the newest verified archive that is still there, or nothing."""
        name = markers.named(self.root, markers.VERIFIED)
        return name if name in self.names() and archive_age(name, now) >= 0 else ""

    def prune(self, now: datetime, keep: timedelta, made: str = "") -> list[str]:
        """Remove archives older than `keep` by name.

        The newest good one stays, and so does the newest verified one; one whose time is still to
        come is neither. One whose manifest cannot be read stays too: nobody knows what it is.

        Args:
            now: the moment from which ages count.
            keep: how old an archive may become.
            made: an archive that does not count as the newest good one.

        Returns:
            The names removed, oldest first.

        Raises:
            RetentionError: an archive cannot be removed.
        """
        ages = {name: archive_age(name, now) for name in self.names()}
        for name in (n for n, age in ages.items() if age < 0):
            warning("prune", "archive kept, its time is still to come", archive=name)
        past = [name for name in ages if name != made and ages[name] >= 0]
        old = [name for name in past if ages[name] > keep.total_seconds()]
        spared = (self._newest_good(past), self.verified(now)) if old else ()
        removed = [n for n in reversed(old) if n not in spared and self._readable(n)]
        for name in removed:
            try:
                self.path(name).unlink()
            except OSError as error:
                raise RetentionError(str(error.strerror), where=name) from error
        return removed

    def _newest_good(self, names: Iterable[str]) -> str | None:
        for name in names:
            with suppress(ArchiveError):
                archive.verify(self.path(name))
                return name
        return None

    def _readable(self, name: str) -> bool:
        try:
            with self.path(name).open("rb") as content:
                archive.read_manifest(content)
        except (ArchiveError, OSError) as error:
            warning("prune", "archive kept, it cannot be read", archive=name, problem=error)
            return False
        return True


@contextmanager
def _storage(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        fix = "free the volume: the template nats-backup-prune" if error.errno == ENOSPC else ""
        raise StorageError(str(error.strerror or error), where=str(where), fix=fix) from error
