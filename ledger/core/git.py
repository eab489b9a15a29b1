"""git, asked as a program."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ledger.errors import LedgerError


def run(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder.

    Raises:
        LedgerError: it is not installed.
    """
    # A hook is given its own GIT_DIR, relative to another folder than this one.
    env = {key: value for key, value in os.environ.items() if key != "GIT_DIR"}
    command = ["git", *arguments]
    try:
        return subprocess.run(command, cwd=folder, env=env, input=stdin, capture_output=True)
    except FileNotFoundError:
        raise LedgerError("git is not installed", fix="install git") from None


def output(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """What git prints in a folder; nothing if there is no git, no repository, or it fails."""
    try:
        done = run(folder, *arguments, stdin=stdin)
    except (LedgerError, OSError):
        return b""
    return done.stdout if done.returncode == 0 else b""
