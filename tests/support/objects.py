"""The objects of a namespace as somebody has written them: what two clusters can have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.support.commands import kubectl

# A controller makes these out of the others.
_MADE = {
    "controllerrevisions.apps",
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "events",
    "events.events.k8s.io",
    "jobs.batch",
    "leases.coordination.k8s.io",
    "pods",
    "replicasets.apps",
}
_MADE_BY_NAME = {"ConfigMap/kube-root-ca.crt", "ServiceAccount/default"}

# What a cluster or a restore adds.
_ADDED = (
    "deployment.kubernetes.io/",
    "kubernetes.io/metadata.name",
    "pv.kubernetes.io/",
    "velero.io/",
    "volume.beta.kubernetes.io/",
    "volume.kubernetes.io/",
)
_ADDED_TO_SPEC = ("clusterIP", "clusterIPs", "volumeName")


def of(env: Mapping[str, str], namespace: str) -> dict[str, dict[str, Any]]:
    """Give a namespace and each object in it, by kind and name, without what clusters add."""
    told = kubectl(env, "api-resources", "--namespaced", "--verbs=list", "--output=name")
    kinds = ",".join(sorted(set(told.split()) - _MADE))
    items = json.loads(kubectl(env, "get", kinds, "-o", "json", namespace=namespace))["items"]
    items.append(json.loads(kubectl(env, "get", "namespace", namespace, "-o", "json")))
    found = {f"{item['kind']}/{item['metadata']['name']}": _written(item) for item in items}
    return {name: item for name, item in sorted(found.items()) if name not in _MADE_BY_NAME}


def _written(item: dict[str, Any]) -> dict[str, Any]:
    told = item["metadata"]
    kept = {
        key: {
            name: value for name, value in told.get(key, {}).items() if not name.startswith(_ADDED)
        }
        for key in ("labels", "annotations")
    }
    written = {key: value for key, value in item.items() if key != "status"} | {"metadata": kept}
    if spec := item.get("spec"):
        written["spec"] = {key: spec[key] for key in spec.keys() - set(_ADDED_TO_SPEC)}
    return written
