"""Prove that a kubeconfig leads to the disposable cluster that was recorded, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.cluster.identity import GIVEN, Identity
from ledger.core.extra import require
from ledger.errors import ClusterError, WrongClusterError

SECONDS = 5
MEND = "make $KUBECONFIG lead to the cluster that you mean"
_UP = "ledger cluster up"


def prove(identity: Identity) -> None:
    """Ask the live API who it is, and compare with the record.

    Raises:
        WrongClusterError: another server, or another cluster at the same address.
        ClusterError: no kubeconfig, or nobody answers.
    """
    fix = MEND if identity.way == GIVEN else _UP
    client = connect(identity.kubeconfig, fix)
    server = server_of(client)
    if server != identity.server:
        raise WrongClusterError(
            f"the kubeconfig leads to {server}, cluster {identity.name} is at {identity.server}",
            where=str(identity.kubeconfig),
            fix=fix,
        )
    found = ask_uid(client, fix)
    if found != identity.uid:
        raise WrongClusterError(
            f"the cluster at {server} is not {identity.name}: kube-system has UID {found}, "
            f"{identity.uid} is meant",
            where=str(identity.kubeconfig),
            fix=MEND if identity.way == GIVEN else f"ledger cluster down, then {_UP}",
        )


def connect(kubeconfig: Path, fix: str = _UP) -> Any:
    """Make a client for the current context of a kubeconfig; nothing is sent yet.

    Args:
        kubeconfig: the file.
        fix: what mends it.

    Returns:
        a `kubernetes.client.ApiClient`; the package has no types.

    Raises:
        ClusterError: there is no such file, or it is not a kubeconfig with a current context.
        UsageError: the extra `cluster` is not installed.
    """
    require("cluster")
    # Slow to import, and most commands never ask a cluster.
    import yaml
    from kubernetes import client, config

    if not kubeconfig.is_file():
        raise ClusterError("there is no kubeconfig", where=str(kubeconfig), fix=fix)
    settings = client.Configuration()
    try:
        load: Callable[..., None] = config.load_kube_config
        load(str(kubeconfig), client_configuration=settings, persist_config=False)
    except (
        config.ConfigException,
        yaml.YAMLError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        raise ClusterError(
            "not a kubeconfig with a current context", where=str(kubeconfig), fix=fix
        ) from error
    # No proxy stands between, and its certificate can be proven: blocks get no proxy either.
    settings.proxy, settings.verify_ssl, settings.retries = None, True, False
    return client.ApiClient(settings)


def server_of(client: Any) -> str:
    """Give the URL of the API server that a client talks to."""
    return str(client.configuration.host)


def ask_uid(client: Any, fix: str = _UP) -> str:
    """Ask an API server for the UID of its namespace `kube-system`.

    Args:
        client: what `connect` gave.
        fix: what mends it if it does not answer.

    Raises:
        ClusterError: it does not answer within five seconds, or not like an API server.
    """
    from kubernetes.client import ApiException, CoreV1Api
    from urllib3.exceptions import HTTPError

    try:
        namespace: Any = CoreV1Api(client).read_namespace("kube-system", _request_timeout=SECONDS)
        if uid := namespace.metadata.uid:
            return str(uid)
        told = "does not answer as an API server: a namespace without a UID"
    except ApiException as error:
        told = f"answered with code {error.status}" if error.status else str(error.reason)
    except (HTTPError, OSError, ValueError, AttributeError, TypeError) as error:
        told = f"does not answer as an API server: {error}"
    raise ClusterError(" ".join(told.split()), where=server_of(client), fix=fix)
