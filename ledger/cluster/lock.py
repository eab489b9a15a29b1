"""One at a time: commands on caches, engine and clusters, and runs on one cluster."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger.cluster import places

# Tells the processes that a run starts who holds which cluster.
_RESERVED: Final = "PHASE_LEDGER_RESERVED"


@contextmanager
def locked(
    folder: Path,
    say: Callable[[str], None],
    *,
    holder: str = "another `ledger cluster` command is at work",
) -> Iterator[None]:
    """Hold the folder's lock; wait for whoever has it. A process that dies lets go of it.

    Args:
        folder: is made if it is missing.
        say: is told once if there is a wait.
        holder: what it is told: who has the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{holder}; waiting for it ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def reserved(name: str, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the cluster `name` for one run of pages or tests, which another would spoil.

    Commands on the cluster have a lock of their own: the holder can call `up` and `down`. A run
    that the holder starts is part of its own and does not wait for it; two such runs wait for
    each other.

    Args:
        name: the cluster; it need not stand.
        say: is told once if there is a wait.
    """
    folder = places.state_home() / "runs" / name
    holder, _, held = os.environ.get(_RESERVED, "").partition(" ")
    if Path(held).is_relative_to(folder) and holder != str(os.getpid()):
        folder = Path(held) / "within"
    with locked(folder, say, holder=f"another run of pages or tests is on cluster {name}"):
        before = os.environ.get(_RESERVED, "")
        os.environ[_RESERVED] = f"{os.getpid()} {folder}"
        try:
            yield
        finally:
            os.environ[_RESERVED] = before
