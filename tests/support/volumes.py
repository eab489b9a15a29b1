"""Volumes of the test cluster: each claim of NATS gets a file system of its own, made in the node.

A volume of the node's shared disk can neither be filled nor measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.support.commands import kubectl, run

BACKUP = "nats-backup-pvc"
SIZES = {BACKUP: "5Gi", "data-nats-0": "1Gi", "data-nats-1": "1Gi", "data-nats-2": "1Gi"}
NAMESPACE = "agents"


def provide(env: Mapping[str, str]) -> None:
    """Mount what is not mounted, and offer it to the claims; data of a deleted claim goes."""
    for claim in _released(env):
        kubectl(env, "delete", "pv", _volume(claim))
        in_node(env, f"umount {_path(claim)}")
    for claim in SIZES:
        in_node(env, f"mountpoint -q {_path(claim)} || {_mount(claim)}")
    node = _node(env)
    items = [_manifest(claim, node) for claim in SIZES]
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    kubectl(env, "apply", "-f", "-", given=manifest)


def empty(env: Mapping[str, str], claim: str) -> None:
    """Remove all files of a volume."""
    in_node(env, f"find {_path(claim)} -mindepth 1 -delete")


@contextmanager
def on_disk(env: Mapping[str, str], *claims: str) -> Iterator[None]:
    """Empty volumes on the node's disk, until the block ends; then no pod may have them either."""
    put_on_disk(env, *claims)
    try:
        yield
    finally:
        for claim in claims:
            in_node(env, f"umount {_path(claim)}; rm -r {_disk(claim)}; {_mount(claim)}")


def put_on_disk(env: Mapping[str, str], *claims: str) -> None:
    """Move volumes, empty, to the node's disk: what a pod writes into others counts as its memory.

    No pod may have them.
    """
    for claim in claims:
        path, disk = _path(claim), _disk(claim)
        in_node(env, f"install -d -m 770 {disk}; umount {path}; mount --bind {disk} {path}")


def fill(env: Mapping[str, str], claim: str, spare: int = 0) -> None:
    """Leave a volume `spare` KiB, or not a free byte: its file system ends where its files end."""
    used = in_node(env, f"df --output=used -k {_path(claim)} | tail -n 1").strip()
    _remount(env, claim, f"size={max(int(used) + spare, 4)}k")


def free(env: Mapping[str, str], claim: str) -> None:
    """Give a volume back its size."""
    _remount(env, claim, f"size={_bytes(claim)}")


def take_inodes(env: Mapping[str, str], claim: str) -> None:
    """Leave a volume no inode: whatever room it has, no file can be made."""
    used = in_node(env, f"df --output=iused {_path(claim)} | tail -n 1").strip()
    _remount(env, claim, f"nr_inodes={used}")


def give_inodes(env: Mapping[str, str], claim: str) -> None:
    """Give a volume more inodes than anybody needs."""
    _remount(env, claim, "nr_inodes=1m")


def lose(env: Mapping[str, str], claim: str) -> None:
    """Delete a claim that no pod uses, with its data; an empty volume is there for the next one."""
    kubectl(env, "delete", "pvc", claim, "--wait", namespace=NAMESPACE)
    released = "--for=jsonpath={.status.phase}=Released"
    kubectl(env, "wait", released, f"pv/{_volume(claim)}", "--timeout=60s")
    provide(env)


def in_node(env: Mapping[str, str], script: str) -> str:
    """Run a shell script in the node, as root, and return what it prints."""
    return run(env, "docker", "exec", _node(env), "sh", "-ec", script)


def in_volume(env: Mapping[str, str], claim: str, script: str) -> str:
    """Run a shell script in the folder of a volume."""
    return in_node(env, f"cd {_path(claim)}\n{script}")


def _remount(env: Mapping[str, str], claim: str, option: str) -> None:
    in_node(env, f"mount -o remount,{option} {_path(claim)}")


def _released(env: Mapping[str, str]) -> list[str]:
    volumes = json.loads(kubectl(env, "get", "pv", "-o", "json"))["items"]
    gone = {v["metadata"]["name"] for v in volumes if v["status"]["phase"] == "Released"}
    return [claim for claim in SIZES if _volume(claim) in gone]


def _node(env: Mapping[str, str]) -> str:
    return kubectl(env, "get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")


def _volume(claim: str) -> str:
    return f"{NAMESPACE}-{claim}"


def _path(claim: str) -> str:
    return f"/mnt/volumes/{_volume(claim)}"


def _disk(claim: str) -> str:
    return f"/var/volumes/{_volume(claim)}"


def _bytes(claim: str) -> str:
    return SIZES[claim].removesuffix("i").lower()


def _mount(claim: str) -> str:
    path = _path(claim)
    return f"(mkdir -p {path} && mount -t tmpfs -o size={_bytes(claim)},mode=0770 tmpfs {path})"


def _manifest(claim: str, node: str) -> dict[str, object]:
    host = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": _volume(claim)},
        "spec": {
            "capacity": {"storage": SIZES[claim]},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "standard",
            "local": {"path": _path(claim)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [host]}]}},
            "claimRef": {"namespace": NAMESPACE, "name": claim},
        },
    }
