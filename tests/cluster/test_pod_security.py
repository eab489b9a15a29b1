"""A backup that Pod Security refuses: no pod, no failed Job, only a success that does not come."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml

from ledger.cluster import Identity, environment
from tests.support.commands import kubectl
from tests.support.nats import MANIFESTS

pytestmark = pytest.mark.cluster


def backup_as_root() -> dict[str, Any]:
    """The CronJob of the backup, every minute, with a pod that somebody has given root."""
    text = (MANIFESTS / "base" / "backup-cronjob.yaml").read_text("utf-8")
    cronjob: dict[str, Any] = yaml.safe_load(text)
    cronjob["spec"]["schedule"] = "* * * * *"
    pod = cronjob["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    pod["securityContext"] |= {"runAsNonRoot": False, "runAsUser": 0}
    return cronjob


def test_a_schedule_goes_on_while_nothing_is_backed_up(cluster: Identity, namespace: str) -> None:
    env = environment(cluster)

    def told(*args: str, given: str = "") -> str:
        return kubectl(env, *args, namespace=namespace, given=given)

    def found(*args: str) -> Any:
        return json.loads(told("get", *args, "-o", "json"))

    told("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    told("create", "serviceaccount", "nats-backup")
    told("apply", "-f", "-", given=json.dumps(backup_as_root()))
    scheduled = "--for=jsonpath={.status.lastScheduleTime}"
    told("wait", scheduled, "cronjob/nats-backup", "--timeout=100s")
    refused = ("events", "--field-selector=reason=FailedCreate")
    deadline = time.monotonic() + 30
    while not (events := found(*refused)["items"]):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert 'violates PodSecurity "restricted:latest"' in events[0]["message"]
    assert "runAsUser=0" in events[0]["message"]
    assert found("pods")["items"] == []
    assert "lastSuccessfulTime" not in found("cronjob", "nats-backup")["status"]
    # What looks for failed Jobs sees none.
    (job,) = found("jobs")["items"]
    assert "failed" not in job["status"]
    assert "conditions" not in job["status"]
