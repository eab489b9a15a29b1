"""Velero on the test cluster: deploy it, back up, restore, wipe. Fixtures are made of these.

Each function takes the environment of its child processes: KUBECONFIG, and PATH with kubectl.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from tests.support import commands, s3

MANIFESTS = Path(__file__).parents[2] / "manifests" / "velero"
NAMESPACE = "velero"
PREFIX = "velero/"
_RECORDS = ("backups", "deletebackuprequests", "downloadrequests", "restores", "backuprepositories")
_S3 = "http://s3.s3:8333"
_DAILY = "schedules.velero.io/daily"
# Its hour never comes in the middle of a test: each backup is made by hand.
_NEVER_DUE = json.dumps({"status": {"lastSkipped": "2199-01-01T00:00:00Z"}})


def deploy(env: Mapping[str, str], s3_url: str = _S3, overlay: str = "local") -> None:
    """Apply an overlay, with the store at `s3_url`, and wait until Velero reaches the bucket."""
    kubectl(env, "apply", "--server-side", "--force-conflicts", "-k", str(MANIFESTS / "crds"))
    established = ["crd", "--selector=component=velero", "--timeout=60s"]
    kubectl(env, "wait", "--for=condition=Established", *established)
    commands.kubectl(env, "apply", "-f", str(MANIFESTS / "base" / "namespace.yaml"))
    make_secrets(env)
    manifest = kubectl(env, "kustomize", str(MANIFESTS / "overlays" / overlay))
    kubectl(env, "apply", "-f", "-", given=manifest.replace(_S3, s3_url))
    if kubectl(env, "get", _DAILY, "--ignore-not-found"):
        kubectl(env, "patch", _DAILY, "--type=merge", f"--patch={_NEVER_DUE}")
    kubectl(env, "rollout", "status", "deployment/velero", "--timeout=120s")
    await_location(env)


def make_secrets(env: Mapping[str, str]) -> None:
    """Give Velero the key of the bucket, and a random password for copies of volumes."""
    pair = [f"{key.lower()}={value}\n" for key, value in s3.credentials(env).items()]
    _apply_secret(env, "cloud-credentials", cloud="".join(["[default]\n", *pair]))
    if not kubectl(env, "get", "secret", "velero-repo-credentials", "--ignore-not-found"):
        password = {"repository-password": secrets.token_hex(32)}
        _apply_secret(env, "velero-repo-credentials", **password)


def await_location(env: Mapping[str, str], phase: str = "Available") -> None:
    """Wait until Velero says so of the bucket."""
    told = f"--for=jsonpath={{.status.phase}}={phase}"
    kubectl(env, "wait", told, "backupstoragelocation/default", "--timeout=90s")


def backup(env: Mapping[str, str], name: str, *namespaces: str, **flags: str) -> str:
    """Back up the objects of namespaces, wait, and return the phase in which it ended.

    Args:
        env: of the child processes.
        name: of the backup.
        namespaces: whose objects.
        flags: of `velero backup create`, such as `ttl="168h"`.
    """
    given = [f"--include-namespaces={','.join(namespaces)}", *_flags(flags)]
    velero(env, "backup", "create", name, *given, "--wait")
    return phase(env, "backups", name)


def restore(env: Mapping[str, str], name: str, backup: str, **flags: str) -> str:
    """Restore a backup, wait, and return the phase in which it ended.

    Args:
        env: of the child processes.
        name: of the restore.
        backup: its name.
        flags: of `velero restore create`, such as `namespace_mappings="agents:agents-staging"`.
    """
    velero(env, "restore", "create", name, f"--from-backup={backup}", *_flags(flags), "--wait")
    return phase(env, "restores", name)


def phase(env: Mapping[str, str], kind: str, name: str) -> str:
    """The phase of a backup or a restore: the exit status of the commands does not tell it."""
    return kubectl(env, "get", f"{kind}.velero.io", name, "-o", "jsonpath={.status.phase}")


def status(env: Mapping[str, str], kind: str, name: str) -> dict[str, int]:
    """Count the errors and the warnings of a backup or a restore."""
    found = json.loads(kubectl(env, "get", f"{kind}.velero.io", name, "-o", "json"))["status"]
    return {key: found.get(key, 0) for key in ("errors", "warnings")}


def wipe(env: Mapping[str, str]) -> None:
    """Remove every backup and restore, from the cluster and from the bucket beside it."""
    # The bucket first, or Velero brings the backups back; restores last: it lets go of one at once
    # if its backup is gone.
    s3.empty(env, PREFIX)
    for kind in _RECORDS:
        kubectl(env, "delete", f"{kind}.velero.io", "--all", "--timeout=60s")


def stop(env: Mapping[str, str]) -> None:
    """Let no Velero run: nothing is backed up by schedule, and no bucket is asked for."""
    kubectl(env, "scale", "deployment/velero", "--replicas=0")
    kubectl(env, "wait", "--for=delete", "pod", "--selector=deploy=velero", "--timeout=60s")


def remove(env: Mapping[str, str]) -> None:
    """Leave nothing of Velero on the cluster: no server, no object, no kind; the bucket stays."""
    crds = ["crd", "--selector=component=velero"]
    if "restores.velero.io" in kubectl(env, "get", *crds, "-o", "name"):
        kubectl(env, "delete", "deployment", "velero", "--ignore-not-found", "--cascade=foreground")
        # Nobody is left who would let go of a restore.
        for name in kubectl(env, "get", "restores.velero.io", "-o", "name").split():
            kubectl(env, "patch", name, "--type=merge", '--patch={"metadata":{"finalizers":null}}')
    kubectl(env, "delete", *crds, "--timeout=60s")
    commands.kubectl(env, "delete", "namespace", NAMESPACE, "--ignore-not-found")


def velero(env: Mapping[str, str], *command: str) -> str:
    """Run Velero's own command in its pod, and return what it prints."""
    return kubectl(env, "exec", "deployment/velero", "--", "/velero", *command)


def kubectl(env: Mapping[str, str], *args: str, given: str = "") -> str:
    """Run kubectl in the namespace of Velero and return what it prints."""
    return commands.kubectl(env, *args, namespace=NAMESPACE, given=given)


def _flags(given: Mapping[str, str]) -> list[str]:
    return [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]


def _apply_secret(env: Mapping[str, str], name: str, **values: str) -> None:
    metadata = {"name": name}
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}
    kubectl(env, "apply", "-f", "-", given=json.dumps(manifest))
