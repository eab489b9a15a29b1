"""One at a time: commands on caches, engine and clusters, and runs on one cluster."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ledger.cluster import places


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


def reserved(name: str, say: Callable[[str], None]) -> AbstractContextManager[None]:
    """Hold the cluster `name` for one run of pages or tests, which another would spoil.

    Commands on the cluster have a lock of their own: the holder can call `up` and `down`.

    Args:
        name: the cluster; it need not stand.
        say: is told once if there is a wait.
    """
    holder = f"another run of pages or tests is on cluster {name}"
    return locked(places.state_home() / "runs" / name, say, holder=holder)
