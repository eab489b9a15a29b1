"""NATS and its backup on a real cluster: what a stream held is what comes back."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from ledger.cluster import Identity, environment
from tests.support import nats
from tests.support.blocks import run_blocks
from tests.support.nats import box, job, kubectl

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


def stored(log: str) -> str:
    """The archive that a backup says it stored."""
    (name,) = re.findall(r'"archive stored" archive=(\S+)', log)
    return str(name)


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


def workloads(env: Env, overlay: str) -> dict[str, dict[str, Any]]:
    """The pod of every workload of an overlay, by the workload's name."""
    rendered = kubectl(env, "kustomize", str(nats.MANIFESTS / "overlays" / overlay))
    found = {}
    for item in yaml.safe_load_all(rendered):
        spec = item.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if pod := spec.get("template", {}).get("spec"):
            found[item["metadata"]["name"]] = pod
    return found


def blocks(env: Env, *names: str, **given: str) -> str:
    """Run blocks of the runbook."""
    return run_blocks(env, "runbook/nats-backup.md", *names, **given)


def test_the_namespace_refuses_a_pod_that_runs_as_root(env: Env) -> None:
    done = run(env, "apply", "-f", "-", given=json.dumps(ROOT_POD))
    assert done.returncode == 1
    assert 'violates PodSecurity "restricted:latest"' in done.stderr


@pytest.mark.parametrize("overlay", ["local", "ha", "s3", "staging"])
def test_no_pod_mounts_a_token_or_runs_as_root(overlay: str, env: Env) -> None:
    pods = workloads(env, overlay)
    names = {"nats", "nats-box", "nats-view", "nats-backup-list", "nats-restore"}
    if overlay != "staging":
        names |= {"nats-backup", "nats-backup-prune", "nats-backup-verify"}
    if overlay == "s3":
        names |= {"nats-backup-verify-s3"}
    assert pods.keys() == names
    for name, pod in pods.items():
        assert pod["automountServiceAccountToken"] is False, name
        assert not any("projected" in volume for volume in pod["volumes"]), name
        assert pod["serviceAccountName"] != "default", name
        runner = pod["securityContext"]
        assert (runner["runAsNonRoot"], runner["runAsUser"]) == (True, 10001), name
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            assert not {"runAsUser", "runAsNonRoot"} & container["securityContext"].keys(), name


def test_no_running_pod_holds_a_token_or_is_root(orders: Env) -> None:
    nats.back_up(orders)
    job(orders, "nats-backup-list")
    pods = json.loads(kubectl(orders, "get", "pods", "-o", "json"))["items"]
    assert len(pods) >= 4
    for pod in pods:
        assert not any("projected" in volume for volume in pod["spec"]["volumes"])
        assert pod["spec"]["securityContext"]["runAsUser"] == 10001
    assert box(orders, "id", "-u").strip() == "10001"


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


def test_the_runbook_never_chooses_what_its_own_backup_saved(orders: Env) -> None:
    good = stored(nats.back_up(orders))
    box(orders, "nats", "stream", "purge", "ORDERS", "--force")
    first = ["backup-now", "backup-result", "list-archives", "read-list"]
    told = blocks(orders, *first, "choose-archive", STREAM="ORDERS")
    assert stored(told) > good
    assert told.splitlines()[-1] == f"restore ORDERS from {good}"


def test_the_runbook_goes_on_where_nothing_is_left_to_back_up(orders: Env) -> None:
    good = stored(nats.back_up(orders))
    box(orders, "sh", "-c", "nats stream rm ORDERS -f; nats stream rm KV_settings -f")
    kubectl(orders, "create", "job", "failing", "--from=cronjob/nats-backup")
    kubectl(orders, "wait", "--for=condition=failed", "job/failing", "--timeout=120s")
    rest = ["list-archives", "read-list", "choose-archive"]
    told = blocks(orders, *rest, BACKUP_JOB="failing", STREAM="ORDERS")
    assert told.splitlines()[-1] == f"restore ORDERS from {good}"


@pytest.mark.parametrize("made", [[], ["BACKUP"], ["LIST"], ["BACKUP", "LIST"], ["RESTORE"]])
def test_the_undo_of_the_runbook_works_in_every_state(made: list[str], env: Env) -> None:
    template = {"BACKUP": "nats-backup", "LIST": "nats-backup-list", "RESTORE": "nats-restore"}
    given = {f"{name}_JOB": f"undo-{name.lower()}" for name in made}
    for name in made:
        job_name = given[f"{name}_JOB"]
        kubectl(env, "create", "job", job_name, f"--from=cronjob/{template[name]}")
    told = blocks(env, "clean-up", **given)
    assert told.count("job.batch/") == len(made)
    left = kubectl(env, "get", "jobs", "-o", "name")
    assert not any(name in left for name in given.values())
    assert blocks(env, "clean-up", **given) == ""


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


def test_a_half_configured_bucket_is_never_skipped(orders: Env) -> None:
    kubectl(orders, "create", "secret", "generic", "nats-backup-s3", "--from-literal=S3_BUCKET=x")
    try:
        log = job(orders, "nats-backup", "failed")
    finally:
        kubectl(orders, "delete", "secret", "nats-backup-s3")
    assert "bucket half configured: no AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY" in log
    assert "exit=2" in log
    assert "skipped" not in log


@pytest.mark.parametrize("overlay", ["local", "ha", "s3"])
def test_the_api_server_takes_each_overlay(overlay: str, env: Env) -> None:
    folder = str(nats.MANIFESTS / "overlays" / overlay)
    done = run(env, "apply", "--dry-run=server", "-k", folder)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    rendered = run(env, "kustomize", folder).stdout
    assert ("nats-2.nats-headless" in rendered) is (overlay == "ha")
