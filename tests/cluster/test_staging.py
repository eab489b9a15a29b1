"""From the bucket into a NATS beside the real one, which goes on untouched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest

from tests.support import nats, s3
from tests.support.commands import kubectl

pytestmark = pytest.mark.cluster

Env = Mapping[str, str]
STAGING = "agents-staging"


@pytest.fixture
def staging(uploaded: Env) -> Iterator[Env]:
    """A NATS of its own in its own namespace, which knows of the bucket."""
    overlay = str(nats.MANIFESTS / "overlays" / "staging")
    kubectl(uploaded, "apply", "-k", overlay, namespace=STAGING)
    try:
        nats.make_passwords(uploaded, STAGING)
        s3.configure(uploaded, STAGING)
        for workload in ("statefulset/nats", "deployment/nats-box"):
            kubectl(uploaded, "rollout", "status", workload, "--timeout=180s", namespace=STAGING)
        yield uploaded
    finally:
        kubectl(uploaded, "delete", "namespace", STAGING, "--wait")


def info(env: Env, namespace: str) -> dict[str, object]:
    command = ["exec", "deployment/nats-box", "--", "nats", "stream", "info", "ORDERS", "--json"]
    found = json.loads(kubectl(env, *command, namespace=namespace))
    return {"config": found["config"], "state": found["state"]}


def test_an_archive_of_the_bucket_comes_back_in_staging(staging: Env) -> None:
    before = info(staging, nats.NAMESPACE)
    listed = nats.job(staging, "nats-backup-list", namespace=STAGING).splitlines()
    archive = listed[1].split()[0]
    log = nats.job(staging, "nats-restore", namespace=STAGING, ARCHIVE=archive)
    assert 'msg="Restore Complete"' in log.splitlines()[-1]
    assert info(staging, STAGING)["state"] == before["state"]
    assert info(staging, nats.NAMESPACE) == before


def test_staging_never_writes_into_the_bucket(staging: Env) -> None:
    jobs = kubectl(staging, "get", "cronjobs", "-o", "name", namespace=STAGING).split()
    assert jobs == ["cronjob.batch/nats-backup-list", "cronjob.batch/nats-restore"]
