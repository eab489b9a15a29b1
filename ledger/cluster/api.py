"""An API server asked in JSON, for what the typed client has no call that fits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from ledger.cluster.guard import connect, server_of
from ledger.errors import ClusterError

# A cluster that has just been changed may be slow to tell what it serves.
_SECONDS: Final = 30
_APPLY: Final = "application/apply-patch+yaml"
_OWNER: Final = "?fieldManager=phase-ledger&force=true"


class Api:
    """Asks the API server that a kubeconfig leads to; connections are kept.

    Args:
        kubeconfig: the file; its current context counts.

    Attributes:
        client: the `kubernetes.client.ApiClient` whose connections are used.

    Raises:
        ClusterError: it is no kubeconfig.
    """

    def __init__(self, kubeconfig: Path) -> None:
        self.client = connect(kubeconfig)

    def get(self, path: str, *, accept: str = "application/json") -> dict[str, Any]:
        """Read what lies at a path.

        Raises:
            ClusterError: the server does not answer, or refuses.
        """
        return self._ask("GET", path, {"Accept": accept})

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make an object, or ask for a review; the errors are those of `get`."""
        return self._ask("POST", path, {"Content-Type": "application/json"}, body)

    def apply(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make an object or bring it to what `body` says; the errors are those of `get`."""
        return self._ask("PATCH", path + _OWNER, {"Content-Type": _APPLY}, body)

    def delete(self, path: str) -> None:
        """Delete an object, if it is there, without waiting; the errors are those of `get`."""
        self._ask("DELETE", path, {})

    def close(self) -> None:
        """Let go of the connections."""
        self.client.close()

    def _ask(
        self, method: str, path: str, headers: dict[str, str], body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        from urllib3.exceptions import HTTPError

        server = server_of(self.client)
        who = {auth["key"]: auth["value"] for auth in self._settings()}
        try:
            response = self.client.rest_client.pool_manager.request(
                method,
                server + path,
                headers=who | headers,
                body=json.dumps(body) if body else None,
                timeout=_SECONDS,
                retries=False,
            )
            answer = json.loads(response.data)
        except (HTTPError, OSError, ValueError) as error:
            told = f"does not answer as an API server: {error}"
            raise ClusterError(" ".join(told.split()), where=server) from error
        if response.status == 404 and method == "DELETE":
            return {}
        if response.status >= 400 or not isinstance(answer, dict):
            why = isinstance(answer, dict) and answer.get("message")
            raise ClusterError(why or f"answered with code {response.status}", where=server)
        return answer

    def _settings(self) -> list[dict[str, str]]:
        return list(self.client.configuration.auth_settings().values())
