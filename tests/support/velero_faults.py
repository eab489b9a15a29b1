"""Faults of Velero on the test cluster: each is there within its block, and mended behind it.

Whoever works within the block may have mended it before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.support import commands, nats, shop, velero

_BAD_KEY = "[default]\naws_access_key_id=nobody\naws_secret_access_key=nothing\n"

# Velero runs it in the pod before it saves it, and takes its failure for one of the backup.
_HOOK = json.dumps(["sh", "-c", "echo cannot flush carts: read-only file system >&2; exit 1"])
_HOOK_KEY = "pre.hook.backup.velero.io/command"


@contextmanager
def location_unavailable(env: Mapping[str, str]) -> Iterator[None]:
    """Velero's key is not the bucket's, since the backup `agents-monday` of NATS was made."""
    assert velero.backup(env, "agents-monday", nats.NAMESPACE) == "Completed"
    put_bad_key(env)
    try:
        velero.await_location(env, "Unavailable")
        yield
    finally:
        velero.make_secrets(env)
        velero.await_location(env)


def put_bad_key(env: Mapping[str, str]) -> None:
    """Give Velero a key that the bucket does not know."""
    change = json.dumps({"stringData": {"cloud": _BAD_KEY}})
    velero.kubectl(env, "patch", "secret", "cloud-credentials", "--patch", change)


@contextmanager
def partially_failed(env: Mapping[str, str]) -> Iterator[None]:
    """A backup of `shop` and a restore of it, both in part; the quota of staging is too small.

    A hook of the pod fails in the backup `shop-monday`. The restore is `shop-monday-staging`.
    """
    template = {"metadata": {"annotations": {_HOOK_KEY: _HOOK}}}
    change = json.dumps({"spec": {"template": template}})
    in_shop(env, "patch", "deployment", "web", "--patch", change)
    shop.await_running(env)
    assert velero.backup(env, "shop-monday", shop.NAMESPACE) == "PartiallyFailed"
    commands.kubectl(env, "create", "namespace", shop.STAGING)
    quota = ["quota", "storage", "--hard=requests.storage=1Mi"]
    commands.kubectl(env, "create", *quota, namespace=shop.STAGING)
    mapping = f"{shop.NAMESPACE}:{shop.STAGING}"
    found = velero.restore(env, "shop-monday-staging", "shop-monday", namespace_mappings=mapping)
    assert found == "PartiallyFailed"
    try:
        yield
    finally:
        commands.kubectl(env, "delete", "namespace", shop.STAGING, "--ignore-not-found")


def changed(env: Mapping[str, str]) -> None:
    """Change `shop` after its backup `shop-monday`, by mistake.

    A Secret is gone, a ConfigMap has other values, which the pod has read, another one is new, and
    the Service was made anew without an address.
    """
    assert velero.backup(env, "shop-monday", shop.NAMESPACE) == "Completed"
    settings = json.dumps({"data": {"region": "nowhere", "debug": "on"}})
    in_shop(env, "patch", "configmap", "settings", "--patch", settings)
    in_shop(env, "create", "configmap", "experiment", "--from-literal=debug=on")
    in_shop(env, "rollout", "restart", "deployment/web")
    shop.await_running(env)
    in_shop(env, "delete", "secret/payments", "service/web")
    in_shop(env, "create", "service", "clusterip", "web", "--clusterip=None")


def expired(env: Mapping[str, str]) -> None:
    """Let three backups of `shop` have different ages.

    `shop-monday` has expired and is gone; `shop-tuesday` has expired since; `shop-wednesday` has
    not.
    """
    assert velero.backup(env, "shop-monday", shop.NAMESPACE, ttl="1s") == "Completed"
    restart(env)
    velero.kubectl(env, "wait", "--for=delete", "backups.velero.io/shop-monday", "--timeout=60s")
    assert velero.backup(env, "shop-tuesday", shop.NAMESPACE, ttl="1s") == "Completed"
    assert velero.backup(env, "shop-wednesday", shop.NAMESPACE, ttl="168h") == "Completed"


def restart(env: Mapping[str, str]) -> None:
    """Restart Velero: it looks at once for what has expired, and into the bucket."""
    velero.kubectl(env, "rollout", "restart", "deployment/velero")
    velero.kubectl(env, "rollout", "status", "deployment/velero", "--timeout=60s")


def in_shop(env: Mapping[str, str], *args: str) -> str:
    """Run kubectl in the namespace of the application and return what it prints."""
    return commands.kubectl(env, *args, namespace=shop.NAMESPACE)
