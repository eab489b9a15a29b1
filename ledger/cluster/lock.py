"""One command at a time on caches, engine and clusters."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the folder's lock; wait for whoever has it. A process that dies lets go of it.

    Args:
        folder: is made if it is missing.
        say: is told once if there is a wait.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another `ledger cluster` command is at work; waiting for it ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
