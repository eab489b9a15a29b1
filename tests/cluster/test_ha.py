"""From one NATS server to three: why the streams have to go through an archive."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from tests.support import nats
from tests.support.nats import box, kubectl

pytestmark = pytest.mark.cluster

Env = Mapping[str, str]


def test_a_server_that_joins_a_cluster_deletes_the_streams_it_had_alone(one_server: Env) -> None:
    assert box(one_server, "nats", "stream", "ls", "--all", "--names").split()
    nats.stop(one_server)
    nats.deploy(one_server, "ha")
    deadline = time.monotonic() + 120
    while "Detected orphaned stream '$G > ORDERS'" not in kubectl(one_server, "logs", "nats-0"):
        assert time.monotonic() < deadline
        time.sleep(2)
    assert box(one_server, "nats", "stream", "ls", "--all") == "No Streams defined\n"
