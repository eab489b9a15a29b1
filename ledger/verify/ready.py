"""What there must be before a page runs: its cluster, with the images that the page is about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from ledger import cluster
from ledger.cluster.identity import GIVEN
from ledger.errors import ClusterError
from ledger.pages.page import Page

_IMAGES: Final = PurePosixPath("images")


def homeless(pages: Sequence[Page]) -> dict[str, str]:
    """The pages that cannot run without a cluster, and why, while others can.

    There are none if a cluster is on record.
    """
    needing = [page.where for page in pages if page.needs_cluster]
    if len(needing) in {0, len(pages)} or cluster.recorded():
        return {}
    return dict.fromkeys(needing, "no cluster")


def require_cluster(pages: Sequence[Page], name: str, uid: str | None = None) -> None:
    """Make sure that the pages have the cluster that they need, before anything runs.

    Args:
        pages: the pages.
        name: the cluster, if no UID names another.
        uid: the UID of the cluster that $KUBECONFIG leads to.

    Raises:
        UsageError: a UID is given, and no $KUBECONFIG.
        ClusterError: there is none, it does not answer, or it holds older images than the pages'.
        WrongClusterError: the kubeconfig leads to another one.
    """
    needing = [page for page in pages if page.needs_cluster]
    if not needing:
        return
    if uid is not None:
        with cluster.given(uid):
            return
    identity = cluster.recorded(name)
    if identity is None:
        if name != cluster.NAME:
            raise ClusterError(f"no cluster {name}", fix=f"ledger cluster up --name {name}")
        fix = "ledger cluster up; pages with `cluster: false` need none"
        raise ClusterError("no cluster to run the pages on", fix=fix)
    cluster.prove(identity)
    require_images(needing, identity)


def require_images(pages: Sequence[Page], identity: cluster.Identity) -> None:
    """Make sure that the cluster holds the images that the pages name in `inputs:`, as they are.

    Evidence is of the files in `images/`; on an older image it would be false. Of a cluster that
    was given nobody knows, and no run there is evidence.

    Raises:
        ClusterError: it holds an older one.
    """
    named = [PurePosixPath(name) for page in pages for name in page.strings("inputs")]
    if identity.way == GIVEN or not any(_meet(name, _IMAGES) for name in named):
        return
    for image in cluster.outdated(identity):
        if any(_meet(name, _IMAGES / image) for name in named):
            what = f"the cluster holds an older {image} than {_IMAGES / image}"
            raise ClusterError(what, fix="ledger cluster up")


def _meet(one: PurePosixPath, other: PurePosixPath) -> bool:
    """Whether they are one path, or one of them lies in the other."""
    return one.is_relative_to(other) or other.is_relative_to(one)
