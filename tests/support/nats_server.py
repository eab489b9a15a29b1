"""A real nats-server on loopback and the real nats command, for tests that need no cluster."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from nats_backup.errors import Exit

from ledger import cluster
from tests.support.ports import free_ports

IMAGE = Path(__file__).parents[2] / "images" / "nats-backup"


def find(command: str) -> str | None:
    """The path of a command: on PATH, in this environment, or among the cluster's programs."""
    here = os.pathsep.join([os.environ.get("PATH", ""), sysconfig.get_path("scripts")])
    if found := shutil.which(command, path=here):
        return found
    identity = cluster.recorded()
    return shutil.which(command, path=identity.bin) if identity else None


# Without the nats command on this machine such tests wait for the cluster, which builds it.
NEEDS_NATS = [] if find("nats") else [pytest.mark.cluster]


@dataclass
class Server:
    """A JetStream server of its own, in a folder of its own."""

    folder: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def nats(self, *args: str) -> str:
        """Run the nats command and return what it prints; a failure is an error."""
        done = subprocess.run(
            ["nats", *args],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout

    def backup(self, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the backup tool as its image does, and return whatever comes of it."""
        return subprocess.run(
            [sys.executable, "-m", "nats_backup", *args],
            env=self.environment | environment,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def archives(self) -> list[Path]:
        """The archives on the backup volume, oldest first; anything else there is an error."""
        found = sorted((self.folder / "backup").iterdir())
        known = (".lock", "LATEST", "VERIFIED")
        assert all(path.suffix == ".tar" or path.name in known for path in found), found
        return [path for path in found if path.suffix == ".tar"]

    def pause(self) -> None:
        """Stall the server, without closing a connection."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a stalled server go on."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the server."""
        self.resume()
        self.process.terminate()
        self.process.wait(10)


def start(folder: Path, *flags: str, program: str = "") -> Server:
    """Start a server on a free port, with JetStream unless other flags are given.

    On a folder that a server has left, it starts with what that one stored.
    """
    shutil.rmtree(folder / "ports", ignore_errors=True)
    for name in ("data", "ports", "backup", "work", "home"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    command = [program or find("nats-server") or "nats-server", "-a", "127.0.0.1", "-p", "-1"]
    command += ["--ports_file_dir", str(folder / "ports")]
    command += flags or ("-js", "-sd", str(folder / "data"))
    process = subprocess.Popen([*command, "-l", str(folder / "log")])
    programs = [str(Path(find(name) or name).parent) for name in ("nats", "nats-server")]
    environment = {
        "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
        "HOME": str(folder / "home"),
        "NATS_URL": _address(folder / "ports", process),
        "BACKUP_DIR": str(folder / "backup"),
        "WORK_DIR": str(folder / "work"),
        "PYTHONPATH": str(IMAGE),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return Server(folder, process, environment)


def start_three(folder: Path, program: str = "") -> list[Server]:
    """Start three servers that form a cluster, and wait until JetStream has a leader."""
    ports = free_ports(3)
    routes = ",".join(f"nats://127.0.0.1:{port}" for port in ports)
    servers = []
    for number, port in enumerate(ports):
        place = folder / f"n{number}"
        flags = ["--name", place.name, "-js", "-sd", str(place / "data"), "--routes", routes]
        listen = f"nats://127.0.0.1:{port}"
        flags += ["--cluster_name", "three", "--cluster", listen]
        servers.append(start(place, *flags, program=program))
    deadline = time.monotonic() + 30
    while servers[0].backup("backup", NATS_TIMEOUT="1s").returncode != Exit.NO_STREAMS:
        if time.monotonic() > deadline:
            for server in servers:
                server.stop()
            raise TimeoutError("no leader for JetStream")
    return servers


def _address(ports: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(200):
        for path in ports.iterdir():
            with suppress(ValueError):  # it is being written
                return str(json.loads(path.read_text())["nats"][0])
        assert process.poll() is None, "nats-server ended"
        time.sleep(0.05)
    raise TimeoutError("nats-server did not tell its port")


def remove(server: Server, *streams: str) -> None:
    """Delete streams."""
    for name in streams:
        server.nats("stream", "rm", name, "-f")


def told(text: str) -> dict[str, str]:
    """The only line of an error, as its fields."""
    assert len(text.splitlines()) == 1, text
    pairs = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', text)
    return {key: json.loads(value) if value[0] == '"' else value for key, value in pairs}
