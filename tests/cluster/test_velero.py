"""Velero on a real cluster: what a namespace was made of is what comes back."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import commands, nats, objects, s3, shop, velero, velero_faults

pytestmark = pytest.mark.cluster

Env = Mapping[str, str]
SOUND = {"errors": 0, "warnings": 0}
LOCATION_GAUGE = "velero_backup_location_status_gauge"


@pytest.fixture(scope="module")
def env(velero: Env, shop: Env) -> Env:
    """Velero, and an application."""
    return velero


@pytest.fixture(scope="module")
def saved(env: Env) -> Mapping[str, Any]:
    """The application, backed up as `whole`: its objects."""
    found = objects.of(env, shop.NAMESPACE)
    assert velero.backup(env, "whole", shop.NAMESPACE) == "Completed"
    assert velero.status(env, "backups", "whole") == SOUND
    return found


def settings(env: Env, namespace: str = shop.NAMESPACE) -> dict[str, Any]:
    told = commands.kubectl(env, "get", "configmap", "settings", "-o", "json", namespace=namespace)
    found: dict[str, Any] = json.loads(told)
    return found


def change(env: Env, region: str) -> None:
    patch = json.dumps({"data": {"region": region}})
    commands.kubectl(env, "patch", "configmap", "settings", "-p", patch, namespace=shop.NAMESPACE)


def versions(env: Env, namespace: str) -> str:
    """The version of every object of a kind that nothing but a user changes."""
    path = "jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion},{end}"
    kinds = "configmaps,secrets,services"
    return commands.kubectl(env, "get", kinds, "-o", path, namespace=namespace)


def gauge(env: Env, name: str) -> str:
    """A value of Velero's metrics."""
    with (
        commands.forward(env, velero.NAMESPACE, "deployment/velero", 8085) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        lines = answer.read().decode().splitlines()
    (found,) = [line for line in lines if line.startswith(f"{name}{{")]
    return str(found.split()[-1])


def await_gauge(env: Env, value: str) -> None:
    """The gauge follows the location's phase one validation later, which is ten seconds here."""
    deadline = time.monotonic() + 60
    while gauge(env, LOCATION_GAUGE) != value:
        assert time.monotonic() < deadline
        time.sleep(1)


@contextmanager
def broken_location(env: Env, **storage: str) -> Iterator[None]:
    """Another bucket, or another key: the location leads nowhere."""
    if storage:
        patch = json.dumps({"spec": {"objectStorage": storage}})
        velero.kubectl(env, "patch", "bsl", "default", "--type=merge", "-p", patch)
    else:
        velero_faults.put_bad_key(env)
    try:
        velero.await_location(env, "Unavailable")
        yield
    finally:
        velero.deploy(env)


def test_a_namespace_is_restored_into_staging(env: Env, saved: Mapping[str, Any]) -> None:
    before = versions(env, shop.NAMESPACE)
    mapping = f"{shop.NAMESPACE}:{shop.STAGING}"
    assert velero.restore(env, "staging", "whole", namespace_mappings=mapping) == "Completed"
    assert velero.status(env, "restores", "staging")["errors"] == 0
    shop.await_running(env, shop.STAGING)
    found = objects.of(env, shop.STAGING)
    assert found.pop(f"Namespace/{shop.STAGING}") == saved[f"Namespace/{shop.NAMESPACE}"]
    assert found == {name: one for name, one in saved.items() if not name.startswith("Namespace/")}
    # What holds the old name inside is not rewritten.
    assert settings(env, shop.STAGING)["data"]["url"] == "http://web.shop.svc"
    assert versions(env, shop.NAMESPACE) == before


def test_a_restore_over_what_exists_changes_nothing_unless_it_is_told_to(
    env: Env, saved: Mapping[str, Any]
) -> None:
    change(env, "nowhere")
    before = versions(env, shop.NAMESPACE)
    assert velero.restore(env, "over", "whole") == "Completed"
    assert velero.status(env, "restores", "over")["errors"] == 0
    assert velero.status(env, "restores", "over")["warnings"] > 0
    assert versions(env, shop.NAMESPACE) == before
    update = {"existing_resource_policy": "update", "include_resources": "configmaps"}
    assert velero.restore(env, "update", "whole", **update) == "Completed"
    assert settings(env)["data"] == saved["ConfigMap/settings"]["data"]


def test_a_deleted_namespace_comes_back(env: Env, saved: Mapping[str, Any]) -> None:
    shop.remove(env)
    assert velero.restore(env, "back", "whole") == "Completed"
    assert velero.status(env, "restores", "back")["errors"] == 0
    shop.await_running(env)
    assert objects.of(env, shop.NAMESPACE) == saved


@pytest.mark.parametrize("storage", [{"bucket": "no-such-bucket"}, {}], ids=["bucket", "key"])
def test_a_broken_location_is_told_and_the_command_exits_zero(
    env: Env, storage: Mapping[str, str], request: pytest.FixtureRequest
) -> None:
    await_gauge(env, "1")
    name = f"refused-{request.node.callspec.id}"
    with broken_location(env, **storage):
        await_gauge(env, "0")
        # The command succeeds, or this would raise.
        assert velero.backup(env, name, shop.NAMESPACE) == "FailedValidation"
    assert velero.backup(env, f"after-{name}", shop.NAMESPACE) == "Completed"


def look_into_bucket(env: Env) -> None:
    """Let Velero compare its backups with the bucket: it does when it starts, and once a minute."""

    def looked() -> str:
        path = "jsonpath={.status.lastSyncedTime}"
        return velero.kubectl(env, "get", "bsl", "default", "-o", path)

    before = looked()
    velero.kubectl(env, "rollout", "restart", "deployment/velero")
    velero.kubectl(env, "rollout", "status", "deployment/velero", "--timeout=90s")
    deadline = time.monotonic() + 90
    while looked() == before:
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_a_backup_is_found_in_the_bucket_as_long_as_it_is_there(
    env: Env, saved: Mapping[str, Any]
) -> None:
    velero.kubectl(env, "delete", "backups.velero.io", "whole")
    look_into_bucket(env)
    assert velero.phase(env, "backups", "whole") == "Completed"
    velero.wipe(env)
    look_into_bucket(env)
    assert not velero.kubectl(env, "get", "backups.velero.io", "-o", "name")


def scheduled(env: Env, name: str) -> dict[str, Any]:
    told = velero.kubectl(env, "get", "schedules.velero.io", name, "-o", "json")
    found: dict[str, Any] = json.loads(told)["status"]
    return found


def test_a_new_schedule_waits_for_its_time(env: Env) -> None:
    velero.kubectl(env, "delete", "schedules.velero.io", "daily")
    velero.kubectl(env, "apply", "-f", str(velero.MANIFESTS / "base" / "schedule.yaml"))
    enabled = "--for=jsonpath={.status.phase}=Enabled"
    velero.kubectl(env, "wait", enabled, "schedules.velero.io/daily", "--timeout=60s")
    assert "lastBackup" not in scheduled(env, "daily")
    velero.deploy(env)


def test_a_time_that_was_missed_is_made_up_for_unless_it_is_skipped(env: Env) -> None:
    velero.stop(env)
    now = datetime.now(UTC)
    then = (now + timedelta(seconds=70)).replace(second=0, microsecond=0)
    for name, skip in (("made-up", False), ("skipped", True)):
        spec = {
            "schedule": f"CRON_TZ=UTC {then.minute} {then.hour} * * *",
            "skipImmediately": skip,
            "template": {"includedNamespaces": [shop.NAMESPACE]},
        }
        kind = {"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": name}}
        velero.kubectl(env, "apply", "-f", "-", given=json.dumps({**kind, "spec": spec}))
    try:
        time.sleep((then - now).total_seconds() + 1)
        velero.deploy(env)
        made = "--for=jsonpath={.status.lastBackup}"
        velero.kubectl(env, "wait", made, "schedules.velero.io/made-up", "--timeout=60s")
        skipped = "--for=jsonpath={.status.lastSkipped}"
        velero.kubectl(env, "wait", skipped, "schedules.velero.io/skipped", "--timeout=60s")
        assert "lastBackup" not in scheduled(env, "skipped")
    finally:
        velero.deploy(env)
        velero.kubectl(env, "delete", "schedules.velero.io", "made-up", "skipped")


def test_a_backup_by_the_schedule_holds_no_job(env: Env) -> None:
    make = ["create", "job", "failed", "--image=phase-ledger/nats-backup:dev", "--", "false"]
    commands.kubectl(env, *make, namespace="default")
    try:
        velero.velero(env, "backup", "create", "by-schedule", "--from-schedule=daily", "--wait")
        assert velero.phase(env, "backups", "by-schedule") == "Completed"
        told = velero.velero(env, "backup", "describe", "by-schedule", "--details")
    finally:
        commands.kubectl(env, "delete", "job", "failed")
    assert "- agents/nats-backup" in told
    assert "batch/v1/CronJob" in told
    assert "batch/v1/Job" not in told
    assert "- velero/" not in told


def test_a_job_that_failed_would_run_again(env: Env, namespace: str) -> None:
    def job(*args: str) -> str:
        return commands.kubectl(env, *args, namespace=namespace)

    job("create", "job", "failed", "--image=phase-ledger/nats-backup:dev", "--", "false")
    job("patch", "job", "failed", "-p", '{"spec":{"backoffLimit":0}}')
    job("wait", "--for=condition=Failed", "job/failed", "--timeout=60s")
    assert velero.backup(env, "with-job", namespace) == "Completed"
    job("delete", "job", "failed")
    assert velero.restore(env, "with-job", "with-job") == "Completed"
    job("wait", "--for=condition=Failed", "job/failed", "--timeout=60s")
    assert job("get", "pods", "--selector=job-name=failed", "-o", "name")


def test_every_backup_skips_the_volumes_of_nats(env: Env) -> None:
    told = velero.kubectl(env, "get", "configmap", "volume-policies", "-o", "json")
    policies = yaml.safe_load(json.loads(told)["data"]["policies.yaml"])["volumePolicies"]
    claims = json.loads(nats.kubectl(env, "get", "pvc", "-o", "json"))["items"]
    assert {"data-nats-0", "nats-backup-pvc"} <= {one["metadata"]["name"] for one in claims}
    for claim in claims:
        labels = claim["metadata"]["labels"].items()
        assert any(one["conditions"]["pvcLabels"].items() <= labels for one in policies)
    assert {one["action"]["type"] for one in policies} == {"skip"}
    velero.backup(env, "policies", shop.NAMESPACE)
    told = velero.kubectl(env, "get", "backups.velero.io", "policies", "-o", "json")
    annotations = json.loads(told)["metadata"]["annotations"]
    assert annotations["velero.io/global-backup-volume-policy-configmap"] == "volume-policies"


@pytest.fixture
def node_agent(env: Env, tmp_path: Path) -> Iterator[None]:
    """Velero with its agent on the node, which no overlay has."""
    here = Path(os.path.relpath(velero.MANIFESTS, tmp_path))
    wanted = {
        "resources": [str(here / "overlays" / "local")],
        "components": [str(here / "components" / "node-agent")],
        "images": [{"name": "velero/velero", "newName": "phase-ledger/velero", "newTag": "dev"}],
    }
    (tmp_path / "kustomization.yaml").write_text(json.dumps(wanted))
    try:
        velero.kubectl(env, "apply", "-k", str(tmp_path))
        velero.kubectl(env, "rollout", "status", "daemonset/node-agent", "--timeout=90s")
        yield
    finally:
        velero.kubectl(env, "delete", "daemonset", "node-agent", "--cascade=foreground")
        velero.deploy(env)


def test_the_agent_on_the_node_copies_a_volume(env: Env, node_agent: None) -> None:
    def in_volume(script: str) -> str:
        command = ["exec", "deployment/web", "--", "sh", "-c", script]
        return commands.kubectl(env, *command, namespace=shop.NAMESPACE)

    shop.deploy(env)
    in_volume("echo three apples > /carts/list")
    whole = {"default_volumes_to_fs_backup": "true"}
    assert velero.backup(env, "volumes", shop.NAMESPACE, **whole) == "Completed"
    assert any(key.startswith(f"{velero.PREFIX}kopia/{shop.NAMESPACE}/") for key in s3.keys(env))
    shop.remove(env)
    assert velero.restore(env, "volumes", "volumes") == "Completed"
    shop.await_running(env)
    assert in_volume("cat /carts/list") == "three apples\n"


def test_copies_of_volumes_have_a_password_of_their_own(env: Env) -> None:
    path = "jsonpath={.data.repository-password}"
    told = velero.kubectl(env, "get", "secret", "velero-repo-credentials", "-o", path)
    assert len(b64decode(told)) == 64


def test_the_definitions_are_those_of_this_version(env: Env) -> None:
    told = velero.velero(env, "install", "--crds-only", "--dry-run", "-o", "yaml")
    given = {one["metadata"]["name"]: one["spec"] for one in yaml.safe_load(told)["items"]}
    kept = velero.kubectl(env, "kustomize", str(velero.MANIFESTS / "crds"))
    assert {one["metadata"]["name"]: one["spec"] for one in yaml.safe_load_all(kept)} == given
