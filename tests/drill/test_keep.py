"""Drills of what protects the archives and the streams: retention, and the users of NATS."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nats_backup.errors import Exit
from nats_backup.store import archive_name

from tests.drill.lab import Lab, archived, attempt, counts, orders, remove, streams
from tests.support.nats_server import Server

USERS = Path(__file__).parents[2] / "manifests" / "nats" / "base" / "users.conf"
NAMES = ("operator", "backup", "restore", "viewer")


def test_22_retention_by_name_and_never_the_last_good_one(server: Server) -> None:
    """Drill 22: of ten daily archives those of seven days stay; of ten old ones, the newest good.

    `find -mtime +7 -delete` judges by the time of the file: it removes the last archive as
    readily as the first.
    """
    orders(server)
    made = server.folder / "backup" / archived(server)
    now = datetime.now(UTC)
    days = [made.with_name(archive_name(now - timedelta(days=n, minutes=1))) for n in range(1, 11)]
    for path in days:
        shutil.copy(made, path)
    made.unlink()
    assert server.backup("prune", RETENTION_DAYS="7").returncode == Exit.DONE
    assert server.archives() == sorted(days[:6])

    old = [made.with_name(f"202001{day:02d}-020000.tar") for day in range(1, 11)]
    for path in days[:6]:
        path.rename(old.pop())
    kept, broken = server.archives()[-2:]
    data = bytearray(broken.read_bytes())
    data[len(data) // 2] ^= 1
    broken.write_bytes(data)
    copies = server.folder / "copies"
    shutil.copytree(server.folder / "backup", copies)
    assert server.backup("prune", RETENTION_DAYS="7").returncode == Exit.DONE
    assert kept in server.archives()

    long_ago = (now - timedelta(days=30)).timestamp()
    for path in copies.iterdir():
        os.utime(path, (long_ago, long_ago))
    subprocess.run(["find", copies, "-name", "*.tar", "-mtime", "+7", "-delete"], check=True)
    assert list(copies.glob("*.tar")) == []


def test_22_retention_spares_what_was_proved(server: Server) -> None:
    """Drill 22: the newest verified archive stays, and so does the newest good one before this run.

    What this run has saved may be the damage that the older one has to mend.
    """
    orders(server)
    made = server.folder / "backup" / archived(server)
    old = [made.with_name(f"202001{day:02d}-020000.tar") for day in (1, 2, 3)]
    for path in old:
        shutil.copy(made, path)
    made.unlink()
    assert server.backup("verify", ARCHIVE=old[0].name).returncode == Exit.DONE
    assert server.backup("verify", ARCHIVE=old[1].name).returncode == Exit.DONE
    assert server.backup("backup").returncode == Exit.DONE
    assert server.archives()[:-1] == old[1:]


def test_26_each_user_of_nats_can_do_its_own_work_only(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drill 26: the Jobs' users back up and restore; a deletion runs into the timeout, exit 1.

    The server says nothing to the client that asks for an answer: `context deadline exceeded`. Who
    only publishes is told.
    """
    for name in NAMES:
        monkeypatch.setenv(f"{name.upper()}_PASSWORD", f"of-{name}")
    shutil.copy(USERS, tmp_path / "users.conf")
    (tmp_path / "nats.conf").write_text('include "users.conf"\n')
    data = str(tmp_path / "data")
    server = lab.serve("2.14", "-c", str(tmp_path / "nats.conf"), "-js", "-sd", data)
    become(server, "operator")
    orders(server)
    for name in ("backup", "restore", "viewer"):
        become(server, name)
        gone = attempt(server, "stream", "rm", "ORDERS", "-f", "--timeout", "1s")
        assert (gone.returncode, "context deadline exceeded" in gone.stderr) == (1, True)
        sent = attempt(server, "pub", "orders.new", "x")
        assert (sent.returncode, "Permissions Violation for Publish" in sent.stderr) == (1, True)
    become(server, "backup")
    name = archived(server)
    become(server, "operator")
    assert counts(server) == (498, 1, 500, 2)
    remove(server, "ORDERS")
    become(server, "backup")
    assert server.backup("restore", ARCHIVE=name, NATS_TIMEOUT="2s").returncode == Exit.RESTORE
    become(server, "operator")
    assert streams(server) == []
    become(server, "restore")
    assert server.backup("restore", ARCHIVE=name).returncode == Exit.DONE


def become(server: Server, user: str) -> None:
    """Let the server's clients be another user."""
    server.environment |= {"NATS_USER": user, "NATS_PASSWORD": f"of-{user}"}
