"""The dashboard on a real cluster: each of its panels has something to show, and it is right."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from tests.soak import figures
from tests.support import alert_faults, nats, observability
from tests.support.observability import Ask, await_series, query
from tools.dashboard.__main__ import BUILT

pytestmark = pytest.mark.cluster

Env = Mapping[str, str]
PANELS = [panel for panel in json.loads(BUILT.read_text())["panels"] if panel["type"] != "row"]
SLIS = yaml.safe_load((observability.MANIFESTS / "rules" / "slis.yaml").read_text())
RECORDED: dict[str, str] = {rule["record"]: rule["expr"] for rule in SLIS["groups"][0]["rules"]}


@pytest.fixture(scope="module")
def backed_up(bucket: Env) -> None:
    """A backup that has gone well before Prometheus looks for the first time."""
    nats.seed_orders(bucket)
    nats.back_up(bucket)


@pytest.fixture(scope="module")
def ask(backed_up: None, prometheus: Env) -> Iterator[Ask]:
    """Prometheus, and a backup that has been restored from the volume and from the bucket."""
    nats.job(prometheus, "nats-backup-verify")
    look = ("create", "job", "nats-backup-volume-1", "--from=cronjob/nats-backup-volume")
    nats.kubectl(prometheus, *look)
    with alert_faults.verify_s3(prometheus), observability.api(prometheus) as found:
        nats.job(prometheus, "nats-backup-verify-s3")
        # With it the line of the freshness falls once.
        nats.back_up(prometheus)
        yield found


def soon(expression: str) -> str:
    """The same with days of 15 seconds: the first real one ends at midnight."""
    days = r"cronjob:days_with_success:ratio30d({.*?})"
    recorded = re.sub(days, lambda found: _of_one(found[1]), expression)
    return recorded.replace(":1d]", ":15s]")


def _of_one(labels: str) -> str:
    age = "cronjob:last_success_age_seconds:max"
    return RECORDED["cronjob:days_with_success:ratio30d"].replace(age, age + labels)


def colour(panel: dict[str, Any], value: float) -> str:
    """What Grafana paints a value in."""
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    reached = [step for step in steps if step["value"] is None or value >= step["value"]]
    return str(reached[-1]["color"])


def text(unit: str, value: float) -> str:
    """A value as Grafana writes it, more or less."""
    if unit == "dateTimeAsIso":
        return f"{datetime.fromtimestamp(value / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"{100 * value:.1f} %" if unit == "percentunit" else f"{value:.0f} s"


@pytest.fixture(scope="module")
def shown() -> Iterator[list[dict[str, Any]]]:
    """Takes what each panel shows; `make figures` keeps it for the site."""
    found: list[dict[str, Any]] = []
    yield found
    if figures.asked() and len(found) == len(PANELS):
        figures.write(figures.REFERENCE / "dashboard.json", panels=found)


@pytest.mark.parametrize("panel", PANELS, ids=[panel["title"] for panel in PANELS])
def test_a_panel_has_data_and_a_healthy_one_is_green(
    ask: Ask, shown: list[dict[str, Any]], panel: dict[str, Any]
) -> None:
    (target,) = panel["targets"]
    query(ask, target["expr"])
    found = await_series(ask, soon(target["expr"]))
    label = target["legendFormat"].strip("{}")
    unit = panel["fieldConfig"]["defaults"]["unit"]
    values = {series["metric"][label]: float(series["value"][1]) for series in found}
    if panel["title"] != "Last backup":
        assert {colour(panel, value) for value in values.values()} == {"green"}
    series = [
        {"name": name, "value": value, "text": text(unit, value)} for name, value in values.items()
    ]
    entry = {"title": panel["title"], "query": target["expr"], "series": series}
    shown.append(entry | ({"points": minutes(ask, target["expr"])} if target["range"] else {}))


def minutes(ask: Ask, expression: str) -> list[float]:
    """The values of the only series in the last ten minutes, one each 15 seconds."""
    now = time.time()
    span = f"start={now - 600}&end={now}&step=15"
    (series,) = ask(f"query_range?query={quote(expression)}&{span}")["result"]
    return [float(value) for _, value in series["values"]]


def test_the_last_backup_is_the_one_that_kubernetes_knows(ask: Ask, prometheus: Env) -> None:
    (panel,) = [panel for panel in PANELS if panel["title"] == "Last backup"]
    path = "jsonpath={.status.lastSuccessfulTime}"
    known = nats.kubectl(prometheus, "get", "cronjob/nats-backup", "-o", path)
    milliseconds = 1000 * datetime.fromisoformat(known).timestamp()
    # Prometheus learns of it with its next look.
    await_series(ask, f"abs({panel['targets'][0]['expr']} - {milliseconds:.0f}) < 1000")
