"""Prove that a kubeconfig leads to the disposable cluster that was recorded, and nowhere else."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ledger.cluster.identity import Identity
from ledger.errors import ClusterError, WrongClusterError

SECONDS = 5.0
_UP = "ledger cluster up"


@dataclass(frozen=True)
class Access:
    """How a kubeconfig's current context reaches its API server; credentials are PEM text."""

    server: str
    authority: str
    certificate: str
    key: str


def prove(identity: Identity) -> None:
    """Ask the live API who it is, and compare with the record.

    Raises:
        WrongClusterError: another server, or another cluster at the same address.
        ClusterError: no kubeconfig, or nobody answers.
    """
    access = read_access(identity.kubeconfig)
    if access.server != identity.server:
        raise WrongClusterError(
            f"the kubeconfig leads to {access.server}, "
            f"cluster {identity.name} is at {identity.server}",
            where=str(identity.kubeconfig),
            fix=f"{_UP} writes a new one",
        )
    found = ask_uid(access)
    if found != identity.uid:
        raise WrongClusterError(
            f"the cluster at {access.server} is not {identity.name}: kube-system has UID {found}, "
            f"{identity.uid} was recorded",
            where=str(identity.kubeconfig),
            fix=f"ledger cluster down, then {_UP}",
        )


def ask_uid(access: Access) -> str:
    """Ask an API server for the UID of its namespace `kube-system`.

    Raises:
        ClusterError: it does not answer within five seconds, or not like an API server.
    """
    try:
        status, body = _get(access, "/api/v1/namespaces/kube-system")
        if status == http.client.OK:
            return str(json.loads(body)["metadata"]["uid"])
        reason = f"answered with code {status}"
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as error:
        reason = f"does not answer as an API server: {error}"
    raise ClusterError(reason, where=access.server, fix=_UP)


def read_access(kubeconfig: Path) -> Access:
    """Read the current context of a kubeconfig.

    Raises:
        ClusterError: there is no such file, or it is not a kubeconfig with a current context.
    """
    import yaml

    try:
        data = yaml.safe_load(kubeconfig.read_text("utf-8"))
        context = _named(data, "contexts", data["current-context"])["context"]
        cluster = _named(data, "clusters", context["cluster"])["cluster"]
        user = _named(data, "users", context["user"]).get("user") or {}
        return Access(
            str(cluster["server"]),
            _pem(cluster, "certificate-authority-data"),
            _pem(user, "client-certificate-data"),
            _pem(user, "client-key-data"),
        )
    except OSError as error:
        raise ClusterError("there is no kubeconfig", where=str(kubeconfig), fix=_UP) from error
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        StopIteration,
        yaml.YAMLError,
    ) as error:
        raise ClusterError(
            "not a kubeconfig with a current context", where=str(kubeconfig), fix=_UP
        ) from error


def _named(data: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in data[kind] if entry["name"] == name)
    return found


def _pem(data: dict[str, Any], key: str) -> str:
    return base64.b64decode(data.get(key, "")).decode()


def _get(access: Access, path: str) -> tuple[int, bytes]:
    address = urlsplit(access.server)
    connection: http.client.HTTPConnection
    if address.scheme == "https":
        connection = http.client.HTTPSConnection(
            address.netloc, timeout=SECONDS, context=_tls(access)
        )
    else:
        connection = http.client.HTTPConnection(address.netloc, timeout=SECONDS)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _tls(access: Access) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=access.authority or None)
    if access.certificate:
        # ssl reads a client's key from a file only; this one is gone before the first request.
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(access.certificate + access.key)
            file.flush()
            context.load_cert_chain(file.name)
    return context
