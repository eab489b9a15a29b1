"""Writing files so that a reader, or a crash, never meets half of one."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from ledger.errors import LedgerError

_SILENCE: Final = 1.0
_POLL: Final = 0.01

# The folders whose lock this process holds.
_held: Final[set[Path]] = set()


def write_atomic(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: after a crash it holds the old bytes or the new, whole.

    The mode of an existing file is kept, a link is followed; missing folders are made. A killed
    writer leaves at most one file beside it, `.<name>.new`, which the next writer takes over.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    draft = path.with_name(f".{path.name}.new")
    with _claim(draft) as file:
        try:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    _sync_folder(path.parent)


def _claim(draft: Path) -> IO[bytes]:
    """Open `draft`, empty, for this writer alone: the kernel's lock on it ends with the process."""
    while True:
        file = os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        # While this writer waited, the one before it may have made the draft the file itself.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(draft.stat(), os.fstat(file.fileno())):
                file.truncate()
                return file
        file.close()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked(
    path: Path, say: Callable[[str], None] | None = None, *, patience: float = 10.0
) -> Iterator[None]:
    """Hold the writers' lock of `path`'s folder; wait a while for whoever has it.

    The lock is the kernel's on the folder itself, so it ends with the process and leaves no file.
    Whoever holds it may take it again.

    Args:
        path: a file that is about to be read and written.
        say: is told once, after a second of waiting.
        patience: how long to wait, in seconds.

    Raises:
        LedgerError: another process still writes there.
    """
    folder = path.resolve().parent
    if folder in _held:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        _wait(handle, path, say or (lambda _: None), patience)
        _held.add(folder)
        yield
    finally:
        _held.discard(folder)
        os.close(handle)


def _wait(handle: int, path: Path, say: Callable[[str], None], patience: float) -> None:
    started, told = time.monotonic(), False
    while not _try_lock(handle):
        waited = time.monotonic() - started
        if waited >= patience:
            raise LedgerError(
                "another ledger command is writing here",
                where=str(path),
                fix="wait for it to end, then run the command again",
            )
        if waited >= _SILENCE and not told:
            say("another ledger command is writing here; waiting for it ...")
            told = True
        time.sleep(_POLL)


def _try_lock(handle: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


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
