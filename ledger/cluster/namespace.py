"""A namespace for one run of one page; what a killed run left of them goes with the next."""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from ledger.cluster import places
from ledger.cluster.api import Api
from ledger.core.files import write_atomic
from ledger.errors import ClusterError

PAGE: Final = "phase-ledger.io/page"
_MACHINE: Final = "phase-ledger.io/machine"
_RUN: Final = "phase-ledger.io/run"
_THIS_RUN: Final = secrets.token_hex(4)

_PATH: Final = "/api/v1/namespaces"
_PATIENCE: Final = 30.0


class Namespace:
    """A namespace that is there at once, and goes with `close`.

    Those of earlier runs of this machine are removed first. Nobody uses them: a run has the cluster
    alone. On a cluster of several machines those of another one may be in use.

    Args:
        kubeconfig: leads to the cluster.
        page: the page that it is for, relative to the project.

    Attributes:
        name: made of the page's name, and never the same twice.

    Raises:
        ClusterError: the cluster does not make it.
    """

    def __init__(self, kubeconfig: Path, page: str) -> None:
        self._api = Api(kubeconfig)
        labels = {PAGE: _slug(page), _MACHINE: _machine(), _RUN: _THIS_RUN}
        left = f"{PAGE},{_MACHINE}={labels[_MACHINE]},{_RUN}!={_THIS_RUN}"
        self._remove(labelSelector=left)
        self.name = f"{labels[PAGE]}-{secrets.token_hex(4)}"
        metadata = {"name": self.name, "labels": labels}
        try:
            self._api.post(_PATH, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
            self._await_account()
        except BaseException:
            self.close()
            raise

    def close(self, *, keep: bool = False) -> None:
        """Remove the namespace, unless it is to be kept; all in it goes soon after.

        Raises:
            ClusterError: the cluster does not remove it.
        """
        try:
            if not keep:
                self._remove(fieldSelector=f"metadata.name={self.name}")
        finally:
            self._api.close()

    def _remove(self, **selector: str) -> None:
        for found in self._api.get(f"{_PATH}?{urlencode(selector)}")["items"]:
            if found["status"]["phase"] != "Terminating":
                self._api.delete(f"{_PATH}/{found['metadata']['name']}")

    def _await_account(self) -> None:
        """Without it no pod can be made there."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self._api.get(f"{_PATH}/{self.name}/serviceaccounts/default")
                return
            except ClusterError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)


def _slug(page: str) -> str:
    """What is left of a page's path as a label and as part of a name."""
    name = page.removeprefix("docs/").removesuffix(".md").lower()
    return re.sub(r"[^a-z0-9]+", "-", name)[:50].strip("-") or "page"


def _machine() -> str:
    """Whose lock lets a run have a cluster alone: names of hosts are not unique."""
    path = places.state_home() / "machine"
    if not path.is_file():
        write_atomic(path, secrets.token_hex(6).encode())
    return path.read_text("utf-8")
