"""Each alert on a real cluster: its fault makes it fire, the cure ends it. Only time is faster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from random import randrange

import pytest

from tests.support import alert_faults, faults, nats, observability, velero
from tests.support.observability import Ask, await_alert, await_series

pytestmark = pytest.mark.cluster

Env = Mapping[str, str]
Fault = Callable[[Env], AbstractContextManager[None] | None]


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


FAULTS: dict[str, tuple[Fault, Callable[[Env], None]]] = {
    "NATSBackupFailed": (fail, back_up),
    "NATSBackupMissing": (alert_faults.overdue, back_up),
    "NATSBackupNeverSucceeded": (alert_faults.never_backed_up, back_up),
    "NATSBackupAbsent": (alert_faults.removed, nothing),
    "NATSBackupSuspended": (alert_faults.suspended, nothing),
    "NATSBackupStuck": (alert_faults.stuck, nothing),
    "NATSBackupVerifyStale": (alert_faults.overdue, verify),
    "NATSBackupS3CopyStale": (alert_faults.overdue, verify_copy),
    "BackupPVCNearCapacity": (faults.backup_volume_full, look),
    "BackupPVCInodesNearCapacity": (alert_faults.no_inodes, look),
    "VeleroBackupFailed": (alert_faults.schedule_broken, back_up_objects),
    "VeleroBackupStale": (velero.wipe, back_up_objects),
    "VeleroLocationUnavailable": (velero.stop, start_velero),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_fires_its_alert_and_the_cure_ends_it(ask: Ask, uploaded: Env, name: str) -> None:
    fault, cure = FAULTS[name]
    cure(uploaded)
    await_alert(ask, name, firing=False)
    with ExitStack() as stack:
        if (within := fault(uploaded)) is not None:
            stack.enter_context(within)
        await_alert(ask, name, firing=True)
    cure(uploaded)
    await_alert(ask, name, firing=False)
