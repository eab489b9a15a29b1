"""The account that may only look, against a server that serves what an API server would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger.cluster import reader as readers
from ledger.cluster.api import Api
from ledger.cluster.reader import Reader
from ledger.errors import ClusterError
from tests.support.http_server import Quiet, address, serving, write_kubeconfig


def resource(name: str, verbs: str, *subresources: str) -> dict[str, Any]:
    subs = [{"subresource": sub, "verbs": ["create", "get"]} for sub in subresources]
    return {"resource": name, "verbs": verbs.split(), "subresources": subs}


CORE = [
    resource("pods", "create delete get list", "attach", "exec", "log", "proxy", "status"),
    resource("nodes", "get list watch", "proxy"),
    resource("bindings", "create"),
    resource("replicationcontrollers", "list", "scale"),
]
BASE = "phase-ledger:reader-base"


class Server(ThreadingHTTPServer):
    """An API server that keeps roles, and whose authorizer is slow to learn of them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.roles: dict[str, dict[str, Any]] = {}
        self.kinds: list[dict[str, Any]] = []
        self.late = 3
        self.asked = 0

    def answer(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("/token"):
            return {"status": {"token": "t0ken"}}
        if path.endswith("/selfsubjectrulesreviews"):
            self.asked += 1
            known = self.roles[BASE]["rules"] if self.asked > self.late else []
            return {"status": {"resourceRules": known}}
        if "/clusterroles" in path:
            if method == "PATCH":
                self.roles[body["metadata"]["name"]] = body
            return {"items": [role for role in self.roles.values() if role["metadata"]["labels"]]}
        if path.endswith("/customresourcedefinitions"):
            return {"items": self.kinds}
        core = {"metadata": {}, "versions": [{"version": "v1", "resources": CORE}]}
        return {"items": [core] if path == "/api" else []}

    @property
    def rules(self) -> dict[str, list[str]]:
        """What the account may look at, by group."""
        rules = self.roles[BASE]["rules"]
        assert {tuple(rule["verbs"]) for rule in rules} == {("get", "list", "watch")}
        return {rule["apiGroups"][0]: rule["resources"] for rule in rules}


class Handler(Quiet, BaseHTTPRequestHandler):
    def reply(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or "{}")
        assert isinstance(self.server, Server)
        answer = self.server.answer(self.command, self.path.partition("?")[0], body)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_GET = do_POST = do_PATCH = reply  # noqa: N815


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    with serving(server):
        yield server


def made(server: Server, tmp_path: Path) -> Reader:
    config = write_kubeconfig(tmp_path / "full", address(server), token="its-own")
    return Reader(Api(tmp_path / "full"), config, tmp_path / "reader")


def test_its_role_names_what_can_be_looked_at_and_no_way_in(server: Server, tmp_path: Path) -> None:
    reader = made(server, tmp_path)
    assert reader.user == {"token": "t0ken"}
    assert (tmp_path / "reader").stat().st_mode & 0o777 == 0o600
    assert "its-own" not in (tmp_path / "reader").read_text()
    assert server.rules == {
        "": [
            "nodes",
            "pods",
            "pods/log",
            "pods/status",
            "replicationcontrollers",
            "replicationcontrollers/scale",
        ]
    }


def test_it_waits_until_the_authorizer_knows(server: Server, tmp_path: Path) -> None:
    made(server, tmp_path)
    assert server.asked == server.late + 1


def test_a_kind_can_be_looked_at_before_it_is_served(server: Server, tmp_path: Path) -> None:
    reader = made(server, tmp_path)
    server.kinds = [{"spec": {"group": "x.example", "names": {"plural": "gadgets"}}}]
    reader.renew()
    wanted = ["gadgets", "gadgets/log", "gadgets/scale", "gadgets/status"]
    assert server.rules["x.example"] == wanted


def test_a_role_that_adds_a_url_holds_nothing_up(server: Server, tmp_path: Path) -> None:
    rules = [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]
    server.roles["mine"] = {"metadata": {"name": "mine", "labels": {"a": "b"}}, "rules": rules}
    made(server, tmp_path)


def test_a_role_that_takes_no_effect_is_an_error(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "_PATIENCE", 0.1)
    server.late = 1_000_000
    with pytest.raises(ClusterError, match="do not take effect"):
        made(server, tmp_path)
