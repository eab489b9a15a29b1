"""NATS and its backup on a real cluster: what a stream held is what comes back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from uuid import uuid4

import pytest

from ledger.cluster import Identity, environment
from tests.support import nats
from tests.support.nats import box, kubectl

pytestmark = pytest.mark.cluster

Env = Mapping[str, str]

ROOT_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "root", "namespace": nats.NAMESPACE},
    "spec": {
        "containers": [
            {
                "name": "root",
                "image": "phase-ledger/nats-backup:dev",
                "command": ["id"],
                "securityContext": {"runAsUser": 0},
            }
        ]
    },
}


@pytest.fixture(scope="module")
def env(cluster: Identity) -> Env:
    found = environment(cluster)
    nats.deploy(found)
    return found


@pytest.fixture
def orders(env: Env) -> Env:
    nats.seed_orders(env)
    return env


def run(env: Env, *args: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["kubectl", *args], env=dict(env), input=given, capture_output=True, text=True, check=False
    )


def job(env: Env, template: str, verdict: str = "complete", **settings: str) -> str:
    """Start a Job as on-call does, wait for its verdict, and return its log."""
    name = f"{template}-{uuid4().hex[:8]}"
    create = ["create", "job", name, f"--from=cronjob/{template}", "--dry-run=client", "-o", "yaml"]
    manifest = kubectl(env, *create)
    if settings:
        values = [f"{key}={value}" for key, value in settings.items()]
        manifest = run(
            env, "set", "env", "--local", "-f", "-", *values, "-o", "yaml", given=manifest
        ).stdout
    applied = run(env, "apply", "-f", "-", given=manifest)
    assert applied.returncode == 0, applied.stderr
    kubectl(env, "wait", f"--for=condition={verdict}", f"job/{name}", "--timeout=120s")
    return kubectl(env, "logs", f"job/{name}")


def newest(env: Env) -> list[str]:
    """The columns of the newest archive in the list."""
    return job(env, "nats-backup-list").splitlines()[1].split()


def state(env: Env) -> dict[str, object]:
    """All that a restore promises about ORDERS: its messages, byte for byte, and its consumers."""
    stream = json.loads(box(env, "nats", "stream", "info", "ORDERS", "--json"))
    consumers = {}
    for name in ("billing", "shipping"):
        info = json.loads(box(env, "nats", "consumer", "info", "ORDERS", name, "--json"))
        floor = {key: info["ack_floor"][key] for key in ("consumer_seq", "stream_seq")}
        consumers[name] = [floor, info["num_pending"], info["num_ack_pending"]]
    # Reading every message makes an ephemeral consumer, which is counted for a while.
    stream["state"].pop("consumer_count")
    messages = str(stream["state"]["messages"])
    every = box(env, "nats", "sub", "--stream", "ORDERS", "--all", "--count", messages, "--raw")
    return {"state": stream["state"], "consumers": consumers, "messages": every}


def test_the_namespace_refuses_a_pod_that_runs_as_root(env: Env) -> None:
    done = run(env, "apply", "-f", "-", given=json.dumps(ROOT_POD))
    assert done.returncode == 1
    assert 'violates PodSecurity "restricted:latest"' in done.stderr


def test_no_pod_mounts_a_token_or_runs_as_root(env: Env) -> None:
    pods = json.loads(kubectl(env, "get", "pods", "-o", "json"))["items"]
    assert pods
    for pod in pods:
        assert not any("projected" in volume for volume in pod["spec"]["volumes"])
    assert box(env, "id", "-u").strip() == "10001"


def test_a_backup_leaves_an_archive_that_checks(orders: Env) -> None:
    log = job(orders, "nats-backup").splitlines()
    assert log[-1].startswith('level=info stage=done msg="Backup Complete" archive=')
    assert log[-1].endswith("streams=2 messages=997")
    archive, _, _, messages, checksum, streams = newest(orders)
    assert f"archive={archive} " in log[-1]
    assert (messages, checksum, streams) == ("997", "ok", "KV_settings,ORDERS")


def test_a_lost_stream_comes_back_whole(orders: Env) -> None:
    before = state(orders)
    assert before["state"]["num_deleted"] == 5  # type: ignore[index]
    job(orders, "nats-backup")
    archive = newest(orders)[0]
    box(orders, "nats", "stream", "rm", "ORDERS", "--force")
    assert box(orders, "nats", "stream", "ls", "--all", "--names").split() == ["KV_settings"]
    log = job(orders, "nats-restore", ARCHIVE=archive, STREAM="ORDERS")
    assert 'msg="Restore Complete"' in log.splitlines()[-1]
    assert state(orders) == before
    assert box(orders, "nats", "kv", "get", "settings", "region", "--raw").strip() == "eu-north"


def test_a_restore_never_overwrites(orders: Env) -> None:
    job(orders, "nats-backup")
    archive = newest(orders)[0]
    before = state(orders)
    log = job(orders, "nats-restore", "failed", ARCHIVE=archive, STREAM="ORDERS")
    assert 'msg="stream exists, nothing was changed: ORDERS"' in log
    assert "exit=10" in log
    assert state(orders) == before


def test_a_backup_of_nothing_fails_at_the_first_try(env: Env) -> None:
    nats.wipe(env)
    log = job(env, "nats-backup", "failed")
    assert "the account has no streams" in log
    assert len(kubectl(env, "get", "pods", "-l", "job-name", "-o", "name").split()) == 1


def test_a_configured_bucket_is_never_skipped(orders: Env) -> None:
    kubectl(orders, "create", "secret", "generic", "nats-backup-s3", "--from-literal=S3_BUCKET=x")
    try:
        log = job(orders, "nats-backup", "failed")
    finally:
        kubectl(orders, "delete", "secret", "nats-backup-s3")
    assert "S3 upload is not supported yet" in log
    assert "skipped" not in log


@pytest.mark.parametrize("overlay", ["single", "ha"])
def test_the_api_server_takes_each_overlay(overlay: str, env: Env) -> None:
    folder = str(nats.MANIFESTS / "overlays" / overlay)
    done = run(env, "apply", "--dry-run=server", "-k", folder)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    rendered = run(env, "kustomize", folder).stdout
    assert ("nats-2.nats-headless" in rendered) is (overlay == "ha")
