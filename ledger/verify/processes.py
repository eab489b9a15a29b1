"""The processes that a shell has started, and ending them without ending the shell."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

_PROC: Final = Path("/proc")
_LINUX: Final = (_PROC / "self" / "stat").exists()


class Process(NamedTuple):
    """What the system tells of a live process.

    Attributes:
        parent: process id of its parent.
        group: its process group.
        born: when it began, in clock ticks since the machine did; 0 where that is not told.
    """

    parent: int
    group: int
    born: int = 0


def started_by(shell: int) -> set[int]:
    """Every live process that descends from `shell` or stayed in its group as an orphan.

    Args:
        shell: process id of a shell that leads its own process group.
    """
    return set(_descendants(shell, _table()))


def watch(shell: int) -> Callable[[], set[int]]:
    """Make what tells, when called, which live processes `shell` has started since now.

    To look at every process takes longer than most blocks run, so on Linux that is put off.
    """
    if not _LINUX:
        before = started_by(shell)
        return lambda: started_by(shell) - before
    now = _now()
    return lambda: {
        pid for pid, found in _descendants(shell, _table()).items() if (found.born, pid) > now
    }


def _descendants(shell: int, table: dict[int, Process]) -> dict[int, Process]:
    found = {pid for pid, process in table.items() if process.group == shell}
    parents = {shell} | found
    while parents:
        parents = {pid for pid, process in table.items() if process.parent in parents} - found
        found |= parents
    return {pid: table[pid] for pid in found - {shell}}


def _now() -> tuple[int, int]:
    """This tick, and the process id given last: within a tick they are given in order."""
    ticks = time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK")
    return int(ticks), int((_PROC / "loadavg").read_text().split()[-1])


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


def _table() -> dict[int, Process]:
    """Every live process, by its id."""
    return _from_proc() if _LINUX else _from_ps()


def _from_proc() -> dict[int, Process]:
    found = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                # The name in parentheses may hold blanks and parentheses of its own.
                stat = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                if stat[0] != "Z":
                    found[int(folder.name)] = Process(int(stat[1]), int(stat[2]), int(stat[19]))
    return found


def _from_ps() -> dict[int, Process]:
    command = ["ps", "-A", "-o", "pid=,ppid=,pgid="]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = (tuple(map(int, line.split())) for line in listing.splitlines())
    return {pid: Process(parent, group) for pid, parent, group in rows}
