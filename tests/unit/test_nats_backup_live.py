"""The backup tool against a real nats-server, through the real nats command."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nats_backup import archive, restore
from nats_backup.errors import DiffersError, Exit, UnreachableError
from nats_backup.nats import Nats

from tests.support import nats_server
from tests.support.nats_server import NEEDS_NATS, Server, remove, told

pytestmark = NEEDS_NATS


def enter(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this process the environment of the server, to call the tool from Python."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


class TestBackup:
    def test_the_last_line_says_what_was_saved(self, orders: Server) -> None:
        done = orders.backup("backup")
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        (path,) = orders.archives()
        lines = done.stdout.splitlines()
        assert lines[-1] == (
            'level=info stage=done msg="Backup Complete" '
            f"archive={path.name} streams=2 messages=499"
        )
        skipped = "S3/GCS upload skipped (credentials not configured)"
        assert f'level=info stage=upload msg="{skipped}"' in lines
        assert list((orders.folder / "work").iterdir()) == []

    def test_the_manifest_holds_what_the_server_held(self, orders: Server, saved: Path) -> None:
        manifest = archive.verify(saved)
        bucket, stream = manifest.streams
        assert (bucket.name, bucket.messages) == ("KV_config", 1)
        assert (stream.messages, stream.first_seq, stream.last_seq) == (498, 1, 500)
        assert stream.num_deleted == 2
        assert {c.name: c.ack_floor for c in stream.consumers} == {
            "billing": "200",
            "shipping": "0",
        }
        assert manifest.versions["server"].startswith("2.")
        assert manifest.versions["cli"] == orders.nats("--version").strip().removeprefix("v")

    def test_no_streams_is_an_error_of_its_own(self, server: Server) -> None:
        done = server.backup("backup")
        assert done.returncode == Exit.NO_STREAMS
        assert told(done.stderr)["msg"].startswith("the account has no streams")
        assert server.archives() == []

    def test_a_memory_stream_is_left_out_and_told(self, orders: Server) -> None:
        orders.nats("stream", "add", "MEM", "--subjects", "m", "--storage", "memory", "--defaults")
        done = orders.backup("backup")
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        lines = done.stdout.splitlines()
        why = "stream excluded: memory storage"
        assert lines[0] == f'level=warn stage=snapshot msg="{why}" stream=MEM'
        assert lines[-1].endswith("streams=2 messages=499 excluded=1")
        saved = archive.verify(orders.archives()[0])
        assert (saved.names, saved.excluded) == (("KV_config", "ORDERS"), ("MEM",))
        remove(orders, "ORDERS", "KV_config")
        restored = orders.backup("restore", ARCHIVE=orders.archives()[0].name)
        assert (restored.returncode, restored.stderr) == (Exit.DONE, "")

    def test_only_memory_streams_are_no_streams(self, server: Server) -> None:
        server.nats("stream", "add", "MEM", "--subjects", "m", "--storage", "memory", "--defaults")
        done = server.backup("backup")
        assert done.returncode == Exit.NO_STREAMS
        assert "no streams but memory streams" in told(done.stderr)["msg"]
        assert server.archives() == []

    def test_nats_down_leaves_no_archive(self, orders: Server) -> None:
        orders.stop()
        done = orders.backup("backup")
        assert done.returncode == Exit.UNREACHABLE
        assert told(done.stderr)["msg"] == (
            "NATS does not answer: nats: no servers available for connection"
        )
        assert orders.archives() == []

    def test_a_wrong_password_is_told_as_such(self, tmp_path: Path) -> None:
        guarded = nats_server.start(
            tmp_path / "guarded",
            "-sd",
            str(tmp_path / "data"),
            "--user",
            "backup",
            "--pass",
            "good",
        )
        done = guarded.backup("backup", NATS_USER="backup", NATS_PASSWORD="bad")
        guarded.stop()
        assert done.returncode == Exit.UNREACHABLE
        assert told(done.stderr)["msg"] == "NATS refuses the user: nats: Authorization Violation"
        assert "nats-auth" in told(done.stderr)["fix"]

    def test_nats_that_goes_down_halfway_is_told_as_such(
        self, orders: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        enter(orders, monkeypatch)
        orders.stop()
        with pytest.raises(UnreachableError, match="no servers available"):
            Nats("1s").snapshot("ORDERS", orders.folder / "work" / "ORDERS")

    def test_a_stalled_server_ends_the_run(self, orders: Server) -> None:
        orders.pause()
        done = orders.backup("backup", NATS_TIMEOUT="1s")
        assert done.returncode == Exit.UNREACHABLE
        assert orders.archives() == []

    def test_a_run_that_is_told_to_end_clears_up(self, orders: Server) -> None:
        orders.pause()
        running = subprocess.Popen(
            [sys.executable, "-m", "nats_backup", "backup"], env=orders.environment
        )
        work = orders.folder / "work"
        while not list(work.iterdir()):
            time.sleep(0.05)
        running.terminate()
        assert running.wait(10) == 128 + signal.SIGTERM
        assert list(work.iterdir()) == []
        assert orders.archives() == []

    def test_credentials_in_the_address_are_not_shown(self, server: Server) -> None:
        done = server.backup("backup", NATS_URL="nats://user:hunter2@127.0.0.1:1")
        assert done.returncode == Exit.UNREACHABLE
        assert "hunter2" not in done.stdout + done.stderr

    def test_jetstream_off_is_not_an_empty_account(self, tmp_path: Path) -> None:
        plain = nats_server.start(tmp_path / "plain", "--name", "plain")
        done = plain.backup("backup")
        plain.stop()
        assert done.returncode == Exit.UNREACHABLE
        assert told(done.stderr)["msg"].startswith("JetStream does not answer")

    def test_a_damaged_block_on_the_server_fails_the_backup(self, orders: Server) -> None:
        (block,) = (orders.folder / "data").rglob("ORDERS/msgs/1.blk")
        data = bytearray(block.read_bytes())
        data[len(data) // 2] ^= 0xFF
        block.write_bytes(data)
        done = orders.backup("backup")
        assert done.returncode == Exit.SNAPSHOT
        assert told(done.stderr)["where"] == "ORDERS"
        assert "snapshot check detected" in told(done.stderr)["msg"]
        assert orders.archives() == []


class TestRestore:
    def test_everything_comes_back(self, orders: Server, saved: Path) -> None:
        keys = orders.nats("kv", "get", "config", "region", "--raw")
        message = orders.nats("stream", "get", "ORDERS", "321", "--json")
        remove(orders, "ORDERS", "KV_config")
        done = orders.backup("restore", ARCHIVE=saved.name)
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        rows = [re.split(r"  +", line) for line in done.stdout.splitlines() if "level=" not in line]
        assert rows == [
            ["STREAM", "ITEM", "SAVED", "RESTORED", "RESULT"],
            ["KV_config", "messages", "1", "1", "ok"],
            ["KV_config", "first_seq", "1", "1", "ok"],
            ["KV_config", "last_seq", "1", "1", "ok"],
            ["KV_config", "num_deleted", "0", "0", "ok"],
            ["ORDERS", "messages", "498", "498", "ok"],
            ["ORDERS", "first_seq", "1", "1", "ok"],
            ["ORDERS", "last_seq", "500", "500", "ok"],
            ["ORDERS", "num_deleted", "2", "2", "ok"],
            ["ORDERS", "consumer billing ack_floor", "200", "200", "ok"],
            ["ORDERS", "consumer shipping ack_floor", "0", "0", "ok"],
        ]
        assert done.stdout.splitlines()[-1].endswith("streams=2 messages=499")
        assert orders.nats("kv", "get", "config", "region", "--raw") == keys
        assert orders.nats("stream", "get", "ORDERS", "321", "--json") == message
        following = orders.nats("consumer", "next", "ORDERS", "billing", "--raw")
        assert following.strip() == "order 201"

    def test_messages_that_expired_since_the_backup_are_no_difference(self, server: Server) -> None:
        server.nats("stream", "add", "AGE", "--subjects", "a", "--max-age", "12s", "--defaults")
        server.nats("pub", "a", "x", "--count", "10", "--jetstream", "--quiet")
        server.nats("stream", "rmm", "AGE", "5", "-f")
        server.nats("consumer", "add", "AGE", "reader", "--pull", "--ack", "explicit", "--defaults")
        server.nats("consumer", "next", "AGE", "reader", "--count", "2", "--ack", "--raw")
        assert server.backup("backup").returncode == Exit.DONE
        remove(server, "AGE")
        time.sleep(12)
        started = time.monotonic()
        done = server.backup("restore", ARCHIVE=server.archives()[0].name)
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        assert time.monotonic() - started < restore.SETTLE_SECONDS
        rows = [re.split(r"  +", line)[1:] for line in done.stdout.splitlines() if "AGE  " in line]
        assert rows == [
            ["messages", "9", "0", "expired"],
            ["first_seq", "1", "11", "expired"],
            ["last_seq", "10", "10", "ok"],
            ["num_deleted", "1", "0", "expired"],
            ["consumer reader ack_floor", "2", "2", "ok"],
        ]

    def test_a_difference_is_not_answered_with_a_deletion(
        self, orders: Server, saved: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        orders.nats("stream", "rmm", "ORDERS", "7", "-f")
        enter(orders, monkeypatch)
        monkeypatch.setattr(restore, "SETTLE_SECONDS", 0.0)
        with pytest.raises(DiffersError) as caught:
            restore.verify(archive.verify(saved), ["ORDERS"], Nats("5s"))
        assert caught.value.fix == "keep the publishers stopped, keep the archive, and escalate"

    def test_an_ephemeral_consumer_is_not_promised(self, orders: Server) -> None:
        orders.nats("consumer", "add", "ORDERS", "--pull", "--ephemeral", "--defaults")
        assert orders.backup("backup").returncode == Exit.DONE
        _, stream = archive.verify(orders.archives()[0]).streams
        assert [consumer.name for consumer in stream.consumers] == ["billing", "shipping"]

    def test_replicas_are_compared_once_they_have_leaders(self, three: list[Server]) -> None:
        first = three[0]
        first.nats("stream", "add", "R3", "--subjects", "r3", "--replicas", "3", "--defaults")
        first.nats("pub", "r3", "x", "--count", "20", "--jetstream", "--quiet")
        for number in range(15):
            first.nats("consumer", "add", "R3", f"c{number}", "--pull", "--defaults")
        assert first.backup("backup").returncode == Exit.DONE
        remove(first, "R3")
        done = first.backup("restore", ARCHIVE=first.archives()[0].name)
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        assert done.stdout.count("ack_floor") == 15

    def test_one_stream_by_name(self, orders: Server, saved: Path) -> None:
        remove(orders, "ORDERS")
        done = orders.backup("restore", "--archive", saved.name, "--stream", "ORDERS")
        assert done.returncode == Exit.DONE
        assert done.stdout.splitlines()[-1].endswith("streams=1 messages=498")

    def test_an_existing_stream_is_refused_and_nothing_changes(
        self, orders: Server, saved: Path
    ) -> None:
        remove(orders, "KV_config")
        orders.nats("pub", "orders.new", "later")
        done = orders.backup("restore", ARCHIVE=saved.name)
        assert done.returncode == Exit.EXISTS
        assert told(done.stderr)["msg"] == "stream exists, nothing was changed: ORDERS"
        assert orders.nats("stream", "ls", "-a", "--names").split() == ["ORDERS"]
        assert '"messages": 499' in orders.nats("stream", "info", "ORDERS", "--json")

    @pytest.mark.parametrize("damage", ["flip", "cut"])
    def test_a_damaged_archive_is_refused_before_anything_is_restored(
        self, damage: str, orders: Server, saved: Path
    ) -> None:
        remove(orders, "ORDERS", "KV_config")
        data = bytearray(saved.read_bytes())
        at = data.rindex(b"stream.tar.s2") + 1000
        data[at] ^= 1
        saved.write_bytes(data if damage == "flip" else data[:at])
        done = orders.backup("restore", ARCHIVE=saved.name)
        assert done.returncode == Exit.ARCHIVE
        assert told(done.stderr)["where"] == saved.name
        assert orders.nats("stream", "ls", "-a", "--names").split() == []

    def test_a_stream_that_the_archive_does_not_hold(self, orders: Server, saved: Path) -> None:
        done = orders.backup("restore", ARCHIVE=saved.name, STREAM="INVOICES")
        assert done.returncode == Exit.USAGE
        assert told(done.stderr)["fix"] == "it holds KV_config, ORDERS"

    def test_a_refused_stream_names_what_came_back_before_it(
        self, orders: Server, saved: Path
    ) -> None:
        remove(orders, "ORDERS", "KV_config")
        orders.nats("stream", "add", "OTHER", "--subjects", "orders.>", "--defaults")
        done = orders.backup("restore", ARCHIVE=saved.name)
        assert done.returncode == Exit.RESTORE
        error = told(done.stderr)
        assert (error["where"], error["fix"]) == ("ORDERS", "restored before it: KV_config")
        assert "overlap" in error["msg"]

    def test_a_stream_made_from_its_configuration_is_found_empty(
        self, orders: Server, saved: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        configuration = orders.folder / "info.json"
        configuration.write_text(orders.nats("stream", "info", "ORDERS", "--json"))
        remove(orders, "ORDERS")
        orders.nats("stream", "create", "ORDERS", "--config", str(configuration))
        enter(orders, monkeypatch)
        checks = restore.differences(archive.verify(saved), ["ORDERS"], Nats("5s"))
        wrong = {check.item: (check.expected, check.found) for check in checks if not check.good}
        assert wrong["messages"] == ("498", "0")
        assert wrong["last_seq"] == ("500", "0")
        assert wrong["consumer billing ack_floor"] == ("200", "missing")
