"""Read `airgap/pins.toml`: every version that a cluster is made of."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ledger.core.shipped import shipped
from ledger.errors import ClusterError, UsageError


@dataclass(frozen=True)
class Pins:
    """What is pinned, and where its files are.

    Args:
        airgap: the folder with `pins.toml`.
        kubernetes: the folder of the module that Kubernetes is built from.
        versions: version by component, without `v`.
        node_image: the public node image, with its digest.
        images: the names that a built image goes by, by component.
        python: the base image of workloads that are written in Python.
        suites: Debian's suite by use: `node`, `engine`.
        packages: Debian packages by use.
        releases: what another minor release of Kubernetes takes, by the release.
    """

    airgap: Path
    kubernetes: Path
    versions: dict[str, str]
    node_image: str
    images: dict[str, tuple[str, ...]]
    python: str
    suites: dict[str, str]
    packages: dict[str, tuple[str, ...]]
    releases: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, root: Path) -> Pins:
        """Read the pins of the project at `root`; without any, those that come with this program.

        Raises:
            ClusterError: one is missing.
        """
        own = root / "airgap"
        path = (own if own.is_dir() else shipped("airgap")) / "pins.toml"
        try:
            return cls._from(path.parent, tomllib.loads(path.read_text("utf-8")))
        except (FileNotFoundError, KeyError, tomllib.TOMLDecodeError) as error:
            raise ClusterError(
                f"cannot be read: {error}", where=str(path), fix="mend it"
            ) from error

    @classmethod
    def _from(cls, airgap: Path, data: dict[str, dict[str, Any]]) -> Pins:
        images, debian = data["images"], data["debian"]
        return cls(
            airgap=airgap,
            kubernetes=airgap / "go" / "kubernetes",
            versions={name: str(value) for name, value in data["versions"].items()},
            node_image=str(data["registry"]["node-image"]),
            images={name: tuple(value) for name, value in images.items() if name != "python"},
            python=str(images["python"]),
            suites={"node": str(debian["node-suite"]), "engine": str(debian["engine-suite"])},
            packages={
                name: tuple(value) for name, value in debian.items() if isinstance(value, list)
            },
            releases=data.get("releases", {}),
        )

    def of(self, release: str) -> Pins:
        """Give the pins with another minor release of Kubernetes, such as `1.33`.

        Raises:
            UsageError: there are no pins for it.
        """
        if self.versions["kubernetes"].startswith(f"{release}."):
            return self
        if release not in self.releases:
            usual = self.versions["kubernetes"].rpartition(".")[0]
            fix = f"one of {', '.join([usual, *self.releases])}"
            raise UsageError(f"no pins for Kubernetes {release}", fix=fix)
        other = self.releases[release]
        return replace(
            self,
            kubernetes=self.airgap / "releases" / release / "kubernetes",
            versions={**self.versions, "kubernetes": other["kubernetes"]},
            node_image=other["node-image"],
            images={**self.images, **{name: tuple(other[name]) for name in ("etcd", "coredns")}},
        )
