"""Drills of damage: archives that are cut or altered, a server that stalls or lies on bad disk."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from nats_backup.errors import Exit

from tests.drill.lab import (
    Lab,
    archived,
    attempt,
    counts,
    disturbed,
    orders,
    program,
    put_back,
    remove,
    snapshot,
    streams,
    tick,
)
from tests.support.nats_server import Server


def spoil(data: bytes, damage: str) -> bytes:
    """Cut the last byte or half of it away, or flip a bit in the middle."""
    middle = len(data) // 2
    if damage == "flip":
        return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    return data[:-1] if damage == "last byte" else data[:middle]


@pytest.mark.parametrize("version", ["2.14", "2.15"])
def test_4_and_5_a_damaged_snapshot_is_refused(lab: Lab, version: str) -> None:
    """Drills 4 and 5: the server finds each cut and each flipped bit, and exits with 1.

    It finds it late, when the streams before this one are restored. The tool reads the checksums
    of the whole archive first: nothing reaches the server.
    """
    server = lab.serve(version)
    orders(server)
    saved, name = snapshot(server), archived(server)
    remove(server, "ORDERS")
    packed, archive = saved / "stream.tar.s2", server.folder / "backup" / name
    whole = packed.read_bytes(), archive.read_bytes()
    for damage in ("last byte", "half", "flip"):
        packed.write_bytes(spoil(whole[0], damage))
        done = put_back(server, saved)
        assert done.returncode == 1
        assert re.search(r"s2: corrupt input(, crc mismatch)? \(10062\)", done.stderr)
        archive.write_bytes(spoil(whole[1], damage))
        ours = server.backup("restore", ARCHIVE=name)
        assert (ours.returncode, ours.stdout) == (Exit.ARCHIVE, "")
        assert streams(server) == []


@pytest.mark.parametrize("damage", ["promise", "header"])
def test_5_damage_that_no_server_sees(server: Server, damage: str) -> None:
    """Drill 5: another number in the manifest; a header of the archive that is gone.

    A tar whose next header is empty ends there, without an error.
    """
    orders(server)
    archive = server.folder / "backup" / archived(server)
    remove(server, "ORDERS")
    with tarfile.open(archive) as tar:
        header = tar.getmember("streams/ORDERS/backup.json").offset
    whole = archive.read_bytes()
    if damage == "promise":
        archive.write_bytes(whole.replace(b'"messages": 498', b'"messages": 497', 1))
    else:
        archive.write_bytes(whole[:header] + bytes(512) + whole[header + 512 :])
    ours = server.backup("restore", ARCHIVE=archive.name)
    assert (ours.returncode, ours.stdout) == (Exit.ARCHIVE, "")
    assert streams(server) == []


@pytest.mark.parametrize("version", ["2.14", "2.15"])
def test_4_in_a_cluster_a_failed_restore_may_leave_a_name(lab: Lab, version: str) -> None:
    """Drill 4, three servers: 2.14 leaves nothing and the next try works.

    2.15 leaves a name without a stream: listed, not to be found, and in the way of the next
    restore until `stream rm`.
    """
    first = lab.three(version)[0]
    orders(first, replicas=3)
    saved = snapshot(first)
    remove(first, "ORDERS")
    packed = saved / "stream.tar.s2"
    whole = packed.read_bytes()
    packed.write_bytes(whole[:-1])
    assert "s2: corrupt input (10062)" in put_back(first, saved).stderr
    packed.write_bytes(whole)
    if version == "2.15":
        assert streams(first) == ["ORDERS"]
        assert "stream not found" in attempt(first, "stream", "info", "ORDERS").stderr
        refused = put_back(first, saved)
        assert (refused.returncode, "(10130)" in refused.stderr) == (1, True)
        remove(first, "ORDERS")
    assert put_back(first, saved).returncode == 0
    assert counts(first) == (498, 1, 500, 2)


@pytest.mark.parametrize("version", ["2.14", "2.15"])
def test_6_a_damaged_block_on_the_servers_disk(lab: Lab, version: str) -> None:
    """Drill 6: a flipped byte in a message on disk, backed up with exit 0 and restored with exit 0.

    2.14 restores the damage: the stream counts 498 messages, and one of them cannot be read. With
    `--check`, which the tool sets, it refuses: `bad messages`. 2.15 takes `--check` and ignores
    it, and leaves the message out; the count betrays it, and the tool's verification compares
    the counts.
    """
    server = lab.serve(version)
    orders(server)
    server.stop()
    (block,) = (server.folder / "data").rglob("ORDERS/msgs/1.blk")
    block.write_bytes(block.read_bytes().replace(b"order 250", b"ordEr 250"))
    server = lab.again(server, version)
    saved = snapshot(server)
    promised = json.loads((saved / "backup.json").read_text())["state"]["messages"]
    checked = attempt(
        server, "stream", "backup", "ORDERS", saved.with_name("checked"), "--check", "--no-progress"
    )
    ours = server.backup("backup")
    remove(server, "ORDERS")
    assert put_back(server, saved).returncode == 0
    assert "no message found" in attempt(server, "stream", "get", "ORDERS", "250").stderr
    if version == "2.14":
        assert (promised, counts(server)) == (498, (498, 1, 500, 2))
        assert (checked.returncode, "bad messages (10064)" in checked.stderr) == (1, True)
        assert (ours.returncode, "bad messages" in ours.stderr) == (Exit.SNAPSHOT, True)
        return
    assert (promised, counts(server)) == (498, (497, 1, 500, 3))
    assert (checked.returncode, ours.returncode) == (0, Exit.DONE)
    path = f"{Path(program(version)).parent}{os.pathsep}{server.environment['PATH']}"
    assert server.backup("verify", PATH=path).returncode == Exit.DIFFERS
    assert not (server.folder / "backup" / "VERIFIED").exists()


# No file may grow beyond a few blocks, from the moment when the archive is written.
FULL = """
import resource
from nats_backup import archive
write, limit = archive.write, (8192, 8192)
archive.write = lambda *a: resource.setrlimit(resource.RLIMIT_FSIZE, limit) or write(*a)
"""


def on_volume(server: Server) -> dict[str, bytes]:
    """Every file of the backup volume."""
    return {path.name: path.read_bytes() for path in (server.folder / "backup").iterdir()}


def test_9_a_volume_that_takes_no_more(server: Server) -> None:
    """Drill 9, without a volume of its own: nothing half written stays, nor does `LATEST` move."""
    orders(server)
    archived(server)
    before = on_volume(server)
    tick(server)
    done = disturbed(server, FULL)
    assert (done.returncode, "File too large" in done.stderr) == (Exit.STORAGE, True)
    assert on_volume(server) == before


def test_10_no_server(server: Server) -> None:
    """Drill 10: exit 1 at once; the tool says so with its own code, and nothing changes."""
    orders(server)
    archived(server)
    before = on_volume(server)
    server.stop()
    made = attempt(server, "account", "backup", server.folder / "all", "--force")
    assert (made.returncode, "no servers available for connection" in made.stderr) == (1, True)
    ours = server.backup("backup")
    assert ours.returncode == Exit.UNREACHABLE
    assert "no servers available for connection" in ours.stderr
    assert on_volume(server) == before


def test_11_a_server_that_stalls_half_way(server: Server) -> None:
    """Drill 11: exit 1 after six silent seconds, and a whole backup.json beside a cut archive.

    That file proves nothing. The tool stores an archive only after a snapshot that ended well.
    """
    server.nats("stream", "add", "BIG", "--subjects", "big", "--defaults")
    body = "{{Random 60000 60000}}"
    server.nats("pub", "big", body, "--count", "800", "--jetstream", "--quiet")
    raw = server.folder / "raw"
    raw.mkdir()
    command = ("nats", "stream", "backup", "BIG", "BIG", "--timeout", "1s", "--no-progress")
    code, reason = stalled(server, raw, *command)
    assert (code, "timed out after receiving no data for a long period" in reason) == (1, True)
    saved = raw / "BIG"
    assert json.loads((saved / "backup.json").read_text())["state"]["messages"] == 800
    tool = (sys.executable, "-m", "nats_backup", "backup")
    code, reason = stalled(server, server.folder / "work", *tool)
    assert (code, "nothing was stored" in reason) == (Exit.SNAPSHOT, True)
    assert server.archives() == []
    remove(server, "BIG")
    assert "s2: corrupt input" in put_back(server, saved).stderr
    assert streams(server) == []


def stalled(server: Server, folder: Path, *command: str) -> tuple[int, str]:
    """Run a backup, stop the server once data is in a folder; the exit code and the reason."""
    running = subprocess.Popen(
        command,
        env=server.environment | {"NATS_TIMEOUT": "1s"},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any(path.stat().st_size for path in folder.rglob("stream.tar.s2")):
        assert running.poll() is None
        time.sleep(0.002)
    server.pause()
    reason = running.communicate(timeout=60)[1]
    server.resume()
    return running.returncode, reason
