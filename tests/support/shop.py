"""An application on the test cluster, for backups of what it is made of."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from tests.support.commands import kubectl

NAMESPACE = "shop"
STAGING = "shop-staging"
MANIFEST = Path(__file__).parents[1] / "fixtures" / "shop.yaml"


def deploy(env: Mapping[str, str]) -> None:
    """Make it anew, with a random key, and wait until it runs."""
    remove(env)
    kubectl(env, "apply", "-f", str(MANIFEST), namespace=NAMESPACE)
    key = f"--from-literal=key={secrets.token_hex(16)}"
    kubectl(env, "create", "secret", "generic", "payments", key, namespace=NAMESPACE)
    await_running(env)


def await_running(env: Mapping[str, str], namespace: str = NAMESPACE) -> None:
    """Wait until its pod runs, which takes all that it is made of."""
    kubectl(env, "rollout", "status", "deployment/web", "--timeout=90s", namespace=namespace)


def remove(env: Mapping[str, str]) -> None:
    """Remove it, and its copy in staging."""
    kubectl(env, "delete", "namespace", NAMESPACE, STAGING, "--ignore-not-found", "--timeout=120s")
