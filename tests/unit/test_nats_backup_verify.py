"""Verification: an archive is good once a throw-away server has taken it back, value by value."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nats_backup import archive
from nats_backup.errors import Exit
from nats_backup.manifest import Consumer, Manifest, Stream

from tests.support import nats_server, s3_server
from tests.support.nats_server import NEEDS_NATS, Server, remove, told

pytestmark = NEEDS_NATS


def marked(server: Server) -> str:
    """The archive that is marked as verified."""
    path = server.folder / "backup" / "VERIFIED"
    return str(json.loads(path.read_bytes())["archive"]) if path.exists() else ""


def rewrite(path: Path, folder: Path, change: dict[str, object]) -> Manifest:
    """Make an archive whose checksums hold and whose manifest promises something else of ORDERS."""
    manifest = archive.verify(path)
    archive.extract(path, manifest.names, folder)
    streams = tuple(_changed(stream, change) for stream in manifest.streams)
    wrong = replace(manifest, streams=streams, files=archive.fingerprint(folder))
    with path.open("wb") as file:
        archive.write(file, wrong, folder)
    return archive.verify(path)


def _changed(stream: Stream, change: dict[str, object]) -> Stream:
    return replace(stream, **change) if stream.name == "ORDERS" else stream  # type: ignore[arg-type]


def servers() -> set[int]:
    """The servers that this process tree started and that still run."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"nats-verify-" in entry.read_bytes():
                found.add(int(entry.parent.name))
        except OSError:
            continue
    return found


class TestGood:
    def test_the_newest_is_restored_compared_and_marked(self, orders: Server, saved: Path) -> None:
        older = saved.with_name("20200101-020000.tar")
        older.write_bytes(saved.read_bytes())
        orders.stop()
        before = servers()
        done = orders.backup("verify")
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        *rows, last = done.stdout.splitlines()
        assert [re.split(r"  +", row) for row in rows[-2:]] == [
            ["ORDERS", "consumer billing ack_floor", "200", "200", "ok"],
            ["ORDERS", "consumer shipping ack_floor", "0", "0", "ok"],
        ]
        assert re.fullmatch(
            rf'level=info stage=done msg="Verify Complete" archive={saved.name} '
            r"streams=2 messages=499 seconds=\d+\.\d age=\d+s",
            last,
        )
        assert marked(orders) == saved.name
        assert list((orders.folder / "work").iterdir()) == []
        assert servers() == before

    def test_json_holds_every_value(self, orders: Server, saved: Path) -> None:
        done = orders.backup("verify", "--json")
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        found = json.loads(done.stdout)
        assert found["schema"] == {"name": "nats-backup-verify", "version": 1}
        assert (found["archive"], found["streams"], found["messages"]) == (saved.name, 2, 499)
        assert {check["verdict"] for check in found["checks"]} == {"ok"}
        assert len(found["checks"]) == 10
        assert isinstance(found["age"], int)
        assert found["seconds"] > 0

    def test_nothing_of_the_real_server_is_used(self, orders: Server, saved: Path) -> None:
        variables = {"NATS_URL": "nats://127.0.0.1:1", "NATS_USER": "x", "NATS_CREDS": "/nowhere"}
        done = orders.backup("verify", **variables)
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        assert '"messages": 498' in orders.nats("stream", "info", "ORDERS", "--json")

    def test_one_of_the_future_hides_no_other(self, orders: Server, saved: Path) -> None:
        future = saved.with_name("29990101-020000.tar")
        future.write_bytes(saved.read_bytes())
        assert orders.backup("verify").returncode == Exit.DONE
        assert marked(orders) == saved.name

    def test_an_older_one_by_name_does_not_move_the_mark_back(
        self, orders: Server, saved: Path
    ) -> None:
        older = saved.with_name("20200101-020000.tar")
        older.write_bytes(saved.read_bytes())
        assert orders.backup("verify", ARCHIVE=older.name).returncode == Exit.DONE
        assert marked(orders) == older.name
        assert orders.backup("verify").returncode == Exit.DONE
        assert orders.backup("verify", "--archive", older.name).returncode == Exit.DONE
        assert marked(orders) == saved.name

    def test_streams_with_replicas(self, three: list[Server]) -> None:
        first = three[0]
        first.nats("stream", "add", "R3", "--subjects", "r3", "--replicas", "3", "--defaults")
        first.nats("pub", "r3", "x", "--count", "20", "--jetstream", "--quiet")
        flags = ("--pull", "--ack", "explicit", "--defaults")
        first.nats("consumer", "add", "R3", "reader", *flags)
        first.nats("consumer", "next", "R3", "reader", "--count", "7", "--ack", "--raw")
        assert first.backup("backup").returncode == Exit.DONE
        done = first.backup("verify")
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        assert re.search(r"R3 +consumer reader ack_floor +7 +7 +ok", done.stdout)
        # A consumer that asks for three replicas itself fits no single server.
        first.nats("consumer", "add", "R3", "strict", *flags, "--replicas", "3")
        time.sleep(1)  # an archive is named by its second
        assert first.backup("backup").returncode == Exit.DONE
        refused = first.backup("verify")
        assert refused.returncode == Exit.RESTORE
        assert "replica count exceeds parent stream" in told(refused.stderr)["msg"]

    def test_from_the_bucket_without_a_volume(self, orders: Server, s3: s3_server.Store) -> None:
        variables = s3.environment()
        assert orders.backup("backup", **variables).returncode == Exit.DONE
        (path,) = orders.archives()
        done = orders.backup("verify", **variables, FROM="s3", BACKUP_DIR="/nowhere")
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        assert f"archive={path.name} streams=2 messages=499" in done.stdout.splitlines()[-1]
        # Only what lies on the volume is marked there: the bucket may hold other bytes.
        assert marked(orders) == ""
        assert list((orders.folder / "work").iterdir()) == []


class TestBad:
    @pytest.mark.parametrize("damage", ["flip", "cut"])
    def test_a_damaged_archive_is_never_marked(
        self, orders: Server, saved: Path, damage: str
    ) -> None:
        data = bytearray(saved.read_bytes())
        at = data.rindex(b"stream.tar.s2") + 1000
        data[at] ^= 1
        saved.write_bytes(data if damage == "flip" else data[:at])
        done = orders.backup("verify")
        assert done.returncode == Exit.ARCHIVE
        assert told(done.stderr)["where"] == saved.name
        assert marked(orders) == ""

    @pytest.mark.parametrize(
        ("change", "row"),
        [
            ({"messages": 499}, "messages +499 +498 +DIFFERS"),
            ({"last_seq": 501}, "last_seq +501 +500 +DIFFERS"),
            ({"num_deleted": 1}, "num_deleted +1 +2 +DIFFERS"),
            (
                {"consumers": (Consumer("billing", 199, 199),)},
                "consumer billing ack_floor +199 +200 +DIFFERS",
            ),
            (
                {"consumers": (Consumer("audit", 5, 5),)},
                "consumer audit ack_floor +5 +missing +DIFFERS",
            ),
        ],
    )
    def test_one_that_does_not_hold_what_it_promises(
        self, orders: Server, saved: Path, tmp_path: Path, change: dict[str, object], row: str
    ) -> None:
        rewrite(saved, tmp_path / "streams", change)
        done = orders.backup("verify")
        assert done.returncode == Exit.DIFFERS
        assert re.search(f"ORDERS +{row}", done.stdout)
        error = told(done.stderr)
        assert error["where"] == "ORDERS"
        assert error["fix"] == "keep the older archives, make a new backup and verify that one"
        assert "Verify Complete" not in done.stdout
        assert marked(orders) == ""

    def test_one_that_no_server_takes_back(
        self, orders: Server, saved: Path, tmp_path: Path
    ) -> None:
        folder = tmp_path / "streams"
        archive.extract(saved, ["ORDERS", "KV_config"], folder)
        snapshot = folder / "ORDERS" / "stream.tar.s2"
        snapshot.write_bytes(snapshot.read_bytes()[:-40])
        rewritten = replace(archive.verify(saved), files=archive.fingerprint(folder))
        with saved.open("wb") as file:
            archive.write(file, rewritten, folder)
        archive.verify(saved)
        done = orders.backup("verify")
        assert done.returncode == Exit.RESTORE
        assert told(done.stderr)["where"] == "ORDERS"
        assert marked(orders) == ""

    def test_no_archive_at_all(self, server: Server) -> None:
        done = server.backup("verify")
        assert done.returncode == Exit.ARCHIVE
        assert told(done.stderr)["fix"] == "run a backup first"

    def test_a_server_that_does_not_start_is_told(
        self, orders: Server, saved: Path, tmp_path: Path
    ) -> None:
        programs = tmp_path / "programs"
        programs.mkdir()
        found = nats_server.find("nats")
        assert found
        (programs / "nats").symlink_to(found)
        (broken := programs / "nats-server").write_text("#!/bin/sh\nexit 1\n")
        broken.chmod(0o755)
        done = orders.backup("verify", PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
        assert done.returncode == Exit.UNREACHABLE
        assert told(done.stderr)["msg"].startswith("the throw-away server does not start")


class TestReplicas:
    def test_a_restore_can_change_their_number(self, three: list[Server], server: Server) -> None:
        first = three[0]
        first.nats("stream", "add", "R3", "--subjects", "r3", "--replicas", "3", "--defaults")
        first.nats("pub", "r3", "x", "--count", "20", "--jetstream", "--quiet")
        assert first.backup("backup").returncode == Exit.DONE
        (path,) = first.archives()
        variables = {"BACKUP_DIR": str(path.parent), "ARCHIVE": path.name}
        refused = server.backup("restore", **variables)
        assert refused.returncode == Exit.RESTORE
        assert "replicas > 1 not supported" in told(refused.stderr)["msg"]
        done = server.backup("restore", **variables, REPLICAS="1")
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        assert '"num_replicas": 1' in server.nats("stream", "info", "R3", "--json")
        remove(first, "R3")
        done = first.backup("restore", "--replicas", "1", **variables)
        assert (done.returncode, done.stderr) == (Exit.DONE, "")

    @pytest.mark.parametrize("value", ["0", "6", "three"])
    def test_a_number_that_cannot_be(self, server: Server, value: str) -> None:
        done = server.backup("restore", REPLICAS=value)
        assert done.returncode == Exit.USAGE
        assert told(done.stderr)["msg"] == f"REPLICAS is not a number from 1 to 5: '{value}'"


class TestCredentials:
    @pytest.fixture
    def guarded(self, tmp_path: Path, server: Server) -> Server:
        """A server that asks for a user and a password."""
        folder = tmp_path / "guarded"
        flags = ("-js", "-sd", str(folder / "data"), "--user", "backup", "--pass", "open-sesame")
        started = nats_server.start(folder, *flags)
        started.environment |= {"NATS_USER": "backup", "NATS_PASSWORD": "open-sesame"}
        return started

    def test_they_come_from_the_environment_and_stay_out_of_the_log(self, guarded: Server) -> None:
        guarded.nats("stream", "add", "S", "--subjects", "s", "--defaults")
        done = guarded.backup("backup")
        refused = guarded.backup("backup", NATS_PASSWORD="guess-again")
        verified = guarded.backup("verify")
        guarded.stop()
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        assert (verified.returncode, verified.stderr) == (Exit.DONE, "")
        assert refused.returncode == Exit.UNREACHABLE
        assert "Authorization Violation" in told(refused.stderr)["msg"]
        for run, secret in ((done, "open-sesame"), (refused, "guess-again")):
            assert secret not in run.stdout + run.stderr


def test_the_age_is_counted_from_the_name(orders: Server, saved: Path) -> None:
    old = saved.rename(saved.with_name("20261101-000000.tar"))
    done = orders.backup("verify", "--json", ARCHIVE=old.name)
    age = datetime.now(UTC) - datetime(2026, 11, 1, tzinfo=UTC)
    assert abs(json.loads(done.stdout)["age"] - age.total_seconds()) < 60
