"""Prometheus on a real cluster: what the rules are made of is really there to be read."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping

import pytest
import yaml

from ledger.cluster import Identity
from tests.soak import figures
from tests.support import nats, observability, velero
from tests.support.observability import Ask, await_rules, await_series, query

pytestmark = pytest.mark.cluster

Env = Mapping[str, str]
METRIC = re.compile(r"\bkube(?:let)?_\w+\b")
# It has its first value at the first midnight.
AT_MIDNIGHT = "cronjob:days_with_success:ratio30d"
ACCOUNTS = ("kube-state-metrics", "prometheus")


def rules() -> dict[str, str]:
    """Every rule's expression, by the rule's name."""
    files = sorted((observability.MANIFESTS / "rules").glob("*.yaml"))
    groups = [group for path in files for group in yaml.safe_load(path.read_text())["groups"]]
    found = [rule for group in groups for rule in group["rules"]]
    return {rule.get("alert") or rule["record"]: rule["expr"] for rule in found}


def metrics() -> list[str]:
    """Every metric that somebody else has to serve."""
    return sorted({name for expr in rules().values() for name in METRIC.findall(expr)})


@pytest.fixture(scope="module")
def ask(prometheus: Env) -> Iterator[Ask]:
    with observability.api(prometheus) as found:
        yield found


@pytest.fixture(scope="module")
def busy(ask: Ask, prometheus: Env, request: pytest.FixtureRequest) -> Ask:
    """A backup that failed, one that went well and was verified, and one of Velero's schedule."""
    request.getfixturevalue("velero")
    nats.seed_orders(prometheus)
    nats.job(prometheus, "nats-backup", "failed", RETENTION_DAYS="none")
    nats.back_up(prometheus)
    nats.job(prometheus, "nats-backup-verify")
    look = ("create", "job", "nats-backup-volume-1", "--from=cronjob/nats-backup-volume")
    nats.kubectl(prometheus, *look)
    velero.velero(prometheus, "backup", "create", "daily-1", "--from-schedule=daily", "--wait")
    return ask


def test_prometheus_has_the_rules_and_can_evaluate_them(ask: Ask) -> None:
    await_series(ask, "kube_cronjob_info")
    found = {rule["name"]: rule.get("lastError", "") for rule in await_rules(ask)}
    assert found == dict.fromkeys(rules(), "")


def test_every_target_answers(ask: Ask) -> None:
    await_series(ask, "count(up) == 2")
    targets = ask("targets?state=active")["activeTargets"]
    assert {target["scrapePool"] for target in targets} == {"kube-state-metrics", "kubelet"}
    assert [target["lastError"] for target in targets if target["health"] != "up"] == []


@pytest.mark.parametrize("name", metrics())
def test_what_a_rule_reads_is_served(busy: Ask, name: str) -> None:
    assert await_series(busy, f"last_over_time({name}[10m])")


@pytest.mark.parametrize("name", [name for name in rules() if ":" in name and name != AT_MIDNIGHT])
def test_what_is_recorded_has_values(busy: Ask, name: str) -> None:
    assert await_series(busy, f"last_over_time({name}[10m])")


def test_the_indicators_are_there_to_be_held_against_their_targets(
    busy: Ask, cluster: Identity
) -> None:
    (age,) = await_series(busy, 'cronjob:last_success_age_seconds:max{cronjob="nats-backup"}')
    (verified,) = await_series(busy, "cronjob:verify_duration_seconds:max")
    assert verified["metric"]["cronjob"] == "nats-backup-verify"
    if figures.asked():
        figures.write(
            figures.REFERENCE / "slis.json",
            freshness_seconds=round(float(age["value"][1])),
            restore_seconds=round(float(verified["value"][1])),
            cores=os.cpu_count(),
            kubernetes=cluster.kubernetes.removeprefix("v"),
            prometheus=busy("status/buildinfo")["version"],
        )


def test_the_backup_volume_is_measured_while_somebody_looks(busy: Ask) -> None:
    (used,) = await_series(busy, "last_over_time(persistentvolumeclaim:used:ratio[10m])")
    assert used["metric"]["persistentvolumeclaim"] == "nats-backup-pvc"
    assert 0 < float(used["value"][1]) < 0.01


def test_a_backup_by_velero_is_told_with_its_schedule_and_its_phase(busy: Ask) -> None:
    (backup,) = await_series(busy, 'kube_velero_backup_info{phase="Completed"}')
    assert backup["metric"]["backup"] == "daily-1"
    assert backup["metric"]["schedule"] == "daily"
    assert await_series(busy, 'kube_velero_location_info{location="default", phase="Available"}')
    (age,) = query(busy, "time() - kube_velero_location_validated")
    assert float(age["value"][1]) < 120


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize(
    "what",
    [("get", "secrets"), ("list", "pods"), ("get", "nodes/proxy"), ("delete", "jobs.batch")],
    ids=" ".join,
)
def test_nobody_here_may_do_more(prometheus: Env, account: str, what: tuple[str, str]) -> None:
    verb, resource = what
    name, _, part = resource.partition("/")
    who = f"--as=system:serviceaccount:{observability.NAMESPACE}:{account}"
    command = ["kubectl", "auth", "can-i", verb, name, who, "--all-namespaces"]
    asked = subprocess.run(
        [*command, f"--subresource={part}"], env=dict(prometheus), capture_output=True, text=True
    )
    assert asked.stdout.strip() == "no"
