"""What the long runs need: `make soak`. No other run has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support import nats as server
from tests.support import volumes

Env = Mapping[str, str]
DATA = "data-nats-0"


@pytest.fixture(scope="module")
def roomy(nats: Env) -> Iterator[Env]:
    """NATS with room for some gigabytes, and nothing in it."""
    server.stop(nats)
    with volumes.on_disk(nats, DATA, volumes.BACKUP):
        server.kubectl(nats, "apply", "-k", str(Path(__file__).with_name("nats")))
        server.start(nats)
        try:
            yield nats
        finally:
            server.wipe(nats)
            server.stop(nats)
    server.deploy(nats)
