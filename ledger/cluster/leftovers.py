"""What an engine that has ended leaves in the kernel: mounts, processes of containers, cgroups."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from ledger.cluster import places
from ledger.cluster.run import Shell
from ledger.errors import ClusterError


def unmount(folder: Path) -> None:
    """Unmount what is still mounted in a folder.

    Raises:
        ClusterError: something is, after 20 seconds.
    """
    shell = Shell(places.logs() / "engine.log")
    until = time.monotonic() + 20
    while mounts := _mounts(folder):
        for mount in reversed(mounts):
            shell.answers("umount", mount)
        if time.monotonic() > until:
            raise ClusterError(
                "something is still mounted", where=str(folder), fix="unmount it, then try again"
            )
        # The kernel may still be closing the files of a process that has just ended.
        time.sleep(0.2)


def end_orphans() -> None:
    """End what containers still run: an engine that was killed left its nodes alive."""
    until = time.monotonic() + 10
    while pids := {pid for folder in _cgroups() for pid in _members(folder)}:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > until:
            return
        time.sleep(0.1)


def drop_cgroups() -> None:
    """Remove the engine's cgroups, those without a process."""
    for folder in _cgroups():
        with contextlib.suppress(OSError):
            folder.rmdir()


def _mounts(folder: Path) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
    return [
        path for path in (line.split()[4] for line in lines) if Path(path).is_relative_to(folder)
    ]


def _cgroups() -> list[Path]:
    """The engine's cgroups of every hierarchy, the innermost first."""
    name, root = places.run_folder().name, Path("/sys/fs/cgroup")
    tops = [top for top in (*root.glob(f"*/{name}"), root / name) if top.is_dir()]
    folders = [folder for top in tops for folder in (*top.rglob("*/"), top)]
    return sorted(folders, key=lambda path: len(path.parts), reverse=True)


def _members(cgroup: Path) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(pid) for pid in (cgroup / "cgroup.procs").read_text().split()]
    return []
