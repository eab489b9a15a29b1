"""Drills of a restore: what the nats command does, and what the tool answers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from nats_backup import archive, restore
from nats_backup.errors import Exit
from nats_backup.nats import Nats

from tests.drill.lab import (
    ack_floor,
    archived,
    attempt,
    counts,
    orders,
    put_back,
    remove,
    snapshot,
    state,
    streams,
)
from tests.support.nats_server import Server


@pytest.fixture
def stocked(server: Server) -> Server:
    """ORDERS, a bucket of keys and a bucket of objects."""
    orders(server)
    server.nats("kv", "add", "settings")
    server.nats("kv", "put", "settings", "region", "eu-north")
    server.nats("object", "add", "files")
    blob = server.folder / "blob"
    blob.write_bytes(bytes(range(256)) * 1024)
    server.nats("object", "put", "files", str(blob), "--name", "blob", "--no-progress")
    return server


def digest(server: Server) -> str:
    """What the bucket of objects gives back, as a checksum."""
    got = server.folder / "got"
    server.nats("object", "get", "files", "blob", "--output", str(got), "--force", "--no-progress")
    return hashlib.sha256(got.read_bytes()).hexdigest()


def everything(server: Server) -> tuple[object, ...]:
    """What must be the same before the loss and after the restore."""
    key = server.nats("kv", "get", "settings", "region", "--raw")
    return counts(server), ack_floor(server, "billing"), key, digest(server)


def test_1_a_lost_stream_comes_back_whole(stocked: Server) -> None:
    """Drill 1: counts, sequences, deletions, ack floor, keys and objects are those of before.

    The nats command does it stream by stream, and says nothing of what it compared; the tool
    prints each value beside the one that it saved.
    """
    before = everything(stocked)
    assert before[:2] == ((498, 1, 500, 2), 200)
    saved = [snapshot(stocked, name) for name in ("ORDERS", "KV_settings", "OBJ_files")]
    name = archived(stocked)
    remove(stocked, "ORDERS", "KV_settings", "OBJ_files")
    assert [put_back(stocked, path).returncode for path in saved] == [0, 0, 0]
    assert everything(stocked) == before
    remove(stocked, "ORDERS", "KV_settings", "OBJ_files")
    done = stocked.backup("restore", ARCHIVE=name)
    assert (done.returncode, done.stderr) == (Exit.DONE, "")
    assert "ORDERS       consumer billing ack_floor  200    200       ok" in done.stdout
    assert everything(stocked) == before


def test_2_a_restore_of_the_configuration_restores_no_message(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drill 2: `stream create --config` ends well and makes an empty stream.

    It then stands in the way of the real restore. Upstream, nothing tells; the tool's comparison
    does, and its restore refuses to overwrite.
    """
    orders(server)
    name, saved = archived(server), snapshot(server)
    info = tmp_path / "info.json"
    info.write_text(server.nats("stream", "info", "ORDERS", "--json"))
    remove(server, "ORDERS")
    assert attempt(server, "stream", "create", "ORDERS", "--config", info).returncode == 0
    assert (counts(server), state(server)["consumer_count"]) == ((0, 0, 0, 0), 0)
    refused = put_back(server, saved)
    assert (refused.returncode, "already exist" in refused.stderr) == (1, True)

    for key, value in server.environment.items():
        monkeypatch.setenv(key, value)
    manifest = archive.verify(server.folder / "backup" / name)

    def wrong() -> list[str]:
        checks = restore.differences(manifest, ["ORDERS"], Nats("5s"))
        return [check.item for check in checks if not check.good]

    floor = "consumer billing ack_floor"
    assert wrong() == ["messages", "first_seq", "last_seq", "num_deleted", floor]
    assert server.backup("restore", ARCHIVE=name).returncode == Exit.EXISTS
    remove(server, "ORDERS")
    assert server.backup("restore", ARCHIVE=name).returncode == Exit.DONE
    assert (counts(server), wrong()) == ((498, 1, 500, 2), [])
    server.nats("consumer", "rm", "ORDERS", "billing", "-f")
    server.nats("consumer", "add", "ORDERS", "billing", "--pull", "--defaults")
    assert wrong() == [floor]
    server.nats("stream", "rmm", "ORDERS", "1", "-f")
    assert wrong() == ["messages", "first_seq", floor]


def test_3_an_existing_stream_is_not_overwritten(stocked: Server, tmp_path: Path) -> None:
    """Drill 3: a second restore ends with an error and changes nothing, here and upstream.

    `account restore` looks at every name before it writes: a stream that is missing stays so.
    """
    saved, name = snapshot(stocked), archived(stocked)
    attempt(stocked, "account", "backup", tmp_path / "all", "--force")
    remove(stocked, "KV_settings")
    stocked.nats("pub", "orders.new", "later", "--jetstream")
    before = counts(stocked), streams(stocked)
    again = put_back(stocked, saved)
    assert (again.returncode, again.stderr) == (1, 'nats: error: Stream "ORDERS" already exist\n')
    whole = attempt(stocked, "account", "restore", tmp_path / "all")
    assert (whole.returncode, "exists already" in whole.stderr) == (1, True)
    ours = stocked.backup("restore", ARCHIVE=name)
    assert ours.returncode == Exit.EXISTS
    assert "stream exists, nothing was changed: OBJ_files, ORDERS" in ours.stderr
    assert (counts(stocked), streams(stocked)) == before


def test_7_a_memory_stream_spoils_a_backup_that_ended_well(server: Server, tmp_path: Path) -> None:
    """Drill 7: `account backup` exits 0 and `account restore` of it stops half-way.

    Streams whose names come after the memory stream's stay lost. `--critical-warnings` turns the
    warning into exit 1. The tool leaves such a stream out, says so, and restores the others.
    """
    orders(server)
    server.nats("stream", "add", "MEM", "--subjects", "m", "--storage", "memory", "--defaults")
    made = attempt(server, "account", "backup", tmp_path / "all", "--force")
    assert (made.returncode, "MEM: memory streams do not" in made.stdout) == (0, True)
    strict = ("account", "backup", tmp_path / "strict", "--force", "--critical-warnings")
    assert attempt(server, *strict).returncode == 1
    ours = server.backup("backup")
    assert ours.returncode == Exit.DONE
    assert 'level=warn stage=snapshot msg="stream excluded: memory storage" stream=MEM' in (
        ours.stdout.splitlines()
    )
    remove(server, "ORDERS", "MEM")
    whole = attempt(server, "account", "restore", tmp_path / "all")
    assert (whole.returncode, "unexpected end of JSON input" in whole.stderr) == (1, True)
    assert streams(server) == []
    assert server.backup("restore", ARCHIVE=server.archives()[0].name).returncode == Exit.DONE
    assert counts(server) == (498, 1, 500, 2)


def test_12_an_account_without_streams_is_no_backup(server: Server, tmp_path: Path) -> None:
    """Drill 12: `account backup` exits 1 and makes no folder; the tool has an exit code for it."""
    made = attempt(server, "account", "backup", tmp_path / "all", "--force")
    assert (made.returncode, made.stderr) == (1, "nats: error: no streams found\n")
    assert not (tmp_path / "all").exists()
    ours = server.backup("backup")
    assert ours.returncode == Exit.NO_STREAMS
    assert "the account has no streams: a backup of nothing is refused" in ours.stderr
    assert server.archives() == []
