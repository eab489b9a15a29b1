"""Prometheus on the test cluster: deploy it, and ask it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

from tests.support import commands

MANIFESTS = Path(__file__).parents[2] / "manifests" / "observability"
NAMESPACE = "observability"

Ask = Callable[[str], Any]

# A day and more are a minute, and what lasts is there at once.
_FAST = {
    r"\bfor: \w+": "for: 0s",
    r"> 9[03][06]00\b": "> 60",
    r"> 1800\b": "> 15",
    r"> 900\b": "> 40",
    r"_interval: \w+": "_interval: 2s",
}


def deploy(env: Mapping[str, str], *, fast: bool = False) -> None:
    """Run kube-state-metrics and Prometheus, and wait until both answer. NATS must be there.

    Args:
        env: of the child processes.
        fast: alerts fire after seconds; what they look at and compare is the same.
    """
    manifest = commands.run(env, "kubectl", "kustomize", str(MANIFESTS))
    for usual, short in _FAST.items() if fast else ():
        manifest, times = re.subn(usual, short, manifest)
        assert times, f"the rules have no {usual}"
    commands.run(env, "kubectl", "apply", "-f", "-", given=manifest)
    for name in ("kube-state-metrics", "prometheus"):
        commands.await_rollout(env, f"deployment/{name}", NAMESPACE)


def remove(env: Mapping[str, str]) -> None:
    """Remove all of it."""
    commands.run(env, "kubectl", "delete", "-k", str(MANIFESTS), "--ignore-not-found")


@contextmanager
def api(env: Mapping[str, str]) -> Iterator[Ask]:
    """Give a function that asks Prometheus' API for a path, and gives what is under `data`."""
    with commands.forward(env, NAMESPACE, "service/prometheus", 9090) as port:

        def ask(path: str) -> Any:
            with urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=30) as answer:
                return json.load(answer)["data"]

        yield ask


def query(ask: Ask, expression: str) -> list[dict[str, Any]]:
    """Evaluate an expression now."""
    found: list[dict[str, Any]] = ask(f"query?query={quote(expression)}")["result"]
    return found


def await_series(ask: Ask, expression: str) -> list[dict[str, Any]]:
    """Evaluate an expression until it gives something, for two minutes.

    Raises:
        AssertionError: it did not in time.
    """
    return _await(lambda: query(ask, expression), expression)


def await_alert(ask: Ask, name: str, *, firing: bool) -> None:
    """Wait until an alert fires, or no longer does.

    Raises:
        AssertionError: it did not in time.
    """
    fires = f'ALERTS{{alertname="{name}", alertstate="firing"}}'
    await_series(ask, fires if firing else f"absent({fires})")


def await_rules(ask: Ask) -> list[dict[str, Any]]:
    """Give the rules, each once it has been evaluated."""

    def evaluated() -> list[dict[str, Any]]:
        found = [rule for group in ask("rules")["groups"] for rule in group["rules"]]
        return [] if any(rule["health"] == "unknown" for rule in found) else found

    return _await(evaluated, "rules")


def _await(look: Callable[[], list[dict[str, Any]]], what: str) -> list[dict[str, Any]]:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(2)
    raise AssertionError(f"nothing for two minutes: {what}")
