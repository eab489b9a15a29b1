"""Drills of versions: archives that cross from one nats-server to another."""

from __future__ import annotations

import pytest
from nats_backup.errors import Exit

from tests.drill.lab import Lab, archived, attempt, counts, orders, put_back, remove, snapshot

DUPLICATE = ("pub", "once", "x", "--header", "Nats-Msg-Id:1", "--jetstream")


@pytest.mark.parametrize(
    ("old", "new"), [("2.10", "2.14"), ("2.10", "2.15"), ("2.14", "2.15"), ("2.14", "2.10")]
)
def test_24_an_archive_of_another_version(lab: Lab, old: str, new: str) -> None:
    """Drill 24: 2.10, 2.14 and 2.15 restore what 2.10 and 2.14 have saved."""
    first, second = lab.serve(old), lab.serve(new)
    orders(first)
    assert put_back(second, snapshot(first)).returncode == 0
    assert counts(second) == (498, 1, 500, 2)


def test_24_there_is_no_way_back_from_2_15(lab: Lab) -> None:
    """Drill 24: 2.14 refuses an archive of 2.15, `invalid tar header`: no downgrade by a backup.

    The tool passes the refusal on, with an exit code of its own, and says what was restored;
    its verification on 2.14 finds it out beforehand.
    """
    new, old = lab.serve("2.15"), lab.serve()
    orders(new)
    refused = put_back(old, snapshot(new))
    assert refused.returncode == 1
    assert "archive/tar: invalid tar header (10062)" in refused.stderr
    name = archived(new)
    (old.folder / "backup" / name).write_bytes((new.folder / "backup" / name).read_bytes())
    ours = old.backup("restore", ARCHIVE=name)
    assert ours.returncode == Exit.RESTORE
    assert "restored before it: none" in ours.stderr
    assert old.backup("verify", ARCHIVE=name).returncode == Exit.RESTORE


@pytest.mark.parametrize(("version", "stored"), [("2.14", 1), ("2.15", 2)])
def test_27_a_message_that_is_published_again(lab: Lab, version: str, stored: int) -> None:
    """Drill 27: after a restore, 2.14 knows a message by its id; 2.15 stores it a second time.

    After a restart 2.15 knows it too.
    """
    server = lab.serve(version)
    window = ("--dupe-window", "10m", "--defaults")
    server.nats("stream", "add", "ONCE", "--subjects", "once", *window)
    server.nats(*DUPLICATE)
    assert "Duplicate: true" in attempt(server, *DUPLICATE).stderr
    saved = snapshot(server, "ONCE")
    remove(server, "ONCE")
    assert put_back(server, saved).returncode == 0
    assert attempt(server, *DUPLICATE).returncode == 0
    assert counts(server, "ONCE")[0] == stored
    again = lab.again(server, version)
    assert "Duplicate: true" in attempt(again, *DUPLICATE).stderr
