"""Drills of replicas: consumers that are lost, archives for more servers than there are, nodes."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from nats_backup import restore
from nats_backup.archive import verify
from nats_backup.errors import Exit, UnreachableError
from nats_backup.manifest import Manifest
from nats_backup.nats import Nats

from tests.drill.lab import (
    Lab,
    archived,
    attempt,
    consumers,
    counts,
    orders,
    put_back,
    remove,
    snapshot,
    streams,
)
from tests.support.nats_server import Server


def leader(server: Server, kind: str, *names: str) -> str:
    """The server that leads a stream or a consumer."""
    return str(json.loads(server.nats(kind, "info", *names, "--json"))["cluster"]["leader"])


def scattered(server: Server) -> set[str]:
    """Give ORDERS six consumers of one replica each; those that the stream's leader does not lead.

    Where a consumer goes is chance: six on one server of three are not to be expected.
    """
    for number in range(6):
        flags = ("--pull", "--replicas", "1", "--defaults")
        server.nats("consumer", "add", "ORDERS", f"one{number}", *flags)
    home = leader(server, "stream", "ORDERS")
    return {
        name
        for name in consumers(server, "ORDERS")
        if name != "billing" and leader(server, "consumer", "ORDERS", name) != home
    }


@pytest.mark.parametrize("version", ["2.14", "2.15"])
def test_8_a_consumer_with_fewer_replicas_than_its_stream(
    lab: Lab, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drill 8: 2.14 leaves out each consumer that is not where the stream's leader is, exit 0.

    The tool's manifest has them all, from the list of consumers, so its comparison finds them
    missing. 2.15 saves them all.
    """
    first = lab.three(version)[0]
    orders(first, replicas=3)
    away, all_of_them = scattered(first), consumers(first, "ORDERS")
    saved, name = snapshot(first), archived(first)
    remove(first, "ORDERS")
    assert put_back(first, saved).returncode == 0

    for key, value in first.environment.items():
        monkeypatch.setenv(key, value)
    manifest = verify(first.folder / "backup" / name)
    expected, deadline = away if version == "2.14" else set(), time.monotonic() + 60
    while missing(manifest) != expected and time.monotonic() < deadline:
        time.sleep(0.5)
    assert away
    assert missing(manifest) == expected
    assert consumers(first, "ORDERS") == all_of_them - expected


def missing(manifest: Manifest) -> set[str] | None:
    """The consumers that a comparison misses; nothing as long as one elects its leader."""
    with suppress(UnreachableError):
        checks = restore.differences(manifest, ["ORDERS"], Nats("5s"))
        lost = (check.item.split() for check in checks if check.found == "missing")
        return {words[1] for words in lost if words[0] == "consumer"}
    return None


@pytest.mark.parametrize("version", ["2.14", "2.15"])
def test_23_another_number_of_replicas(lab: Lab, version: str) -> None:
    """Drill 23: three replicas do not fit on one server (10074), and one goes up to three.

    `account restore` has no `--replicas`; `stream restore` has, and so has the tool.
    """
    first, single = lab.three(version)[0], lab.serve(version)
    orders(first, replicas=3)
    saved, name = snapshot(first), archived(first)
    refused = put_back(single, saved)
    assert (refused.returncode, "(10074)" in refused.stderr) == (1, True)
    assert "unknown long flag '--replicas'" in (
        attempt(single, "account", "restore", saved.parent, "--replicas", "1").stderr
    )
    assert put_back(single, saved, "--replicas", "1").returncode == 0
    assert counts(single) == (498, 1, 500, 2)
    remove(single, "ORDERS")
    (single.folder / "backup" / name).write_bytes((first.folder / "backup" / name).read_bytes())
    assert single.backup("restore", ARCHIVE=name).returncode == Exit.RESTORE
    assert streams(single) == []
    assert single.backup("restore", ARCHIVE=name, REPLICAS="1").returncode == Exit.DONE
    assert counts(single) == (498, 1, 500, 2)

    remove(first, "ORDERS")
    assert put_back(first, snapshot(single), "--replicas", "3").returncode == 0
    deadline = time.monotonic() + 20
    while len(current(first)) < 3 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert current(first) == {"n0", "n1", "n2"}


def current(server: Server) -> set[str]:
    """The servers that hold all of ORDERS now."""
    found = json.loads(server.nats("stream", "info", "ORDERS", "--json"))["cluster"]
    followers = {replica["name"] for replica in found["replicas"] if replica["current"]}
    return followers | {found.get("leader", "")} - {""}


def test_25_one_server_of_three_goes_and_then_another(lab: Lab, tmp_path: Path) -> None:
    """Drill 25: with one server lost all goes on; with two, nothing does, and nothing is saved.

    A leader that is left alone refuses a message at once, but may give a snapshot for some seconds,
    and its streams' names for longer: the tool then fails on the snapshot, else on the server.

    `server check meta` asks the system account; without it, it is CRITICAL on a sound cluster.
    `server check stream --peer-expect 3` counts the peers that should be there and stays OK.
    `server check jetstream` sees the lost replica.
    """
    first, second, third = lab.three()
    orders(first, replicas=3)
    meta = ("--expect", "3", "--lag-critical", "100", "--seen-critical", "5s")
    assert attempt(first, "server", "check", "meta", *meta).returncode == 2
    deadline = time.monotonic() + 60
    while attempt(first, "server", "check", "jetstream").returncode:
        assert time.monotonic() < deadline

    third.process.kill()
    publish = ("pub", "orders.new", "more", "--jetstream", "--timeout", "2s")
    while attempt(first, *publish).returncode:
        assert time.monotonic() < deadline
    assert "ORDERS" in archived_until(first, deadline)
    while attempt(first, "server", "check", "jetstream").returncode != 2:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    peers = ("--stream", "ORDERS", "--peer-expect", "3")
    assert attempt(first, "server", "check", "stream", *peers).returncode == 0

    second.process.kill()
    second.process.wait()
    assert attempt(first, *publish).returncode == 1
    whole = ("account", "backup", tmp_path / "all", "--force", "--timeout", "2s")
    deadline = time.monotonic() + 30
    while attempt(first, *whole).returncode == 0:
        assert time.monotonic() < deadline
    before = first.archives()
    ours = first.backup("backup", NATS_TIMEOUT="2s")
    assert ours.returncode in (Exit.UNREACHABLE, Exit.SNAPSHOT), ours.stderr
    assert first.archives() == before


def archived_until(server: Server, deadline: float) -> str:
    """Back up as soon as each stream has a leader again; what the tool said."""
    while True:
        done = server.backup("backup", NATS_TIMEOUT="5s")
        if done.returncode == Exit.DONE or time.monotonic() > deadline:
            assert done.returncode == Exit.DONE, done.stderr
            return done.stdout
