"""The alerts: what fires when, by Prometheus' own tool, and what each of them says of itself."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.nats_server import find
from tools import prometheus_rules

Promtool = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "manifests/observability/rules").glob("*.yaml"))
TESTS = sorted((ROOT / "tests/alerts").glob("*.yaml"))


def each(paths: list[Path]) -> list[Any]:
    """Parameters; without promtool on this machine they wait for the cluster, which builds it."""
    marks = [] if find("promtool") else [pytest.mark.cluster]
    return [pytest.param(path, id=path.stem, marks=marks) for path in paths]


@pytest.fixture
def promtool(request: pytest.FixtureRequest) -> Promtool:
    program = find("promtool") or request.getfixturevalue("cluster").bin / "promtool"

    def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *args], capture_output=True, text=True, check=False)

    return run


def alerts() -> dict[str, dict[str, Any]]:
    """Every alert by its name."""
    groups = (group for path in RULES for group in yaml.safe_load(path.read_text())["groups"])
    rules = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    assert len({rule["alert"] for rule in rules}) == len(rules), "a name stands twice"
    return {rule["alert"]: rule for rule in rules}


@pytest.mark.parametrize("path", each(TESTS))
def test_rules(promtool: Promtool, path: Path) -> None:
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", each(RULES))
def test_rules_are_sound(promtool: Promtool, path: Path) -> None:
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", alerts())
def test_an_alert_says_how_bad_it_is_whose_it_is_and_where_to_read_on(name: str) -> None:
    rule = alerts()[name]
    site = re.search(r"^site_url: (\S+)", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert site
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["labels"].keys() == {"severity", "owner"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"{site[1]}alerts/{name}/"


@pytest.mark.parametrize("name", alerts())
def test_an_alert_has_been_seen_firing(name: str) -> None:
    fired = "".join(path.read_text() for path in TESTS)
    assert f'ALERTS{{alertname="{name}", alertstate="firing"' in fired


def test_the_operators_resources_are_the_rules() -> None:
    for path, text in prometheus_rules.resources().items():
        assert path.read_text() == text, "python -m tools.prometheus_rules"
        rules = yaml.safe_load((path.parents[1] / "rules" / path.name).read_text())
        assert yaml.safe_load(text)["spec"] == rules
    made = {path.name for path in (prometheus_rules.FOLDER / "operator").iterdir()}
    assert made == {path.name for path in RULES}
