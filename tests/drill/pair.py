"""Two servers that the project's own settings link: an origin, and a standby that mirrors it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.drill.lab import Lab, attempt
from tests.support import nats_server
from tests.support.nats_server import Server
from tests.support.ports import free_ports

NATS = Path(__file__).parents[2] / "manifests" / "nats"
TOOL = NATS / "components" / "mirror" / "config.py"
ORIGIN, STANDBY = "agents", "agents-dr"
"""Their JetStream domains."""

_PASSWORDS = ("OPERATOR", "BACKUP", "RESTORE", "VIEWER", "MIRROR")


@dataclass
class Pair:
    """An origin and its standby; each can be stopped and started again."""

    lab: Lab
    origin: Server
    standby: Server

    def start_origin(self) -> None:
        """Let an origin that was stopped run again with what it stored, and wait for the link.

        A mirror that is made without the link asks for its origin again after 30 seconds.
        """
        log = self.origin.folder / "log"
        begin = len(log.read_text("utf-8"))
        self.origin = _start(self.lab, self.origin.folder)
        until(lambda: "JetStream using domains" in log.read_text("utf-8")[begin:])

    def start_standby(self) -> None:
        """Let a standby that was stopped run again, with what it stored."""
        self.standby = _start(self.lab, self.standby.folder)


def link(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Start both on the settings of the overlays dr-origin and dr."""
    port = str(*free_ports(1))
    for user in _PASSWORDS:
        monkeypatch.setenv(f"{user}_PASSWORD", '"secret"')
    monkeypatch.setenv("LINK", f'"nats-leaf://mirror:secret@127.0.0.1:{port}"')
    for end, users in (("dr-origin", "overlays/dr-origin"), ("dr", "base")):
        folder = lab.folder / end
        folder.mkdir()
        text = (NATS / "overlays" / end / "nats.conf").read_text("utf-8")
        for old, new in (
            ("$POD_NAME", end),
            ("7422", port),
            ('http: "0.0.0.0:8222"\n', ""),
            ('"/data"', f'"{folder / "data"}"'),
        ):
            text = text.replace(old, new)
        (folder / "nats.conf").write_text(text, "utf-8")
        for name, source in (("users.conf", users), ("cluster.conf", "base")):
            (folder / name).write_bytes((NATS / source / name).read_bytes())
    return Pair(lab, *(_start(lab, lab.folder / end) for end in ("dr-origin", "dr")))


def config(server: Server, *info: str, domain: str = "") -> str:
    """What the tool makes of a stream's or a consumer's information."""
    command = [sys.executable, str(TOOL), *filter(None, [domain])]
    given = server.nats(*info, "--json")
    done = subprocess.run(command, input=given, check=True, capture_output=True, text=True)
    return done.stdout


def mirror(source: Server, target: Server, domain: str, stream: str = "ORDERS") -> None:
    """Make `target` mirror a stream of `source`, and wait until it holds what that holds."""
    path = target.folder / f"{stream}.json"
    path.write_text(config(source, "stream", "info", stream, domain=domain), "utf-8")
    target.nats("stream", "add", stream, "--config", str(path))
    follow(source, target, stream)


def follow(source: Server, target: Server, stream: str = "ORDERS") -> None:
    """Wait until a mirror ends with the last message of its origin."""
    until(lambda: last(target, stream) == last(source, stream))


def until(condition: Callable[[], bool]) -> None:
    """Wait for what comes true within half a minute; nothing here takes so long.

    Raises:
        TimeoutError: it did not.
    """
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come true")
        time.sleep(0.2)


def promote(server: Server, stream: str = "ORDERS") -> None:
    """Make a mirror a stream of its own."""
    update = config(server, "stream", "info", stream)
    told = server.nats("request", f"$JS.API.STREAM.UPDATE.{stream}", update, "--raw")
    assert "error" not in json.loads(told), told


def info(server: Server, stream: str = "ORDERS") -> dict[str, Any]:
    """All that the server says of a stream."""
    return dict(json.loads(server.nats("stream", "info", stream, "--json")))


def last(server: Server, stream: str = "ORDERS") -> int:
    """The stream's last sequence."""
    return int(info(server, stream)["state"]["last_seq"])


def message(server: Server, sequence: int, stream: str = "ORDERS") -> dict[str, Any]:
    """A message with its subject, its sequence and its time."""
    return dict(json.loads(server.nats("stream", "get", stream, str(sequence), "--json")))


def publish(server: Server, text: str, count: int = 1, subject: str = "orders.new") -> None:
    """Publish messages, and see each of them stored."""
    server.nats("pub", subject, text, "--count", str(count), "--jetstream", "--quiet")


def checked(server: Server, stream: str = "ORDERS") -> str:
    """What the check of the mirror's lag says."""
    flags = ("--lag-critical", "1", "--seen-critical", "5s")
    return attempt(server, "server", "check", "stream", "--stream", stream, *flags).stdout


def _start(lab: Lab, folder: Path) -> Server:
    server = nats_server.start(folder, "-c", str(folder / "nats.conf"))
    lab.servers.append(server)
    server.environment |= {"NATS_USER": "operator", "NATS_PASSWORD": "secret"}
    return server
