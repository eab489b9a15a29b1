"""Which cluster is ours: the record that is written when it is made."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ledger.cluster import places
from ledger.core.files import write_atomic
from ledger.errors import ClusterError

NAME: Final = "phase-ledger"
"""The cluster that is meant where none is named."""
GIVEN: Final = "given"


@dataclass(frozen=True)
class Identity:
    """A disposable cluster that this project made.

    Args:
        name: kind's name for it.
        server: the API server's URL.
        uid: the UID of the namespace `kube-system`: no two clusters share one.
        kubernetes: the server's version, as in `v1.34.4`.
        kubeconfig: the file that leads to this cluster only.
        bin: the folder with kubectl, kind, nats and promtool of this cluster's versions.
        way: `registry` or `airgap`; `given` for a cluster that this project did not make.
    """

    name: str
    server: str
    uid: str
    kubernetes: str
    kubeconfig: Path
    bin: Path
    way: str


@dataclass(frozen=True)
class Record:
    """What is kept about a cluster.

    Args:
        identity: which cluster it is.
        created: when, in UTC, as ISO 8601.
        engine: the variables that lead to its Docker engine.
        node_image: what its node was made of.
    """

    identity: Identity
    created: str
    engine: dict[str, str]
    node_image: str

    def write(self) -> None:
        """Write the record; a reader sees the old one or the new one, never a part."""
        text = json.dumps({"format": 1, **asdict(self)}, indent=2, default=str) + "\n"
        write_atomic(path_of(self.identity.name), text.encode())


def path_of(name: str) -> Path:
    """Name the file of a cluster's record."""
    return places.clusters() / f"{name}.json"


def kubeconfig_of(name: str) -> Path:
    """Name a cluster's own kubeconfig."""
    return places.clusters() / f"{name}.kubeconfig"


def pending_of(name: str) -> Path:
    """Name the file that says: this cluster is being made, and is ours to remove."""
    return places.clusters() / f"{name}.pending"


def names() -> list[str]:
    """List the clusters on record, and those whose making ended halfway."""
    folder = places.clusters()
    found = [*folder.glob("*.json"), *folder.glob("*.pending")] if folder.is_dir() else []
    return sorted({path.stem for path in found})


def bin_of(name: str) -> Path:
    """Name the folder of a cluster's own programs."""
    return places.clusters() / f"{name}.bin"


def read(name: str) -> Record | None:
    """Read a cluster's record; none if there is no such cluster.

    Raises:
        ClusterError: there is a record that cannot be read.
    """
    path = path_of(name)
    if not path.is_file():
        return None
    try:
        return _record(json.loads(path.read_text("utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise ClusterError(
            "the cluster's record cannot be read",
            where=str(path),
            fix="`ledger cluster down`, then `up`",
        ) from error


def _record(data: dict[str, Any]) -> Record:
    known = data["identity"]
    identity = Identity(
        **{**known, "kubeconfig": Path(known["kubeconfig"]), "bin": Path(known["bin"])}
    )
    return Record(identity, data["created"], data["engine"], data["node_image"])


def recorded(name: str = NAME) -> Identity | None:
    """Give the identity of the cluster `name` as recorded at its making, if there is one."""
    record = read(name)
    return record.identity if record else None


def environment(identity: Identity) -> dict[str, str]:
    """Give a child process what leads it to this cluster, and to no other.

    Returns:
        this process's variables, with KUBECONFIG, PATH (the cluster's programs first) and, for an
        engine of our own, DOCKER_HOST.
    """
    record = None if identity.way == GIVEN else read(identity.name)
    path = f"{identity.bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    engine = record.engine if record else {}
    return {**os.environ, **engine, "KUBECONFIG": str(identity.kubeconfig), "PATH": path}
