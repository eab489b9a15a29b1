"""What several tests share: a small project; a nats-server with streams and an S3 store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nats_backup.errors import Exit
from nats_backup.store import archive_name

from tests.fixtures.flow_project import Fake
from tests.support import nats_server, s3_server
from tests.support.nats_server import Server


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    """A project of one plan and one page."""
    return Fake(tmp_path)


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    if not nats_server.find("nats"):
        request.getfixturevalue("cluster")
    started = nats_server.start(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def orders(server: Server) -> Server:
    """A stream with gaps, two consumers and a bucket of keys."""
    server.nats("stream", "add", "ORDERS", "--subjects", "orders.>", "--defaults")
    server.nats("pub", "orders.new", "order {{Count}}", "--count", "500", "--quiet")
    for gone in ("450", "451"):
        server.nats("stream", "rmm", "ORDERS", gone, "-f")
    for name in ("billing", "shipping"):
        server.nats("consumer", "add", "ORDERS", name, "--pull", "--ack", "explicit", "--defaults")
    server.nats("consumer", "next", "ORDERS", "billing", "--count", "200", "--ack", "--raw")
    server.nats("kv", "add", "config")
    server.nats("kv", "put", "config", "region", "eu")
    return server


@pytest.fixture
def saved(orders: Server) -> Path:
    assert orders.backup("backup").returncode == Exit.DONE
    made = orders.archives()[0]
    # An archive is named by its second: the next one needs another.
    while archive_name(datetime.now(UTC)) == made.name:
        time.sleep(0.05)
    return made


@pytest.fixture
def three(tmp_path: Path) -> Iterator[list[Server]]:
    """A cluster of three servers."""
    started = nats_server.start_three(tmp_path)
    yield started
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3_server.Store]:
    started = s3_server.start(tmp_path_factory.mktemp("s3"))
    yield started
    started.stop()
