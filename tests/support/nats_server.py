"""A real nats-server on loopback and the real nats command, for tests that need no cluster."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from nats_backup.errors import Exit

from ledger import cluster

IMAGE = Path(__file__).parents[2] / "images" / "nats-backup"


def find(command: str) -> str | None:
    """The path of a command: on PATH, in this environment, or among the cluster's programs."""
    here = os.pathsep.join([os.environ.get("PATH", ""), sysconfig.get_path("scripts")])
    if found := shutil.which(command, path=here):
        return found
    identity = cluster.recorded()
    return shutil.which(command, path=identity.bin) if identity else None


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
        assert all(path.suffix == ".tar" or path.name == ".lock" for path in found)
        return [path for path in found if path.suffix == ".tar"]

    def pause(self) -> None:
        """Stall the server, without closing a connection."""
        self.process.send_signal(signal.SIGSTOP)

    def stop(self) -> None:
        """End the server."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(10)


def start(folder: Path, *flags: str) -> Server:
    """Start a server on a free port, with JetStream unless other flags are given."""
    for name in ("data", "ports", "backup", "work", "home"):
        (folder / name).mkdir(parents=True)
    command = [find("nats-server") or "nats-server", "-a", "127.0.0.1", "-p", "-1"]
    command += ["--ports_file_dir", str(folder / "ports")]
    command += flags or ("-js", "-sd", str(folder / "data"))
    process = subprocess.Popen([*command, "-l", str(folder / "log")])
    programs = Path(find("nats") or "nats").parent
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        "NATS_URL": _address(folder / "ports", process),
        "BACKUP_DIR": str(folder / "backup"),
        "WORK_DIR": str(folder / "work"),
        "PYTHONPATH": str(IMAGE),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return Server(folder, process, environment)


def start_three(folder: Path) -> list[Server]:
    """Start three servers that form a cluster, and wait until JetStream has a leader."""
    ports = _free_ports(3)
    routes = ",".join(f"nats://127.0.0.1:{port}" for port in ports)
    servers = []
    for number, port in enumerate(ports):
        place = folder / f"n{number}"
        flags = ["--name", place.name, "-js", "-sd", str(place / "data"), "--routes", routes]
        listen = f"nats://127.0.0.1:{port}"
        servers.append(start(place, *flags, "--cluster_name", "three", "--cluster", listen))
    deadline = time.monotonic() + 30
    while servers[0].backup("backup", NATS_TIMEOUT="1s").returncode != Exit.NO_STREAMS:
        if time.monotonic() > deadline:
            for server in servers:
                server.stop()
            raise TimeoutError("no leader for JetStream")
    return servers


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in taken]


def _address(ports: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(200):
        for path in ports.iterdir():
            if text := path.read_text():
                return str(json.loads(text)["nats"][0])
        assert process.poll() is None, "nats-server ended"
        time.sleep(0.05)
    raise TimeoutError("nats-server did not tell its port")
