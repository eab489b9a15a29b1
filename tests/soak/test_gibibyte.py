"""A gibibyte is backed up, all of NATS's storage is destroyed, and every message comes back."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from typing import Any

import pytest

from ledger.cluster import Identity
from tests.soak import account
from tests.soak.conftest import DATA
from tests.soak.figures import REHEARSAL, write
from tests.support import nats, volumes
from tests.support.nats import box

pytestmark = [pytest.mark.cluster, pytest.mark.soak]

Env = Mapping[str, str]


def timed(env: Env, template: str, **settings: str) -> tuple[float, str]:
    """Seconds from the Job's creation to its end, and its log."""
    started = time.monotonic()
    log = nats.job(env, template, **settings)
    return round(time.monotonic() - started, 1), log


def destroy(env: Env) -> None:
    """Lose every byte that NATS has stored, and start it again."""
    nats.stop(env)
    volumes.empty(env, DATA)
    nats.start(env)


def figures(before: Mapping[str, Any]) -> dict[str, int]:
    """How much there is."""
    states = [stream["state"] for stream in before.values()]
    return {
        "bytes": sum(state["bytes"] for state in states),
        "streams": len(states),
        "messages": sum(state["messages"] for state in states),
        "deleted": sum(state.get("num_deleted", 0) for state in states),
        "consumers": sum(len(stream["consumers"]) for stream in before.values()),
    }


def test_a_gibibyte_comes_back(roomy: Env, cluster: Identity) -> None:
    account.fill(roomy)
    before = account.read(roomy)
    found = figures(before)
    assert found["bytes"] >= account.GIBIBYTE
    assert list(before) == ["CLICKS", "INVOICES", "KV_prices", "OBJ_scans", "ORDERS"]

    backup, log = timed(roomy, "nats-backup")
    (archive,) = re.findall(r'"archive stored" archive=(\S+)', log)
    verify, _ = timed(roomy, "nats-backup-verify")
    destroy(roomy)
    assert account.read(roomy) == {}
    restore, log = timed(roomy, "nats-restore", ARCHIVE=archive)
    assert 'msg="Restore Complete"' in log.splitlines()[-1]

    assert account.read(roomy) == before
    write(
        REHEARSAL / "restore.json",
        **found,
        backup_seconds=backup,
        verify_seconds=verify,
        restore_seconds=restore,
        cores=os.cpu_count(),
        kubernetes=cluster.kubernetes.removeprefix("v"),
        nats_server=box(roomy, "nats-server", "--version").split("v")[-1].strip(),
    )
