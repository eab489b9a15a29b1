"""Each alert on a real cluster: its fault makes it fire, the cure ends it. Only time is faster."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from random import randrange
from typing import Any, NamedTuple

import pytest

from ledger.cluster import Identity
from tests.soak import figures
from tests.support import alert_faults, faults, nats, observability, velero
from tests.support.observability import Ask, await_alert, await_rules, await_series
from tests.unit.test_alerts import alerts

pytestmark = pytest.mark.cluster

Env = Mapping[str, str]
LIMIT = re.compile(r"> (\d\d+)\b")


class Drill(NamedTuple):
    """A fault and what cures it, and what the site calls them."""

    fault: Callable[[Env], AbstractContextManager[None] | None]
    cure: Callable[[Env], None]
    broken: str
    mended: str


@pytest.fixture(scope="module")
def ask(uploaded: Env, velero: Env) -> Iterator[Ask]:
    observability.deploy(uploaded, fast=True)
    with alert_faults.verify_s3(uploaded), observability.api(uploaded) as found:
        await_series(found, "kube_cronjob_info")
        yield found
    observability.remove(uploaded)


def back_up(env: Env) -> None:
    nats.back_up(env)


def fail(env: Env) -> None:
    nats.job(env, "nats-backup", "failed", RETENTION_DAYS="none")


def verify(env: Env) -> None:
    nats.job(env, "nats-backup-verify")


def verify_copy(env: Env) -> None:
    nats.job(env, "nats-backup-verify-s3")


def look(env: Env) -> None:
    """Have the backup volume for three minutes: the kubelet measures it once in each."""
    name = f"nats-backup-volume-{randrange(10**7, 10**8)}"
    nats.kubectl(env, "create", "job", name, "--from=cronjob/nats-backup-volume")


def back_up_objects(env: Env) -> None:
    name = f"daily-{randrange(10**7, 10**8)}"
    velero.velero(env, "backup", "create", name, "--from-schedule=daily", "--wait")


def start_velero(env: Env) -> None:
    velero.kubectl(env, "scale", "deployment/velero", "--replicas=1")


def nothing(env: Env) -> None:
    """The fault ends by itself."""


DRILLS = {
    "NATSBackupFailed": Drill(
        fail, back_up, "A backup fails of a wrong setting", "The next one goes well"
    ),
    "NATSBackupMissing": Drill(
        alert_faults.overdue, back_up, "The last success is made 27 hours old", "A backup"
    ),
    "NATSBackupNeverSucceeded": Drill(
        alert_faults.never_backed_up, back_up, "The CronJob is made anew, and none runs", "A backup"
    ),
    "NATSBackupAbsent": Drill(
        alert_faults.removed, nothing, "The CronJob is deleted", "It is applied again"
    ),
    "NATSBackupSuspended": Drill(
        alert_faults.suspended, nothing, "The CronJob is suspended", "It is resumed"
    ),
    "NATSBackupStuck": Drill(
        alert_faults.stuck,
        nothing,
        "A backup waits for a node that takes no pods",
        "The node takes pods again",
    ),
    "NATSBackupVerifyStale": Drill(
        alert_faults.overdue, verify, "The last success is made 27 hours old", "A verification"
    ),
    "NATSBackupS3CopyStale": Drill(
        alert_faults.overdue,
        verify_copy,
        "The last success is made 27 hours old",
        "A verification from the bucket",
    ),
    "BackupPVCNearCapacity": Drill(
        faults.backup_volume_full,
        look,
        "The last byte of the volume is taken",
        "It is freed, and measured",
    ),
    "BackupPVCInodesNearCapacity": Drill(
        alert_faults.no_inodes,
        look,
        "The last inode of the volume is taken",
        "It is freed, and measured",
    ),
    "VeleroBackupFailed": Drill(
        alert_faults.schedule_broken,
        back_up_objects,
        "The schedule names a location that is not there; a backup fails of it",
        "The schedule is mended, and a backup goes well",
    ),
    "VeleroBackupStale": Drill(velero.wipe, back_up_objects, "Every backup is deleted", "A backup"),
    "VeleroLocationUnavailable": Drill(
        velero.stop, start_velero, "Velero is stopped", "It is started"
    ),
}


def limit(expression: str) -> int | None:
    """For how many seconds a rule lets the trouble be; None if it does not count any."""
    found = LIMIT.search(expression)
    return int(found[1]) if found else None


@pytest.fixture(scope="module")
def measured(ask: Ask, cluster: Identity) -> Iterator[dict[str, dict[str, Any]]]:
    """The seconds that each drill takes: written down once all are there, if that is asked for."""
    found: dict[str, dict[str, Any]] = {}
    yield found
    if figures.asked() and found.keys() == DRILLS.keys():
        here = {rule["name"]: limit(rule["query"]) for rule in await_rules(ask)}
        figures.write(
            figures.REFERENCE / "alerts-matrix.json",
            cores=os.cpu_count(),
            kubernetes=cluster.kubernetes.removeprefix("v"),
            prometheus=ask("status/buildinfo")["version"],
            alerts=[row(name, here[name]) | seconds for name, seconds in found.items()],
        )


def row(name: str, limit_here: int | None) -> dict[str, Any]:
    """What is known of an alert and its drill before that is run."""
    rule, drill = alerts()[name], DRILLS[name]
    return {
        "alert": name,
        "fault": drill.broken,
        "cure": drill.mended,
        "for": rule["for"],
        "limit": limit(rule["expr"]),
        "limit_here": limit_here,
    }


@pytest.mark.parametrize("name", DRILLS)
def test_a_fault_fires_its_alert_and_the_cure_ends_it(
    ask: Ask, uploaded: Env, measured: dict[str, dict[str, Any]], name: str
) -> None:
    drill = DRILLS[name]
    drill.cure(uploaded)
    await_alert(ask, name, firing=False)
    with ExitStack() as stack:
        broken = time.monotonic()
        if (within := drill.fault(uploaded)) is not None:
            stack.enter_context(within)
        await_alert(ask, name, firing=True)
        mended = time.monotonic()
    drill.cure(uploaded)
    await_alert(ask, name, firing=False)
    ended = time.monotonic()
    measured[name] = {"fires": round(mended - broken), "ends": round(ended - mended)}
