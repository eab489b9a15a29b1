"""bash, asked where it is and what it cannot read; nothing is run."""

from __future__ import annotations

import os
import shutil
import subprocess

from ledger.errors import UsageError


def program() -> str:
    """The path of bash.

    Raises:
        UsageError: this machine has none.
    """
    found = shutil.which("bash")
    if not found:
        raise UsageError("no bash on the PATH", fix="install bash 4.4 or newer")
    return found


def complaint(text: str) -> str:
    """Why bash cannot read a text to its end, in its own words; empty if it can.

    Raises:
        UsageError: this machine has no bash.
    """
    done = subprocess.run(
        [program(), "--norc", "-O", "extglob", "-n"],
        input=f"{text}\n".encode(errors="surrogateescape"),
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        capture_output=True,
        check=False,
    )
    return done.stderr.decode(errors="replace")
