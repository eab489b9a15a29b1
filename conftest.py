"""Fixtures of this repository: for its tests, and for the pages that name them."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from ledger.core.project import Project

# What the pages name is prepared below tests/support/fixtures/, a module a system.
pytest_plugins = [
    "pytester",
    "tests.support.fixtures.nats",
    "tests.support.fixtures.s3",
    "tests.support.fixtures.velero",
    "tests.support.fixtures.alerts",
    "tests.support.fixtures.standby",
]

# What a shell runs in its background is deaf to Ctrl-C, and so is all that is started there.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project of its own."""
    (tmp_path / "mkdocs.yml").write_text("site_name: Test\n", "utf-8")
    (tmp_path / "docs").mkdir()
    return Project(tmp_path)
