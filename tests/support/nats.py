"""NATS on the test cluster: deploy it, fill it with orders, wipe it. Fixtures are made of these.

Each function takes the environment of its child processes: KUBECONFIG, and PATH with kubectl.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from random import randrange

from tests.support import commands, volumes

MANIFESTS = Path(__file__).parents[2] / "manifests" / "nats"
NAMESPACE = "agents"
USERS = ("operator", "backup", "restore", "viewer")

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

WIPE = """
set -e
for stream in $(nats stream ls --all --names); do nats stream rm "$stream" --force; done
"""


def deploy(env: Mapping[str, str], overlay: str = "local") -> None:
    """Apply an overlay and wait until NATS and its shells run."""
    kubectl(env, "apply", "-f", str(MANIFESTS / "base" / "namespace.yaml"))
    kubectl(env, "apply", "-f", str(Path(__file__).with_name("no-schedule.yaml")))
    volumes.provide(env)
    make_passwords(env)
    kubectl(env, "apply", "-k", str(MANIFESTS / "overlays" / overlay))
    for workload in ("statefulset/nats", "statefulset/nats-view", "deployment/nats-box"):
        commands.await_rollout(env, workload, NAMESPACE)


def make_passwords(env: Mapping[str, str], namespace: str = NAMESPACE) -> None:
    """Give the users of NATS random passwords, unless they have some."""
    if kubectl(env, "get", "secret", "nats-auth", "--ignore-not-found", namespace=namespace):
        return
    values = [f"--from-literal={user}={secrets.token_hex(16)}" for user in USERS]
    kubectl(env, "create", "secret", "generic", "nats-auth", *values, namespace=namespace)


def use(env: Mapping[str, str], image: str) -> None:
    """Let NATS run on one of the project's images, and wait for it."""
    kubectl(env, "set", "image", "statefulset/nats", f"nats=phase-ledger/{image}:dev")
    commands.await_rollout(env, "statefulset/nats", NAMESPACE)


def start(env: Mapping[str, str]) -> None:
    """Let NATS run, and wait for it."""
    kubectl(env, "scale", "statefulset/nats", "--replicas=1")
    commands.await_rollout(env, "statefulset/nats", NAMESPACE)


def restart(env: Mapping[str, str]) -> None:
    """Let NATS read its settings and the passwords anew, and wait for it."""
    kubectl(env, "rollout", "restart", "statefulset/nats")
    commands.await_rollout(env, "statefulset/nats", NAMESPACE)


def stop(env: Mapping[str, str]) -> None:
    """Stop NATS, and wait until its pod is gone."""
    kubectl(env, "scale", "statefulset/nats", "--replicas=0")
    kubectl(env, "wait", "--for=delete", "pod/nats-0", "--timeout=90s")


def reset(env: Mapping[str, str]) -> None:
    """Make NATS one server with an empty volume, whatever it was."""
    kubectl(env, "scale", "statefulset/nats", "--replicas=0")
    pods = ["pod", "--selector=app.kubernetes.io/name=nats"]
    kubectl(env, "wait", "--for=delete", *pods, "--timeout=90s")
    kubectl(env, "delete", "poddisruptionbudget", "nats", "--ignore-not-found")
    for claim in kubectl(env, "get", "pvc", "-o", "jsonpath={.items[*].metadata.name}").split():
        if claim.startswith("data-nats-"):
            volumes.lose(env, claim)
    deploy(env)


def seed_orders(env: Mapping[str, str]) -> None:
    """Make the stream ORDERS, its consumers and the bucket `settings`, the same each time."""
    wipe(env)
    path = "jsonpath={.spec.replicas}"
    replicas = kubectl(env, "get", "statefulset/nats", "-o", path)
    box(env, "sh", "-c", _SEED, "seed", replicas)


def back_up(env: Mapping[str, str]) -> str:
    """Save every stream through the CronJob, as the schedule does, and return the Job's log."""
    return job(env, "nats-backup")


def job(
    env: Mapping[str, str],
    template: str,
    verdict: str = "complete",
    namespace: str = NAMESPACE,
    **settings: str,
) -> str:
    """Start a Job as on-call does, wait for its verdict, and return its log."""

    def told(*args: str, given: str = "") -> str:
        return kubectl(env, *args, namespace=namespace, given=given)

    name = f"{template}-{randrange(10**7, 10**8)}"  # of the shape that the schedule gives it
    create = ["create", "job", name, f"--from=cronjob/{template}", "--dry-run=client", "-o", "yaml"]
    manifest = told(*create)
    if settings:
        values = [f"{key}={value}" for key, value in settings.items()]
        manifest = told("set", "env", "--local", "-f", "-", *values, "-o", "yaml", given=manifest)
    told("apply", "-f", "-", given=manifest)
    told("wait", f"--for=condition={verdict}", f"job/{name}", "--timeout=240s")
    return told("logs", f"job/{name}")


def wipe(env: Mapping[str, str]) -> None:
    """Remove every stream, and every Job that was started by hand or by a schedule."""
    box(env, "sh", "-c", WIPE)
    kubectl(env, "delete", "jobs", "--all", "--wait")


def box(env: Mapping[str, str], *command: str) -> str:
    """Run a command in the NATS shell of the cluster and return what it prints."""
    return kubectl(env, "exec", "deployment/nats-box", "--", *command)


def kubectl(env: Mapping[str, str], *args: str, namespace: str = NAMESPACE, given: str = "") -> str:
    """Run kubectl in the namespace of NATS and return what it prints.

    Raises:
        AssertionError: it failed; the message holds what it said.
    """
    return commands.kubectl(env, *args, namespace=namespace, given=given)
