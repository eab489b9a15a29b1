"""Read `airgap/pins.toml`: every version that a cluster is made of."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import ClusterError


@dataclass(frozen=True)
class Pins:
    """What is pinned, and where its files are.

    Args:
        airgap: the folder with `pins.toml`.
        versions: version by component, without `v`.
        node_image: the public node image, with its digest.
        images: the names that a built image goes by, by component.
        python: the base image of workloads that are written in Python.
        suites: Debian's suite by use: `node`, `engine`.
        packages: Debian packages by use.
    """

    airgap: Path
    versions: dict[str, str]
    node_image: str
    images: dict[str, tuple[str, ...]]
    python: str
    suites: dict[str, str]
    packages: dict[str, tuple[str, ...]]

    @classmethod
    def read(cls, root: Path) -> Pins:
        """Read the pins of the project at `root`.

        Raises:
            ClusterError: there are none, or one is missing.
        """
        path = root / "airgap" / "pins.toml"
        try:
            return cls._from(path.parent, tomllib.loads(path.read_text("utf-8")))
        except FileNotFoundError as error:
            raise ClusterError(
                "no pins for a cluster here",
                where=str(path),
                fix="run it in the project's checkout",
            ) from error
        except (KeyError, tomllib.TOMLDecodeError) as error:
            raise ClusterError(
                f"cannot be read: {error}", where=str(path), fix="mend it"
            ) from error

    @classmethod
    def _from(cls, airgap: Path, data: dict[str, dict[str, str | list[str]]]) -> Pins:
        images, debian = data["images"], data["debian"]
        return cls(
            airgap=airgap,
            versions={name: str(value) for name, value in data["versions"].items()},
            node_image=str(data["registry"]["node-image"]),
            images={name: tuple(value) for name, value in images.items() if name != "python"},
            python=str(images["python"]),
            suites={"node": str(debian["node-suite"]), "engine": str(debian["engine-suite"])},
            packages={
                name: tuple(value) for name, value in debian.items() if isinstance(value, list)
            },
        )
