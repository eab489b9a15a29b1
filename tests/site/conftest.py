"""Fixtures of the site's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.site.building import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty project with this repository's settings."""
    return Site(tmp_path / "project")
