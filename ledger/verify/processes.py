"""The processes that a shell has started, and ending them without ending the shell."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


def started_by(shell: int) -> set[int]:
    """Every live process that descends from `shell` or stayed in its group as an orphan.

    Args:
        shell: process id of a shell that leads its own process group.
    """
    table = _table()
    found = {pid for pid, (_, group) in table.items() if group == shell}
    parents = {shell} | found
    while parents:
        parents = {pid for pid, (parent, _) in table.items() if parent in parents} - found
        found |= parents
    return found - {shell}


def send(number: int, processes: Iterable[int]) -> None:
    """Signal each process that is still there."""
    for pid in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def end(processes: set[int], grace: float) -> None:
    """Ask processes to end, wait up to `grace` seconds, then kill those that are left."""
    send(signal.SIGTERM, processes)
    deadline = time.monotonic() + grace
    while (left := processes & _table().keys()) and time.monotonic() < deadline:
        time.sleep(0.05)
    send(signal.SIGKILL, left)


def _table() -> dict[int, tuple[int, int]]:
    """Parent and process group of every live process."""
    return _from_proc() if (_PROC / "self" / "stat").exists() else _from_ps()


def _from_proc() -> dict[int, tuple[int, int]]:
    found = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                # The name in parentheses may hold blanks and parentheses of its own.
                stat = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                if stat[0] != "Z":
                    found[int(folder.name)] = (int(stat[1]), int(stat[2]))
    return found


def _from_ps() -> dict[int, tuple[int, int]]:
    command = ["ps", "-A", "-o", "pid=,ppid=,pgid="]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = (tuple(map(int, line.split())) for line in listing.splitlines())
    return {pid: (parent, group) for pid, parent, group in rows}
