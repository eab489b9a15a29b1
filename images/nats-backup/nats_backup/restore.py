"""Restore streams from an archive and prove that they are what was saved."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from nats_backup import archive
from nats_backup.errors import (
    DiffersError,
    RestoreError,
    SettingsError,
    StreamExistsError,
    UnreachableError,
)
from nats_backup.log import event
from nats_backup.manifest import Check, Manifest, compare
from nats_backup.nats import Nats
from nats_backup.settings import Settings
from nats_backup.sources import source
from nats_backup.store import checked_name
from nats_backup.table import render

SETTLE_SECONDS = 60.0


def run(settings: Settings) -> None:
    """Check the archive, refuse to overwrite, restore, compare.

    Raises:
        ArchiveError: the archive is damaged; nothing was changed.
        StreamExistsError: a stream is already there; nothing was changed.
        RestoreError: the server refused a stream.
        DiffersError: what came back is not what was saved.
    """
    nats, name = Nats(settings.timeout), checked_name(settings.archive)
    with source(settings).fetched(name, settings.work) as path:
        manifest = archive.verify(path)
        event("archive", "checksums match", archive=name, files=len(manifest.files))
        names = wanted(manifest, settings.streams)
        _refuse_existing(names, nats)
        _restore(path, names, nats, settings)
    verify(manifest, names, nats)
    messages = sum(s.messages for s in manifest.streams if s.name in names)
    event("done", "Restore Complete", archive=name, streams=len(names), messages=messages)


def wanted(manifest: Manifest, streams: Sequence[str]) -> tuple[str, ...]:
    """The streams to restore: those named, or all.

    Raises:
        SettingsError: the archive does not hold a named stream.
    """
    if absent := [name for name in streams if name not in manifest.names]:
        what = f"archive does not hold {', '.join(absent)}"
        raise SettingsError(what, fix=f"it holds {', '.join(manifest.names)}")
    return tuple(dict.fromkeys(streams)) or manifest.names


def verify(manifest: Manifest, names: Iterable[str], nats: Nats) -> None:
    """Print every promise of the manifest beside the live value.

    Raises:
        DiffersError: a value differs.
    """
    checks = settled(manifest, names, nats, SETTLE_SECONDS)
    show(checks)
    refuse_differences(checks, "keep the publishers stopped, keep the archive, and escalate")


def show(checks: Sequence[Check]) -> None:
    """Print saved and restored values side by side."""
    rows = [(c.stream, c.item, c.expected, c.found, c.verdict) for c in checks]
    for text in render(("STREAM", "ITEM", "SAVED", "RESTORED", "RESULT"), rows):
        print(text, flush=True)


def refuse_differences(checks: Sequence[Check], fix: str) -> None:
    """End the run where a value differs.

    Raises:
        DiffersError: one does.
    """
    if wrong := [check for check in checks if not check.good]:
        streams = ", ".join(dict.fromkeys(check.stream for check in wrong))
        what = f"{len(wrong)} of {len(checks)} values differ from the archive"
        raise DiffersError(what, where=streams, fix=fix)


def differences(manifest: Manifest, names: Iterable[str], nats: Nats) -> list[Check]:
    """Compare the named streams with the server, value by value."""
    live = {name: found.state for name, found in nats.streams().items()}
    saved = [stream for stream in manifest.streams if stream.name in set(names)]
    return [check for stream in saved for check in compare(stream, live.get(stream.name))]


def settled(manifest: Manifest, names: Iterable[str], nats: Nats, seconds: float) -> list[Check]:
    """Compare until all is equal or the time is up.

    In a cluster a restored stream and each of its consumers elect a leader first.
    """
    deadline = time.monotonic() + seconds
    while True:
        last = time.monotonic() >= deadline
        try:
            checks = differences(manifest, names, nats)
            if last or all(check.good for check in checks):
                return checks
        except UnreachableError:
            if last:
                raise
        time.sleep(0.5)


def _refuse_existing(names: Sequence[str], nats: Nats) -> None:
    if taken := sorted(nats.streams().keys() & set(names)):
        fix = "a restore never overwrites: delete or rename the stream first, or name others"
        what = f"stream exists, nothing was changed: {', '.join(taken)}"
        raise StreamExistsError(what, fix=fix)


def restore_stream(path: Path, stream: str, nats: Nats, work: Path, replicas: str) -> None:
    """Restore one stream of a verified archive.

    Raises:
        RestoreError: the server refused it.
    """
    with TemporaryDirectory(prefix="nats-restore-", dir=work) as folder:
        archive.extract(path, [stream], Path(folder))
        nats.restore(Path(folder) / stream, replicas)


def _restore(path: Path, names: Sequence[str], nats: Nats, settings: Settings) -> None:
    for done, name in enumerate(names):
        try:
            restore_stream(path, name, nats, settings.work, settings.replicas)
        except RestoreError as error:
            error.fix = f"restored before it: {', '.join(names[:done]) or 'none'}"
            raise
        event("restore", "stream restored", stream=name)
