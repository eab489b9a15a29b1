"""A service account that may look at everything on a cluster, and change nothing.

Its role lists each resource by name: `*` would take in `pods/exec`, and a command in a pod is
started by a GET that becomes a websocket.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ledger.cluster.api import Api
from ledger.errors import ClusterError

NAMESPACE: Final = "phase-ledger"
USER: Final = f"system:serviceaccount:{NAMESPACE}:reader"
AGGREGATED: Final = "phase-ledger.io/aggregate-to-reader"
LOOK: Final = frozenset({"get", "list", "watch"})

_ROLE: Final = "phase-ledger:reader"
# Of the others some are a way into a pod, a node or another server.
_SUBRESOURCES: Final = ("log", "scale", "status")
# Longer than a page takes.
_TOKEN_SECONDS: Final = 4 * 3600
_PATIENCE: Final = 30.0

_RBAC: Final = "/apis/rbac.authorization.k8s.io/v1"
_ROLES: Final = f"{_RBAC}/clusterroles"
_ACCOUNT: Final = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/reader"
_MAY: Final = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
_KINDS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_DISCOVERY: Final = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)

Rule = dict[str, list[str]]


class Reader:
    """The account on one cluster; made if it is not there.

    Args:
        api: the cluster, as who may make roles.
        config: the kubeconfig of `api`, with one user.
        path: the file to make: the same kubeconfig as this account.

    Attributes:
        user: what a kubeconfig says of it: a token, good for four hours.

    Raises:
        ClusterError: the cluster refuses it.
    """

    def __init__(self, api: Api, config: dict[str, Any], path: Path) -> None:
        self._api = api
        self._rules: list[Rule] = []
        for place, body in _objects():
            api.apply(place, body)
        asked = {"spec": {"expirationSeconds": _TOKEN_SECONDS}}
        self.user: dict[str, Any] = {
            "token": api.post(f"{_ACCOUNT}/token", asked)["status"]["token"]
        }
        users = [{**config["users"][0], "user": self.user}]
        path.touch(mode=0o600)
        path.write_text(json.dumps(config | {"users": users}), "utf-8")
        self._own = Api(path)
        self.renew()

    def renew(self) -> None:
        """Let the account see what the cluster serves now, and what roles add to it.

        Raises:
            ClusterError: the cluster does not come to allow it.
        """
        rules = _rules(self._api)
        if rules != self._rules:
            name = f"{_ROLE}-base"
            self._api.apply(f"{_ROLES}/{name}", _role(name, {AGGREGATED: "true"}, rules=rules))
            self._rules = rules
        self._await()

    def close(self) -> None:
        """Let go of the connections; the account stays."""
        self._own.close()

    def _await(self) -> None:
        """Wait until the authorizer itself knows what the roles say: controllers come between."""
        selector = f"?labelSelector={AGGREGATED}%3Dtrue"
        added = self._api.get(_ROLES + selector)["items"]
        rules = (rule for role in added for rule in role.get("rules") or ())
        wanted = {_key(rule) for rule in rules if rule.get("resources")}
        deadline = time.monotonic() + _PATIENCE
        while wanted - self._allowed():
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"the roles of {USER} do not take effect",
                    where=f"ClusterRole {_ROLE}",
                    fix=f"kubectl describe clusterrole {_ROLE}",
                )
            time.sleep(0.02)

    def _allowed(self) -> set[tuple[tuple[str, ...], ...]]:
        told = self._own.post(_MAY, {"spec": {"namespace": NAMESPACE}})["status"]
        return {_key(rule) for rule in told["resourceRules"]}


def _rules(api: Api) -> list[Rule]:
    """What may be looked at, a rule a group: what the API server serves, and what it soon will."""
    found: dict[str, set[str]] = {}
    for path in ("/api", "/apis"):
        for group in api.get(path, accept=_DISCOVERY)["items"]:
            found[group["metadata"].get("name", "")] = set(_served(group))
    for kind in api.get(_KINDS)["items"]:
        name = kind["spec"]["names"]["plural"]
        served = {name, *(f"{name}/{sub}" for sub in _SUBRESOURCES)}
        found.setdefault(kind["spec"]["group"], set()).update(served)
    return [
        {"apiGroups": [group], "resources": sorted(names), "verbs": sorted(LOOK)}
        for group, names in sorted(found.items())
        if names
    ]


def _served(group: dict[str, Any]) -> Iterator[str]:
    for version in group["versions"]:
        for resource in version.get("resources") or ():
            name = resource["resource"]
            if LOOK & set(resource["verbs"]):
                yield name
            for sub in resource.get("subresources") or ():
                if sub["subresource"] in _SUBRESOURCES:
                    yield f"{name}/{sub['subresource']}"


def _objects() -> Iterator[tuple[str, dict[str, Any]]]:
    """The account and its binding, each with its path."""
    yield f"/api/v1/namespaces/{NAMESPACE}", _object("v1", "Namespace", NAMESPACE)
    yield _ACCOUNT, _object("v1", "ServiceAccount", "reader")
    selectors = [{"matchLabels": {AGGREGATED: "true"}}]
    yield f"{_ROLES}/{_ROLE}", _role(_ROLE, {}, aggregationRule={"clusterRoleSelectors": selectors})
    group = "rbac.authorization.k8s.io"
    yield (
        f"{_RBAC}/clusterrolebindings/{_ROLE}",
        _object(f"{group}/v1", "ClusterRoleBinding", _ROLE)
        | {
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": _ROLE},
            "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": NAMESPACE}],
        },
    )


def _role(name: str, labels: dict[str, str], **more: Any) -> dict[str, Any]:
    role = _object("rbac.authorization.k8s.io/v1", "ClusterRole", name)
    return role | {"metadata": {"name": name, "labels": labels}} | more


def _object(version: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}


def _key(rule: Rule) -> tuple[tuple[str, ...], ...]:
    parts = ("apiGroups", "resources", "resourceNames", "verbs")
    return tuple(tuple(rule.get(part) or ()) for part in parts)
