"""Fixtures of the drills: real servers on loopback, no cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drill.lab import Lab
from tests.support import nats_server, s3_server
from tests.support.nats_server import Server


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without the nats command on this machine its drills wait for the cluster, which builds it."""
    here = str(Path(__file__).parent)
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if str(item.path).startswith(here) and "lab" in fixtures and not nats_server.find("nats"):
            item.add_marker(pytest.mark.cluster)


@pytest.fixture
def lab(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Servers on demand."""
    if not nats_server.find("nats"):
        request.getfixturevalue("cluster")
    opened = Lab(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def server(lab: Lab) -> Server:
    """One server of the version that this project runs, without a stream."""
    return lab.serve()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3_server.Store]:
    """A bucket with versions."""
    started = s3_server.start(tmp_path_factory.mktemp("s3"))
    yield started
    started.stop()
