"""The images that Kubernetes itself needs on a node, each a static program and little else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from ledger.cluster import archive
from ledger.cluster.steps import Task

KUBE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")


def build(task: Task) -> None:
    """Write one archive an image."""
    for name, tags in sorted(task.inputs.items()):
        root = task.out / "root"
        entrypoint = _fill(root, name, task)
        archive.write(
            task.out / f"{name}.tar",
            tags.split(),
            root,
            machine=os.uname().machine,
            entrypoint=entrypoint,
        )
        shutil.rmtree(root)


def _fill(root: Path, name: str, task: Task) -> Sequence[str]:
    if name == "kube-proxy":
        shutil.copytree(task.needs["proxy-files"] / "root", root, symlinks=True)
    for folder, mode in (("tmp", 0o1777), ("etc", 0o755), ("usr/local/bin", 0o755), ("bin", 0o755)):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder).chmod(mode)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/:/sbin/nologin\n")
    if name == "local-path-helper":
        return _busybox(root / "bin", task.needs["helper-files"] / "root")
    source = task.needs["kubernetes" if name in KUBE else name]
    shutil.copy2(source / "bin" / name, root / "usr" / "local" / "bin" / name)
    return (f"/usr/local/bin/{name}",)


def _busybox(folder: Path, unpacked: Path) -> Sequence[str]:
    (found,) = unpacked.rglob("bin/busybox")
    shutil.copy2(found, folder / "busybox")
    for applet in ("sh", "mkdir", "rm", "chmod"):
        (folder / applet).symlink_to("busybox")
    return ()
