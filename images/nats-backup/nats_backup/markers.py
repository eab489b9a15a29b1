"""Small files beside the archives that name one of them, replaced in one step."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from nats_backup import archive
from nats_backup.manifest import Manifest

LATEST = "LATEST"
"""Names the newest archive: written when the archive is whole."""
VERIFIED = "VERIFIED"
"""Names the newest archive that was restored and compared."""


def latest(name: str, path: Path, manifest: Manifest) -> bytes:
    """What `LATEST` says of an archive."""
    file = archive.digest(path)
    size = {"sha256": file.sha256, "size": file.size}
    return dumps({"archive": name, **size, "created": manifest.created})


def dumps(content: dict[str, object]) -> bytes:
    """A marker's content, in one line."""
    return (json.dumps(content) + "\n").encode()


def prepare(root: Path, marker: str, content: bytes) -> Path:
    """Write the new content of a marker beside it, on disk: renaming is all that is left to do."""
    path = root / f".{marker}.new"
    try:
        with path.open("wb") as file:
            file.write(content)
            flush(file)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def named(root: Path, marker: str) -> str:
    """The archive that a marker names, or nothing where there is no such marker."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((root / marker).read_bytes())["archive"])
    return ""


def flush(file: BinaryIO) -> None:
    """Have a file's bytes on disk."""
    file.flush()
    os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Have a folder's names on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
