"""How long a command takes from its call to its end: ours, the bare interpreter's, other tools'."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench.rivals import RIVALS, environment, install
from bench.skills import COUNT, write_skills

Cases = dict[str, Callable[[], float]]


def cases(folder: Path, *, rivals: bool) -> tuple[Cases, dict[str, str]]:
    """The commands to time, and why other tools are missing among them.

    Args:
        folder: an empty folder, in which two projects are made.
        rivals: whether other tools are installed and timed too.
    """
    one, many = _project(folder / "one", 1), _project(folder / "many", COUNT)
    ledger = str(Path(sys.executable).with_name("ledger"))
    found: Cases = {
        "python -c ''": partial(_run, [sys.executable, "-c", ""], one),
        "git --version": partial(_run, ["git", "--version"], one),
        "ledger --help": partial(_run, [ledger, "--help"], one),
        "ledger status, 1 skill": partial(_run, [ledger, "status"], one),
        f"ledger status, {COUNT} skills": partial(_run, [ledger, "status"], many),
    }
    missing = {}
    for rival in RIVALS if rivals else ():
        program, reason = install(rival)
        name = f"{rival.command} --help ({rival.package} {rival.version})"
        if program is None:
            missing[name] = reason
        else:
            found[name] = partial(_run, [str(program), "--help"], one)
    return found, missing


def _project(folder: Path, count: int) -> Path:
    folder.mkdir()
    (folder / "mkdocs.yml").write_text("site_name: Bench\n", "utf-8")
    write_skills(folder / "skills", count)
    return folder


def _run(command: Sequence[str], folder: Path) -> float:
    """Run a command to its end; the seconds it took.

    Raises:
        CalledProcessError: it failed, so its time would mean nothing.
    """
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, capture_output=True
    )
    taken = time.perf_counter() - start
    done.check_returncode()
    return taken
