"""What tests on the cluster share."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from ledger.cluster import Identity, environment
from tests.support.commands import kubectl


@pytest.fixture
def namespace(cluster: Identity) -> Iterator[str]:
    """A namespace of the test's own."""
    env, name = environment(cluster), f"test-{uuid4().hex[:8]}"
    kubectl(env, "create", "namespace", name)
    yield name
    kubectl(env, "delete", "namespace", name, "--wait=false")
