"""NATS on the test cluster: deploy it, fill it with orders, wipe it. Fixtures are made of these.

Each function takes the environment of its child processes: KUBECONFIG, and PATH with kubectl.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

MANIFESTS = Path(__file__).parents[2] / "manifests" / "nats"
NAMESPACE = "agents"

# 1000 orders of which 5 are deleted, two consumers that stand at different places, and a bucket.
_SEED = """
set -e
nats stream add ORDERS --subjects 'orders.>' --replicas "$1" --defaults
nats pub orders.new 'order {{Count}}' --count 600 --jetstream --quiet
nats pub orders.paid 'order {{Count}}' --count 300 --jetstream --quiet
nats pub orders.shipped 'order {{Count}}' --count 100 --jetstream --quiet
for sequence in 501 502 503 504 505; do nats stream rmm ORDERS "$sequence" --force; done
nats consumer add ORDERS billing --pull --ack explicit --defaults
nats consumer add ORDERS shipping --pull --ack explicit --filter orders.shipped --defaults
nats consumer next ORDERS billing --count 400 --ack --raw
nats consumer next ORDERS shipping --count 40 --ack --raw
nats kv add settings --replicas "$1" --history 5
nats kv put settings region eu-west
nats kv put settings region eu-north
"""

_WIPE = """
set -e
for stream in $(nats stream ls --all --names); do nats stream rm "$stream" --force; done
"""


def deploy(env: Mapping[str, str], overlay: str = "single") -> None:
    """Apply an overlay and wait until NATS and its shell run."""
    kubectl(env, "apply", "-k", str(MANIFESTS / "overlays" / overlay), namespace="")
    for workload in ("statefulset/nats", "deployment/nats-box"):
        kubectl(env, "rollout", "status", workload, "--timeout=180s")


def seed_orders(env: Mapping[str, str]) -> None:
    """Make the stream ORDERS, its consumers and the bucket `settings`, the same each time."""
    wipe(env)
    path = "jsonpath={.spec.replicas}"
    replicas = kubectl(env, "get", "statefulset/nats", "-o", path)
    box(env, "sh", "-c", _SEED, "seed", replicas)


def back_up(env: Mapping[str, str]) -> str:
    """Save every stream through the CronJob, as the schedule does, and return the Job's log."""
    job = f"job/nats-backup-{uuid4().hex[:8]}"
    kubectl(env, "create", *job.split("/"), "--from=cronjob/nats-backup")
    kubectl(env, "wait", "--for=condition=complete", job, "--timeout=120s")
    return kubectl(env, "logs", job)


def wipe(env: Mapping[str, str]) -> None:
    """Remove every stream, and every Job that was started by hand or by a schedule."""
    box(env, "sh", "-c", _WIPE)
    kubectl(env, "delete", "jobs", "--all", "--wait")


def box(env: Mapping[str, str], *command: str) -> str:
    """Run a command in the NATS shell of the cluster and return what it prints."""
    return kubectl(env, "exec", "deployment/nats-box", "--", *command)


def kubectl(env: Mapping[str, str], *args: str, namespace: str = NAMESPACE) -> str:
    """Run kubectl and return what it prints.

    Raises:
        AssertionError: it failed; the message holds what it said.
    """
    where = ["--namespace", namespace] if namespace else []
    done = subprocess.run(
        ["kubectl", *where, *args],
        env=dict(env),
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    assert done.returncode == 0, f"kubectl {' '.join(args)}\n{done.stdout}{done.stderr}"
    return done.stdout
