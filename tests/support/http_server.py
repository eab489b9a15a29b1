"""Servers of a test's own on this machine, and the kubeconfig that leads to one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from pathlib import Path
from typing import Any


class Quiet:
    """For a request handler that prints nothing of what it answers."""

    def log_message(self, *_: object) -> None:
        pass


def address(server: HTTPServer) -> str:
    """Where a server listens."""
    return f"http://127.0.0.1:{server.server_port}"


@contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    """Serve for as long as the block; give the address."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield address(server)
    finally:
        server.shutdown()
        server.server_close()


def write_kubeconfig(path: Path, server: str, **user: str) -> dict[str, Any]:
    """Write the kubeconfig of somebody at an API server, and give what it holds."""
    named = {"name": "x"}
    config = {
        "current-context": "x",
        "contexts": [{**named, "context": {"cluster": "x", "user": "x"}}],
        "clusters": [{**named, "cluster": {"server": server}}],
        "users": [{**named, "user": user}],
    }
    path.write_text(json.dumps(config))
    return config
