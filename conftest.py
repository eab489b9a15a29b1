"""Fixtures of this repository: for its tests, and for the pages that name them."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ledger.cluster import Identity, environment
from ledger.core.project import Project

pytest_plugins = ["pytester"]

# What a shell runs in its background is deaf to Ctrl-C, and so is all that is started there.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def nats(cluster: Identity) -> Iterator[Mapping[str, str]]:
    """NATS on the cluster, without a stream; gives the environment of its clients."""
    from tests.support import nats

    env = environment(cluster)
    nats.deploy(env)
    nats.wipe(env)
    yield env
    nats.wipe(env)


@pytest.fixture(scope="module")
def orders(nats: Mapping[str, str]) -> None:
    """NATS with the bucket `settings` and the stream ORDERS: backed up, then emptied by mistake."""
    from tests.support.nats import back_up, box, seed_orders

    seed_orders(nats)
    back_up(nats)
    box(nats, "nats", "stream", "purge", "ORDERS", "--force")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project of its own."""
    (tmp_path / "mkdocs.yml").write_text("site_name: Test\n", "utf-8")
    (tmp_path / "docs").mkdir()
    return Project(tmp_path)
