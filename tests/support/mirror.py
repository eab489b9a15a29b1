"""A standby NATS on the test cluster that mirrors the one of `agents`, and a client of it."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping

from tests.support import nats
from tests.support.commands import await_rollout, kubectl

STANDBY = "agents-dr"
CLIENTS = "checkout"

# A publisher, one order a second. It asks for the answer of the stream, and goes on whatever it is.
_PUBLISHER = """
while :; do nats pub orders.new "one more order" --jetstream --quiet --timeout 2s; sleep 1; done
"""

_MIRROR = f"""
set -e
python3 /opt/mirror/config.py {nats.NAMESPACE} > /tmp/mirror.json
nats stream add --config /tmp/mirror.json
"""


def deploy(env: Mapping[str, str]) -> None:
    """Make NATS an origin with orders, a standby that mirrors it, and a client that publishes."""
    remove(env)
    password = f"--from-literal=password={secrets.token_hex(16)}"
    nats.kubectl(env, "create", "secret", "generic", "nats-mirror", password)
    nats.seed_orders(env)
    nats.deploy(env, "dr-origin")
    for namespace in (STANDBY, CLIENTS):
        kubectl(env, "create", "namespace", namespace)
        _copy(env, "nats-auth", namespace)
    _copy(env, "nats-mirror", STANDBY)
    overlay = str(nats.MANIFESTS / "overlays" / "dr")
    kubectl(env, "apply", "-k", overlay, namespace=STANDBY)
    for workload in ("statefulset/nats", "statefulset/nats-view", "deployment/nats-box"):
        await_rollout(env, workload, STANDBY)
    _await_link(env)
    for stream in nats.box(env, "nats", "stream", "ls", "--all", "--names").split():
        told = nats.box(env, "nats", "stream", "info", stream, "--json")
        box = ["exec", "-i", "deployment/nats-box", "--", "sh", "-c", _MIRROR]
        kubectl(env, *box, namespace=STANDBY, given=told)
    kubectl(env, "label", "namespace", CLIENTS, "phase-ledger.io/nats-client=true")
    kubectl(env, "apply", "-f", "-", namespace=CLIENTS, given=json.dumps(_publisher()))
    await_rollout(env, "deployment/orders", CLIENTS)


def remove(env: Mapping[str, str]) -> None:
    """Remove the standby and the client; NATS is a server alone again."""
    for namespace in (CLIENTS, STANDBY):
        kubectl(env, "delete", "namespace", namespace, "--ignore-not-found", "--wait=false")
    nats.deploy(env)
    link = ["service/nats-leaf", "networkpolicy/nats-leaf", "secret/nats-mirror"]
    nats.kubectl(env, "delete", *link, "--ignore-not-found")
    for namespace in (CLIENTS, STANDBY):
        kubectl(env, "wait", "--for=delete", f"namespace/{namespace}", "--timeout=120s")


def _await_link(env: Mapping[str, str]) -> None:
    """A mirror that is made without the link asks for its origin again after 30 seconds."""
    deadline = time.monotonic() + 60
    while "JetStream using domains" not in nats.kubectl(env, "logs", "nats-0"):
        assert time.monotonic() < deadline, nats.kubectl(env, "logs", "nats-0")
        time.sleep(0.5)


def _copy(env: Mapping[str, str], secret: str, namespace: str) -> None:
    found = json.loads(nats.kubectl(env, "get", "secret", secret, "-o", "json"))
    found["metadata"] = {"name": secret}
    kubectl(env, "apply", "-f", "-", namespace=namespace, given=json.dumps(found))


def _publisher() -> dict[str, object]:
    labels = {"app.kubernetes.io/name": "orders"}
    password = {"secretKeyRef": {"name": "nats-auth", "key": "operator"}}
    container = {
        "name": "orders",
        "image": "phase-ledger/nats-backup:dev",
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", _PUBLISHER],
        "env": [
            {"name": "NATS_URL", "value": "nats://nats.agents:4222"},
            {"name": "NATS_USER", "value": "operator"},
            {"name": "NATS_PASSWORD", "valueFrom": password},
        ],
    }
    pod = {"containers": [container], "terminationGracePeriodSeconds": 1}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "orders"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
