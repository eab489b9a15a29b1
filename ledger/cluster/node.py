"""The step that makes the node image, with every Kubernetes image already in it."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

from ledger.cluster.run import CommandFailed, Shell
from ledger.cluster.steps import Task

_CONST = re.compile(r'^const (\w+Image) = "([^"]+)"$', re.MULTILINE)
BUILDER = "phase-ledger-node-build"
ROOT = "phase-ledger/node-root:dev"
BARE = "phase-ledger/node-bare:dev"


def image(task: Task) -> None:
    """Make the node image and keep it as an archive."""
    docker = task.shell
    docker.run("docker import", task.needs["node-root"] / "root.tar", ROOT)
    context = task.out / "context"
    _lay_out(context, task)
    docker.run("docker build --network none --tag", BARE, context)
    shutil.rmtree(context)
    try:
        _preload(task)
        entry = 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]'
        docker.run(
            "docker commit --change", entry, "--change", "CMD []", BUILDER, task.inputs["tag"]
        )
        docker.run("docker save --output", task.out / "node.tar", task.inputs["tag"])
    finally:
        docker.answers("docker rm --force", BUILDER)
        docker.answers("docker rmi", BARE, ROOT)


def _lay_out(context: Path, task: Task) -> None:
    (folder,) = task.sources
    shutil.copytree(folder, context)
    kind = task.needs["kind-files"]
    shutil.copytree(kind / "files", context / "files")
    (context / "bin").mkdir()
    for name in ("kubelet", "kubeadm", "kubectl"):
        shutil.copy2(task.needs["kubernetes"] / "bin" / name, context / "bin" / name)
    (context / "manifests").mkdir()
    (context / "default-cni.yaml").rename(context / "manifests" / "default-cni.yaml")
    manifest = storage_manifest(
        (kind / "const_storage.go").read_text(), task.inputs["provisioner"], task.inputs["helper"]
    )
    (context / "manifests" / "default-storage.yaml").write_text(manifest)
    (context / "version").write_text(f"v{task.inputs['kubernetes']}")


def storage_manifest(source: str, provisioner: str, helper: str) -> str:
    """Read the storage manifest out of kind's Go source, with other images in it."""
    images = {"storageProvisionerImage": provisioner, "storageHelperImage": helper}
    body = source[source.index("const defaultStorageManifest") :]
    parts = re.split(r"`\s*\+\s*(\w+)\s*\+\s*`", body[body.index("`") + 1 : body.rindex("`")])
    return "".join(part if number % 2 == 0 else images[part] for number, part in enumerate(parts))


def _preload(task: Task) -> None:
    docker = task.shell
    docker.answers("docker rm --force", BUILDER)
    docker.run(
        f"docker run --detach --name {BUILDER} --privileged --network none --entrypoint sleep",
        *(BARE, "infinity"),
    )
    docker.run("docker exec --detach", BUILDER, "containerd")
    _wait(docker)
    for archive in sorted(task.needs["kube-images"].glob("*.tar")):
        docker.run(
            f"docker exec -i {BUILDER} ctr --namespace k8s.io images import --no-unpack -",
            stdin=archive,
        )
    docker.run(
        f"docker exec {BUILDER} sh -c",
        "kill $(pidof containerd); while pidof containerd; do sleep 0.1; done; "
        "rm -rf /run/containerd",
    )


def _wait(docker: Shell) -> None:
    until = time.monotonic() + 60
    while not docker.answers("docker exec", BUILDER, "ctr", "version"):
        if time.monotonic() > until:
            raise CommandFailed(("containerd",), "did not start within 60 s", docker.log)
        time.sleep(0.5)
