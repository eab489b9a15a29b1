"""Writing files so that a reader, or a crash, never meets half of one."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ledger.errors import LedgerError


def write_atomic(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: after a crash it holds the old bytes or the new, whole.

    The mode of an existing file is kept; missing folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the writer's lock of `path`'s folder; a second writer is told, not queued.

    The lock is the kernel's on the folder itself, so it ends with the process and leaves no file.

    Raises:
        LedgerError: another process is writing there now.
    """
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LedgerError(
                "another ledger command is writing here",
                where=str(path),
                fix="wait for it to end, then run the command again",
            ) from None
        yield
    finally:
        os.close(handle)


def digest(path: Path) -> str:
    """Digest a file or a folder: names, contents, links, executable bits; Python's caches not."""
    total = hashlib.sha256()
    for found in sorted([path, *path.rglob("*")]) if path.is_dir() else [path]:
        if (found.is_dir() and not found.is_symlink()) or "__pycache__" in found.parts:
            continue
        name = found.relative_to(path).as_posix()
        if found.is_symlink():
            kind, data = "link", str(found.readlink()).encode()
        else:
            kind = "run" if found.stat().st_mode & 0o100 else "file"
            data = found.read_bytes()
        total.update(f"{kind} {name} {hashlib.sha256(data).hexdigest()}\n".encode())
    return total.hexdigest()
