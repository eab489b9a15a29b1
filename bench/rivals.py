"""Other tools that keep plans or notes in a repository: pinned, installed apart, never imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).with_name(".rivals")
_MINUTES: Final = 10


class Rival(NamedTuple):
    """One tool.

    Attributes:
        package: its name on the registry.
        version: the release that is measured.
        registry: `npm` or `pypi`.
        command: the program that it installs.
    """

    package: str
    version: str
    registry: str
    command: str


RIVALS: Final = (
    Rival("backlog.md", "1.52.0", "npm", "backlog"),
    Rival("task-master-ai", "0.43.1", "npm", "task-master"),
    Rival("@fission-ai/openspec", "1.13.2", "npm", "openspec"),
    Rival("bmad-method", "6.12.0", "npm", "bmad-method"),
    Rival("spec-kitty-cli", "3.2.7", "pypi", "spec-kitty"),
    Rival("specify-cli", "1.2.3", "pypi", "specify"),
    Rival("towncrier", "26.9.0", "pypi", "towncrier"),
    Rival("commitizen", "4.19.3", "pypi", "cz"),
)


def install(rival: Rival) -> tuple[Path | None, str]:
    """Install one rival if it is not there yet: its program, or None and the reason."""
    home = FOLDER / f"{rival.command}-{rival.version}"
    program = home / ("node_modules/.bin" if rival.registry == "npm" else "bin") / rival.command
    if program.exists():
        return program, ""
    steps: dict[str, list[list[str | Path]]] = {
        "npm": [["npm", "install", "--prefix", home, "--no-audit", "--no-fund", _pin(rival)]],
        "pypi": [
            [sys.executable, "-m", "venv", home],
            [home / "bin/pip", "install", "--quiet", _pin(rival)],
        ],
    }
    home.mkdir(parents=True, exist_ok=True)
    for step in steps[rival.registry]:
        try:
            done = subprocess.run(step, capture_output=True, text=True, timeout=60 * _MINUTES)
        except (OSError, subprocess.TimeoutExpired) as error:
            return None, str(error)
        if done.returncode:
            return None, (done.stderr.strip() or done.stdout.strip()).splitlines()[-1]
    return (program, "") if program.exists() else (None, f"it installs no {rival.command}")


def environment() -> dict[str, str]:
    """The environment to run tools in: none talks home, looks for news or colours its text."""
    quiet = {"NO_COLOR": "1", "CI": "1", "DO_NOT_TRACK": "1", "NO_UPDATE_NOTIFIER": "1"}
    return {**os.environ, **quiet}


def _pin(rival: Rival) -> str:
    return f"{rival.package}{'@' if rival.registry == 'npm' else '=='}{rival.version}"
