"""A nats-server that lives as long as one verification, reachable from nowhere else."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from nats_backup.errors import SettingsError, UnreachableError

START_SECONDS = 30.0


@contextmanager
def server(work: Path) -> Iterator[Mapping[str, str]]:
    """Start a server on loopback, and yield the environment that leads the nats command to it.

    Args:
        work: where its storage goes, for a while.

    Raises:
        UnreachableError: it does not start.
    """
    with TemporaryDirectory(prefix="nats-verify-", dir=work) as folder:
        process = _start(Path(folder))
        try:
            url = _address(Path(folder), process)
            # Neither credentials nor a context of the real server may reach this one.
            own = {key: text for key, text in os.environ.items() if not key.startswith("NATS_")}
            yield {**own, "NATS_URL": url, "XDG_CONFIG_HOME": folder}
        finally:
            process.kill()
            process.wait()


def _start(folder: Path) -> subprocess.Popen[bytes]:
    command = ["nats-server", "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", str(folder / "data")]
    command += ["--ports_file_dir", str(folder), "-l", str(folder / "log")]
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise SettingsError("the `nats-server` command is not on PATH") from None


def _address(folder: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        for path in folder.glob("*.ports"):
            with suppress(ValueError):  # it is being written
                return str(json.loads(path.read_text())["nats"][0])
        time.sleep(0.05)
    log = folder / "log"
    said = log.read_text().splitlines()[-1:] if log.exists() else ["it says nothing"]
    raise UnreachableError(f"the throw-away server does not start: {''.join(said)}")
