"""The last step: the API server's own verdict, without changing what runs there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import yaml

from ledger.cluster import environment, prove, recorded
from ledger.errors import ClusterError
from tools.audit.subject import LeftOutError, Subject

# Admission needs a namespace that exists; the overlays' own may hold what is at work.
_NAMESPACE = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {
        "generateName": "audit-",
        "labels": {
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/warn": "restricted",
        },
    },
}


def server(subject: Subject) -> Iterator[str]:
    """A dry run of every overlay on the project's cluster; a warning counts as a refusal.

    A custom resource is left out where its definition is not there.

    Raises:
        LeftOutError: no cluster of the project's is up.
    """
    env = _cluster()
    listed = _kubectl(env, "api-versions")
    listed.check_returncode()
    served = listed.stdout.split()
    with _namespace(env) as name:
        for where, text in subject.rendered.items():
            found = [one for one in yaml.safe_load_all(text) if one and one["apiVersion"] in served]
            resources = [_moved(one, name) for one in found]
            flags = ("--server-side", "--force-conflicts", "--dry-run=server")
            done = _kubectl(
                env, "apply", *flags, "--warnings-as-errors", "-f", "-", given=resources
            )
            if done.returncode:
                for line in done.stderr.strip().splitlines():
                    yield f"{where}: {line}"


def _cluster() -> Mapping[str, str]:
    identity = recorded()
    if identity is None:
        raise LeftOutError("no cluster is up; make cluster raises one")
    try:
        prove(identity)
    except ClusterError as error:
        raise LeftOutError(f"the cluster does not answer: {error}") from None
    return environment(identity)


@contextmanager
def _namespace(env: Mapping[str, str]) -> Iterator[str]:
    made = _kubectl(env, "create", "-o", "name", "-f", "-", given=[_NAMESPACE])
    made.check_returncode()
    name = made.stdout.strip().removeprefix("namespace/")
    try:
        yield name
    finally:
        _kubectl(env, "delete", "namespace", name, "--wait=false")


def _moved(resource: dict[str, Any], namespace: str) -> dict[str, Any]:
    metadata = resource["metadata"]
    if "namespace" not in metadata:
        return resource
    return {**resource, "metadata": {**metadata, "namespace": namespace}}


def _kubectl(
    env: Mapping[str, str], *args: str, given: list[dict[str, Any]] | None = None
) -> subprocess.CompletedProcess[str]:
    text = "\n---\n".join(json.dumps(one) for one in given or ())
    return subprocess.run(
        ["kubectl", *args], env=dict(env), input=text, capture_output=True, text=True, check=False
    )
