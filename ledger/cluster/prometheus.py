"""The step that builds Prometheus: it finds targets in Kubernetes, not in a dozen clouds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ledger.cluster import golang
from ledger.cluster.steps import Step, Task

_TAGS = "remove_all_sd,enable_kubernetes_sd"


def build(task: Task) -> None:
    """Build without the clouds' clients: most of the time and of the size would be theirs."""
    golang.build(replace(task, shell=task.shell.under({"GOFLAGS": f"-tags={_TAGS}"})))


def prometheus_step(module: Path, go: Step, version: str) -> Step:
    """Describe the build of Prometheus and promtool."""
    name = "github.com/prometheus/common/version.Version"
    return replace(golang.go_step(module, go, 130, {name: version}), build=build)
