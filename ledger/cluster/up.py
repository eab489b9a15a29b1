"""Raise the cluster, or see that it stands, and bring the project's images into it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ledger.cluster import changes, identity, places, workloads
from ledger.cluster.guard import ask_uid, connect, prove, server_of
from ledger.cluster.identity import NAME, Identity, Record
from ledger.cluster.lock import locked
from ledger.cluster.run import CommandFailed, Shell
from ledger.cluster.site import Site, prepare
from ledger.cluster.steps import Say, failed
from ledger.core.extra import require
from ledger.core.project import find_root
from ledger.errors import ClusterError, LedgerError, UsageError

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_PROGRAMS: Final = ("kind", "nats", "promtool")


def up(
    name: str = NAME,
    *,
    images: Sequence[str] | None = None,
    kubernetes: str = "",
    say: Say,
) -> Identity:
    """Raise the cluster `name`; on one that is up, bring in only the images that changed.

    Args:
        name: kind's name for the cluster.
        images: which of the project's images to bring in; all of them by default.
        kubernetes: its minor release, such as `1.33`; the usual one if empty.
        say: tells the user what goes on, a line at a time.

    Raises:
        ClusterError: a step failed; says which one, its log and what to do.
        UsageError: no name for a cluster, no such release, no such LEDGER_CLUSTER_WAY, or the extra
            `cluster` is not installed.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a cluster", fix="small letters, digits and -")
    require("cluster")
    root = find_root()
    with locked(places.cache_home(), say):
        site = prepare(root, name, say, kubernetes=kubernetes)
        record = _standing(name)
        try:
            if record is None:
                record = _create(site, name)
            else:
                say(f"cluster {name} is up")
                if record.node_image != site.node_name():
                    say(
                        f"its node, with Kubernetes {record.identity.kubernetes}, is of other "
                        "pins: `ledger cluster down`, then `up`, renews it"
                    )
                _add_programs(site, record.identity.bin)
            _bring_images(site, name, workloads.names(root) if images is None else images)
        except CommandFailed as error:
            raise failed(f"raising cluster {name}", error) from error
        return record.identity


def _standing(name: str) -> Record | None:
    """Give the record of a cluster that answers, and is the one recorded."""
    record = identity.read(name)
    try:
        if record:
            prove(record.identity)
    except LedgerError:
        return None
    return record


def _create(site: Site, name: str) -> Record:
    shell = site.shell(f"cluster-{name}")
    _clear(shell, name)
    image = _node_image(site, shell)
    identity.pending_of(name).parent.mkdir(parents=True, exist_ok=True)
    identity.pending_of(name).touch()
    if not site.engine.ours and not shell.answers("docker network inspect kind"):
        changes.note("network", "kind")
    site.say(f"creating cluster {name} (usually 30 s) ...")
    kubeconfig = identity.kubeconfig_of(name)
    shell.run(
        f"kind create cluster --name {name} --image {image} --wait 180s --kubeconfig",
        *(kubeconfig, "--config", site.pins.airgap / "kind.yaml"),
        seconds=600,
    )
    kubeconfig.chmod(0o600)
    record = _record(site, shell, name)
    record.write()
    identity.pending_of(name).unlink()
    site.say(f"cluster {name} answers at {record.identity.server}")
    return record


def _clear(shell: Shell, name: str) -> None:
    """Remove what is left of a cluster of this name, if it was ours."""
    if name not in shell.run("kind get clusters").split():
        return
    if identity.read(name) is None and not identity.pending_of(name).exists():
        raise ClusterError(
            f"there is a kind cluster {name} that this project did not make",
            fix=f"take another name, or remove it: kind delete cluster --name {name}",
        )
    shell.run("kind delete cluster --name", name, "--kubeconfig", identity.kubeconfig_of(name))


def _node_image(site: Site, shell: Shell) -> str:
    image, step = site.node_name(), site.recipe.node
    if site.way == "registry":
        return image
    if not shell.answers("docker image inspect", image):
        archive = site.store.get(step) / "node.tar"
        site.say("loading the node image out of the cache (usually 10 s) ...")
        shell.run("docker load --quiet --input", archive)
        shell.run("docker tag", site.recipe.node_tag, image)
        shell.run("docker rmi", site.recipe.node_tag)
        if not site.engine.ours:
            changes.note("image", image)
    return image


def _record(site: Site, shell: Shell, name: str) -> Record:
    folder, kubeconfig = identity.bin_of(name), identity.kubeconfig_of(name)
    _programs(site, shell, name, folder)
    kubectl = shell.under({"KUBECONFIG": str(kubeconfig), "PATH": str(folder)})
    kubectl.run("kubectl --namespace kube-system rollout status deployment/coredns --timeout=180s")
    version = kubectl.run(
        "kubectl get nodes --output jsonpath={.items[0].status.nodeInfo.kubeletVersion}"
    )
    client = connect(kubeconfig)
    known = Identity(
        name=name,
        server=server_of(client),
        uid=ask_uid(client),
        kubernetes=version,
        kubeconfig=kubeconfig,
        bin=folder,
        way=site.way,
    )
    host = site.engine.env.get("DOCKER_HOST", os.environ.get("DOCKER_HOST", ""))
    leads = {"DOCKER_HOST": host} if host else {}
    return Record(known, datetime.now(UTC).isoformat(timespec="seconds"), leads, site.node_name())


def _programs(site: Site, shell: Shell, name: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shell.run(f"docker cp {name}-control-plane:/usr/bin/kubectl", folder / "kubectl")
    _add_programs(site, folder)
    if site.engine.ours:
        client = shutil.which("docker", path=site.engine.env["PATH"])
        (folder / "docker").symlink_to(str(client))


def _add_programs(site: Site, folder: Path) -> None:
    """Copy what is not there: a cluster may have been raised before a program was needed."""
    for program in _PROGRAMS:
        if not (folder / program).exists():
            built = site.store.get(site.recipe.binaries[program])
            shutil.copy2(built / "bin" / program, folder / program)


def _bring_images(site: Site, name: str, images: Iterable[str]) -> None:
    shell = site.shell(f"images-{name}")
    for image in images:
        step = workloads.step(site.root, image, site.pins, site.recipe, airgap=site.way == "airgap")
        workloads.load(name, step, site.store, shell, site.say)
        if not site.engine.ours:
            _note_base(site, shell)


def _note_base(site: Site, shell: Shell) -> None:
    base = site.pins.python
    if shell.answers("docker image inspect", base) and workloads.base_key(shell, base):
        changes.note("image", base)
