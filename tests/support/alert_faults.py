"""Faults that make an alert fire, as they are when it has: each is mended behind its block.

Whoever works within the block may have mended it before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import randrange

from tests.support import faults, nats, velero, volumes

BACKUP = "cronjob/nats-backup"
_S3 = nats.MANIFESTS / "overlays" / "s3" / "verify-s3.yaml"
_LOCAL = nats.MANIFESTS / "overlays" / "local"


def overdue(env: Mapping[str, str], hours: float = 27) -> None:
    """Let the last success of each CronJob be `hours` ago; its Jobs are gone, as after days."""
    nats.kubectl(env, "delete", "jobs", "--all", "--wait")
    moment = (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    change = json.dumps({"status": {"lastSuccessfulTime": moment}})
    patch = ["--subresource=status", "--type=merge", f"--patch={change}"]
    scheduled = "jsonpath={.items[?(@.spec.suspend==false)].metadata.name}"
    for name in nats.kubectl(env, "get", "cronjobs", "-o", scheduled).split():
        nats.kubectl(env, "patch", "cronjob", name, *patch)


@contextmanager
def suspended(env: Mapping[str, str]) -> Iterator[None]:
    """Somebody has suspended the backup."""
    _suspend(env, "true")
    try:
        yield
    finally:
        _suspend(env, "false")


def never_backed_up(env: Mapping[str, str]) -> None:
    """Make the CronJob of the backup anew: none of its runs has gone well."""
    nats.kubectl(env, "delete", BACKUP)
    nats.kubectl(env, "apply", "-k", str(_LOCAL))


@contextmanager
def removed(env: Mapping[str, str]) -> Iterator[None]:
    """Somebody has deleted the CronJob of the backup."""
    nats.kubectl(env, "delete", BACKUP)
    try:
        yield
    finally:
        nats.kubectl(env, "apply", "-k", str(_LOCAL))


@contextmanager
def stuck(env: Mapping[str, str]) -> Iterator[None]:
    """A backup waits for a node: the only one takes no pods."""
    node = nats.kubectl(env, "get", "nodes", "-o", "name").strip()
    nats.kubectl(env, "cordon", node)
    try:
        job = f"nats-backup-{randrange(10**7, 10**8)}"  # of the shape that the schedule gives it
        nats.kubectl(env, "create", "job", job, f"--from={BACKUP}")
        yield
    finally:
        nats.kubectl(env, "uncordon", node)


@contextmanager
def verify_s3(env: Mapping[str, str]) -> Iterator[None]:
    """The archives of the bucket are verified every day, too."""
    nats.kubectl(env, "apply", "-f", str(_S3))
    try:
        yield
    finally:
        nats.kubectl(env, "delete", "-f", str(_S3))


@contextmanager
def no_inodes(env: Mapping[str, str]) -> Iterator[None]:
    """The backup volume has room, but for no file; two of its archives are too old."""
    faults.add_old_archives(env)
    volumes.take_inodes(env, volumes.BACKUP)
    try:
        yield
    finally:
        volumes.give_inodes(env, volumes.BACKUP)


@contextmanager
def schedule_broken(env: Mapping[str, str]) -> Iterator[None]:
    """The schedule names a location that is not there; its newest backup has failed of it."""
    _schedule(env, template={"storageLocation": "offsite"})
    try:
        velero.velero(env, "backup", "create", "daily-1", "--from-schedule=daily", "--wait")
        yield
    finally:
        _schedule(env, template={"storageLocation": "default"})


@contextmanager
def schedule_paused(env: Mapping[str, str]) -> Iterator[None]:
    """Somebody has paused the schedule of Velero."""
    _schedule(env, paused=True)
    try:
        yield
    finally:
        _schedule(env, paused=False)


def _suspend(env: Mapping[str, str], value: str) -> None:
    nats.kubectl(env, "patch", BACKUP, f'--patch={{"spec":{{"suspend":{value}}}}}')


def _schedule(env: Mapping[str, str], **spec: object) -> None:
    patch = json.dumps({"spec": spec})
    velero.kubectl(env, "patch", "schedule/daily", "--type=merge", f"--patch={patch}")
