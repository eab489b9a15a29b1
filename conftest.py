"""Fixtures of this repository: for its tests, and for the pages that name them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.cluster import Identity, environment
from ledger.core.project import Project

pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def orders(cluster: Identity) -> Iterator[None]:
    """NATS on the cluster, with the stream ORDERS as the pages tell it."""
    from tests.support import nats

    env = environment(cluster)
    nats.deploy(env)
    try:
        nats.seed_orders(env)
        yield
    finally:
        nats.wipe(env)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project of its own."""
    (tmp_path / "mkdocs.yml").write_text("site_name: Test\n", "utf-8")
    (tmp_path / "docs").mkdir()
    return Project(tmp_path)
