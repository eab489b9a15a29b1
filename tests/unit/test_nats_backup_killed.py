"""A backup that is killed at any moment: what is on the volume and in the bucket stays good."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest
from nats_backup import archive
from nats_backup.errors import Exit
from nats_backup.store import Store

from tests.support import s3_server
from tests.support.nats_server import NEEDS_NATS, Server

pytestmark = NEEDS_NATS
# The files of a run, in the order in which they appear; "" is the start.
MOMENTS = ("", "work/nats-backup-*/streams/*", "backup/.*.partial", "backup/.LATEST.new")


@pytest.fixture
def filled(orders: Server) -> Server:
    """Enough data that a backup takes a while."""
    (block := orders.folder / "block").write_bytes(os.urandom(500_000))
    orders.nats("stream", "add", "LARGE", "--subjects", "large", "--defaults")
    with block.open("rb") as data:
        for _ in range(80):
            data.seek(0)
            subprocess.run(
                ["nats", "pub", "large", "--force-stdin", "--quiet"],
                env=orders.environment,
                stdin=data,
                check=True,
                capture_output=True,
            )
    return orders


def kill_at(server: Server, moment: str, delay: float, environment: dict[str, str]) -> bool:
    """Start a backup and kill it, with its children, a while after a file of it appears.

    Returns:
        Whether it was killed: a late one has ended before.
    """
    settle(server, environment)
    running = subprocess.Popen(
        [sys.executable, "-m", "nats_backup", "backup"],
        env=server.environment | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while moment and running.poll() is None and not list(server.folder.glob(moment)):
        pass
    time.sleep(delay)
    if running.poll() is None:
        os.killpg(running.pid, 9)
    for left in (server.folder / "work").iterdir():
        shutil.rmtree(left)  # as a pod's own volume goes with the pod
    return running.wait() == -9


def settle(server: Server, environment: dict[str, str]) -> None:
    """Back up; the server lets go of a snapshot whose client is dead after some seconds."""
    deadline = time.monotonic() + 60
    time.sleep(1)  # an archive is named by its second
    while (done := server.backup("backup", **environment)).returncode == Exit.SNAPSHOT:
        assert "snapshot in progress" in done.stderr
        assert time.monotonic() < deadline
        time.sleep(1)
    assert (done.returncode, done.stderr) == (Exit.DONE, "")
    time.sleep(1)


def whole(volume: Path) -> list[str]:
    """The names of the archives: each of them has to be whole."""
    names = Store(volume).names()
    for name in names:
        archive.verify(volume / name)
    return names


def test_no_half_archive_is_ever_visible(filled: Server, s3: s3_server.Store) -> None:
    place, client = s3.environment(), s3.client()
    volume = filled.folder / "backup"
    assert filled.backup("backup", **place).returncode == Exit.DONE
    first = whole(volume)[-1]
    for moment in MOMENTS:
        for delay in (0.0, 0.2):
            hit = kill_at(filled, moment, delay, place)
            assert hit or delay or moment == MOMENTS[-1]
            assert first in whole(volume)
            latest = json.loads((volume / "LATEST").read_bytes())
            assert sha256((volume / latest["archive"]).read_bytes()).hexdigest() == latest["sha256"]
    prefix = place["S3_PREFIX"]
    settle(filled, place)
    names = {path.name for path in volume.iterdir()} - set(whole(volume))
    assert names == {".lock", "LATEST"}
    objects = client.list_objects_v2(Bucket=s3_server.BUCKET, Prefix=prefix)["Contents"]
    for key in {item["Key"] for item in objects} - {f"{prefix}LATEST"}:
        body = client.get_object(Bucket=s3_server.BUCKET, Key=key)["Body"].read()
        assert body == (volume / key.removeprefix(prefix)).read_bytes()
    left = client.list_multipart_uploads(Bucket=s3_server.BUCKET, Prefix=prefix)
    assert left.get("Uploads", []) == []
    assert filled.backup("verify").returncode == Exit.DONE
