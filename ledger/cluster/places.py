"""Where clusters keep what outlives a command, below the user's folders."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from ledger.core.folders import APP, cache_home, state_home

__all__ = [
    "APP",
    "cache_home",
    "clusters",
    "engine_home",
    "fresh_log",
    "logs",
    "run_folder",
    "size",
    "state_home",
]


def logs() -> Path:
    """Give the folder of the logs, one file a step."""
    return state_home() / "logs"


def clusters() -> Path:
    """Give the folder of the clusters' records."""
    return state_home() / "clusters"


def engine_home() -> Path:
    """Give the folder of the engine that this project starts: its data and its record."""
    return state_home() / "engine"


def run_folder() -> Path:
    """Give the folder of the engine's sockets, one for each state folder.

    It is short, because a Unix socket's path has room for 107 bytes.
    """
    if not os.environ.get("XDG_STATE_HOME"):
        return Path("/run") / APP
    return Path("/run") / f"{APP}-{hashlib.sha256(str(state_home()).encode()).hexdigest()[:8]}"


def fresh_log(name: str) -> Path:
    """Give the path of a log that starts anew."""
    path = logs() / f"{name}.log"
    path.unlink(missing_ok=True)
    return path


def size(folder: Path) -> int:
    """Sum what the files in a folder take on disk, in bytes; hard links count once."""
    total, seen, open_ = 0, set[int](), [str(folder)] if folder.is_dir() else []
    while open_:
        for entry in os.scandir(open_.pop()):
            if entry.is_dir(follow_symlinks=False):
                open_.append(entry.path)
            elif entry.inode() not in seen:
                seen.add(entry.inode())
                total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
