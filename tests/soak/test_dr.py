"""A cluster is lost, and another one, raised after that, takes over: every object, every message.

The bucket outlives it on the cluster of the run.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ledger.cluster import Identity, environment
from tests.soak import account
from tests.soak.conftest import DATA
from tests.soak.figures import REHEARSAL, write
from tests.support import dr, nats, objects, s3, velero, volumes
from tests.support.blocks import run_blocks

pytestmark = [pytest.mark.cluster, pytest.mark.soak]

Env = Mapping[str, str]
PAGE = "runbook/dr-restore.md"
PATIENCE = 180.0
RESTORE_OBJECTS = ("restore-objects", "restore-roles", "nats-is-up", "nothing-starts")
RESTORE_DATA = ("list-archives", "choose-archive", "restore-data", "data-result")
SUSPENDED = {"CronJob/nats-backup", "CronJob/nats-backup-verify"}


@pytest.fixture
def bucket(cluster: Identity) -> Iterator[Env]:
    """The cluster of the run, with an empty bucket that others reach, and that bears a gibibyte."""
    env = environment(cluster)
    dr.publish_bucket(env)
    s3.kubectl(env, "set", "resources", "statefulset/s3", "--limits=memory=2Gi")
    s3.kubectl(env, "rollout", "status", "statefulset/s3", "--timeout=120s")
    yield env
    dr.withdraw_bucket(env)
    s3.deploy(env)


class Times(dict[str, float]):
    """Seconds of each step."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Take the time of a block."""
        started = time.monotonic()
        yield
        self[name] = round(time.monotonic() - started, 1)


def fill(env: Env) -> None:
    """Give NATS room, and a gibibyte."""
    nats.stop(env)
    volumes.put_on_disk(env, DATA, volumes.BACKUP)
    nats.kubectl(env, "apply", "-k", str(Path(__file__).with_name("nats")))
    nats.start(env)
    account.fill(env)


def newest_backup(env: Env) -> str:
    """What the page chooses, as soon as Velero has seen what is in the bucket."""
    deadline = time.monotonic() + PATIENCE
    while not (found := run_blocks(env, PAGE, "choose-backup").strip()):
        assert time.monotonic() < deadline, "no backup in sight"
        time.sleep(1)
    return found


def test_another_cluster_takes_over(bucket: Env, cluster: Identity) -> None:
    with dr.cluster(f"{cluster.name}-primary") as primary:
        dr.serve(primary, bucket)
        fill(primary)
        dr.back_up_objects(primary)
        nats.back_up(primary)
        written, held = objects.of(primary, nats.NAMESPACE), account.read(primary)

    seconds = Times()
    with ExitStack() as stack:
        with seconds.step("total"):
            with seconds.step("raise_standby"):
                standby = stack.enter_context(dr.cluster(f"{cluster.name}-standby"))
                dr.stand_by(standby, bucket)
            with seconds.step("sync"):
                backup = newest_backup(standby)
            with seconds.step("objects"):
                told = run_blocks(standby, PAGE, *RESTORE_OBJECTS, BACKUP=backup)
            assert told.count("phase Completed, errors , warnings ") == 2
            with seconds.step("data"):
                told = run_blocks(standby, PAGE, *RESTORE_DATA)
            assert 'msg="Restore Complete"' in told.splitlines()[-1]
            with seconds.step("compare"):
                assert account.read(standby) == held

        assert differences(objects.of(standby, nats.NAMESPACE), written) == SUSPENDED
        run_blocks(standby, PAGE, "take-over", "back-up")
        assert objects.of(standby, nats.NAMESPACE) == written
        write(
            REHEARSAL / "dr.json",
            **figures(held),
            objects=len(written),
            seconds=seconds,
            cores=os.cpu_count(),
            kubernetes=cluster.kubernetes.removeprefix("v"),
            velero=version(velero.velero(standby, "version", "--client-only")),
            nats_server=version(nats.box(standby, "nats-server", "--version")),
        )


def differences(found: Mapping[str, Any], written: Mapping[str, Any]) -> set[str]:
    """The objects that are not as they were."""
    return {name for name in found.keys() | written if found.get(name) != written.get(name)}


def figures(held: Mapping[str, Any]) -> dict[str, int]:
    """How many messages there are, and how much they take."""
    states = [stream["state"] for stream in held.values()]
    return {key: sum(state[key] for state in states) for key in ("messages", "bytes")}


def version(told: str) -> str:
    """The version that a program says it has."""
    (found,) = re.findall(r"v(\d+\.\d+\.\d+)", told)
    return str(found)
