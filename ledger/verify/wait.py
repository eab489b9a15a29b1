"""Watch a condition of a Kubernetes object while a block waits for it.

`kubectl wait --for=condition=Complete` waits to the end of its time for a Job that has failed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from ledger.cluster.guard import SECONDS, connect
from ledger.pages.eventually import Wait

NAME: Final = "ledger-watch"

# Once one of the two is true, the other one never will be.
_ENDS: Final = {("job", "Complete"): "Failed", ("job", "Failed"): "Complete"}


class Watch:
    """Asks for an object's conditions from time to time, beside the block; use it with `with`.

    Args:
        wait: the condition.
        kubeconfig: the file that leads to the cluster.
        every: seconds from one answer to the next question.

    Attributes:
        lost: why the condition can no longer become true; empty while it can.

    Raises:
        ClusterError: it is no kubeconfig.
    """

    def __init__(self, wait: Wait, kubeconfig: Path, *, every: float = 1.0) -> None:
        self.lost = ""
        self._wait = wait
        self._every = every
        self._client = connect(kubeconfig)
        self._read = _reader(wait.kind, self._client)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask_on, name=NAME, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        self._client.close()

    def missing(self) -> str:
        """Why the condition is not true now; empty if it is.

        Whatever `kubectl` said, this is what the cluster says.
        """
        wait = self._wait
        found, told = self._ask()
        condition = found.get(wait.condition)
        if condition and condition.status == "True":
            return ""
        return told or f"{wait} is not {wait.condition}{_because(condition)}"

    def _ask_on(self) -> None:
        wait = self._wait
        other = _ENDS.get((wait.kind, wait.condition), "")
        while other and not self.lost:
            ended = self._ask()[0].get(other)
            if ended and ended.status == "True":
                self.lost = f"{wait} is {other}, never {wait.condition}{_because(ended)}"
            if self._over.wait(self._every):
                return

    def _ask(self) -> tuple[dict[str, Any], str]:
        """The object's conditions by their types, or why there are none."""
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        wait = self._wait
        try:
            found = self._read(wait.name, wait.namespace, _request_timeout=SECONDS)
            return {condition.type: condition for condition in found.status.conditions or ()}, ""
        except ApiException as error:
            told = "is not there" if error.status == 404 else f"cannot be read: {error.reason}"
        except (HTTPError, OSError, ValueError, AttributeError, TypeError) as error:
            told = f"cannot be read: {error}"
        return {}, f"{wait} {' '.join(told.split())}"


def _reader(kind: str, client: Any) -> Callable[..., Any]:
    """The client's function that reads an object of a kind."""
    from kubernetes.client import AppsV1Api, BatchV1Api, CoreV1Api

    api = {"deployment": AppsV1Api, "job": BatchV1Api, "pod": CoreV1Api}[kind](client)
    found: Callable[..., Any] = getattr(api, f"read_namespaced_{kind}")
    return found


def _because(condition: Any) -> str:
    told = [text for key in ("reason", "message") if (text := getattr(condition, key, None))]
    return f" ({': '.join(told)})" if told else ""
