"""A cluster that this project did not make: used only by who names it by its UID."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from ledger.cluster.api import Api
from ledger.cluster.guard import MEND, ask_uid, server_of
from ledger.cluster.identity import GIVEN, Identity, names, read
from ledger.cluster.run import CommandFailed, Shell
from ledger.errors import ClusterError, UsageError, WrongClusterError

# A page's shell has no home folder and none of the user's secrets: neither would work there.
_PROGRAMS: Final = ("exec", "auth-provider")

# kubectl goes by these; the question for the UID does not.
_DETOURS: Final = ("proxy-url", "insecure-skip-tls-verify")


@contextmanager
def given(uid: str) -> Iterator[Identity]:
    """Give the cluster that $KUBECONFIG leads to, if it is the one that is meant.

    Its current context is copied: what another terminal makes of the file no longer counts.

    Args:
        uid: the UID of its namespace `kube-system`.

    Raises:
        UsageError: there is no $KUBECONFIG.
        ClusterError: it does not lead to a cluster, or a page could not use its user.
        WrongClusterError: it leads to another cluster.
    """
    where = os.environ.get("KUBECONFIG", "")
    if not where:
        what = "--cluster-uid takes the cluster that $KUBECONFIG leads to, and it is not set"
        raise UsageError(what, fix="export KUBECONFIG=FILE")
    folder = Path(tempfile.mkdtemp(prefix="ledger-"))
    try:
        yield _identity(_pinned(folder, where), uid, where)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lock_name(identity: Identity) -> str:
    """Name what a run on a given cluster reserves: the same that a run on it by name does."""
    records = filter(None, map(read, names()))
    ours = (record.identity.name for record in records if record.identity.uid == identity.uid)
    return next(ours, identity.uid)


def _pinned(folder: Path, where: str) -> Path:
    """Copy the current context of $KUBECONFIG, with all that it refers to."""
    kubectl = shutil.which("kubectl")
    if not kubectl:
        raise ClusterError("no kubectl on the PATH", fix="install kubectl")
    view = "config view --raw --minify --flatten --output=json"
    try:
        text = Shell(folder / "log").run(Path(kubectl), *view.split(), seconds=30)
    except CommandFailed as failed:
        raise ClusterError(failed.tail(1), where=where, fix=MEND) from failed
    _check(json.loads(text), where)
    path = folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")
    return path


def _check(config: dict[str, Any], where: str) -> None:
    for key in _DETOURS:
        if config["clusters"][0]["cluster"].get(key):
            what = f"its cluster has {key}: commands could come to another one than was asked"
            raise ClusterError(what, where=where, fix=MEND)
    users = config.get("users") or []
    if not users:
        raise ClusterError("its current context has no user", where=where, fix=MEND)
    for key in _PROGRAMS:
        if key in users[0]["user"]:
            raise ClusterError(
                f"user {users[0]['name']} logs in by {key}, which no page can do",
                where=where,
                fix="give it a token: kubectl create token ACCOUNT",
            )


def _identity(kubeconfig: Path, uid: str, where: str) -> Identity:
    name = json.loads(kubeconfig.read_text("utf-8"))["current-context"]
    with closing(Api(kubeconfig)) as api:
        found = ask_uid(api.client, MEND)
        if found != uid:
            what = f"context {name} leads to the cluster with UID {found}, not {uid!r}"
            raise WrongClusterError(what, where=where, fix=MEND)
        version = str(api.get("/version").get("gitVersion"))
        folder = Path(str(shutil.which("kubectl"))).parent
        return Identity(name, server_of(api.client), uid, version, kubeconfig, folder, GIVEN)
