"""The standby on a real cluster: what it does not do, and what is left when it goes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.support import mirror, nats
from tests.support.commands import kubectl

pytestmark = pytest.mark.cluster

Env = Mapping[str, str]


def test_the_standby_makes_no_backup(mirrored: Env) -> None:
    path = "jsonpath={.items[?(@.spec.suspend==false)].metadata.name}"
    assert kubectl(mirrored, "get", "cronjobs", "-o", path, namespace=mirror.STANDBY) == ""


def test_without_a_standby_nothing_of_the_link_is_left(mirrored: Env) -> None:
    before = nats.box(mirrored, "nats", "stream", "get", "ORDERS", "1", "--json")
    mirror.remove(mirrored)
    services = nats.kubectl(mirrored, "get", "services", "-o", "name").split()
    assert services == ["service/nats", "service/nats-headless"]
    assert "domain" not in nats.box(mirrored, "nats", "stream", "info", "ORDERS", "--json")
    assert nats.box(mirrored, "nats", "stream", "get", "ORDERS", "1", "--json") == before
