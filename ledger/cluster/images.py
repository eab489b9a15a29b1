"""Which of the project's images a cluster holds, and which of them are not today's."""

from __future__ import annotations

from pathlib import Path

from ledger.cluster import places, workloads
from ledger.cluster.identity import Identity, environment
from ledger.cluster.pins import Pins
from ledger.cluster.recipe import recipe
from ledger.cluster.run import CommandFailed, Shell
from ledger.core.project import find_root
from ledger.errors import ClusterError

_OURS = "docker.io/phase-ledger/"


def held(known: Identity, log: Path) -> dict[str, str]:
    """Give the project's images in the node, by name, with the key of their content.

    Raises:
        CommandFailed: the node cannot be asked.
    """
    shell = Shell(log, environment(known))
    list_images = f"docker exec {known.name}-control-plane {workloads.LIST_IMAGES}"
    tags = shell.run(list_images, seconds=20).split()
    ours = [tag.removeprefix(_OURS).partition(":") for tag in tags if tag.startswith(_OURS)]
    return {image: key for image, _, key in ours if len(key) == 12}


def outdated(identity: Identity) -> list[str]:
    """Name the project's images that the cluster lacks, or holds with another content.

    Raises:
        ClusterError: the node cannot be asked.
    """
    root = find_root()
    try:
        found = held(identity, places.fresh_log("images"))
    except CommandFailed as error:
        raise ClusterError(
            f"the cluster does not tell its images: {error}",
            where=str(error.log),
            fix="ledger cluster up",
        ) from error
    pins = Pins.read(root)
    steps, airgap = recipe(pins), identity.way == "airgap"
    keys = {
        name: workloads.step(root, name, pins, steps, airgap=airgap).key()[:12]
        for name in workloads.names(root)
    }
    return [name for name, key in keys.items() if found.get(name) != key]
