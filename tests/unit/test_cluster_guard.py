"""The guard, against a real HTTP server that answers as an API server does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ledger.cluster import Identity, environment, lock_name, prove, recorded
from ledger.cluster.identity import GIVEN, Record
from ledger.errors import ClusterError, WrongClusterError
from tests.support.http_server import Quiet, serving, write_kubeconfig

UID = "7b49adbb-ee7a-484d-9997-73a6b8a07967"


class Api(Quiet, BaseHTTPRequestHandler):
    """Answers one request, as the server's `reply` says."""

    def do_GET(self) -> None:
        status, body = self.server.reply if self.path.endswith("/kube-system") else (404, "")  # type: ignore[attr-defined]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())


class Server(ThreadingHTTPServer):
    reply = (200, json.dumps({"metadata": {"uid": UID}}))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def api() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Api)
    with serving(server):
        yield server


@pytest.fixture
def identity(tmp_path: Path, api: Server) -> Identity:
    config = tmp_path / "kubeconfig"
    write_kubeconfig(config, api.url)
    return Identity("x", api.url, UID, "v1.34.4", config, tmp_path / "bin", "airgap")


def test_the_recorded_cluster_passes(identity: Identity) -> None:
    prove(identity)


def test_a_kubeconfig_that_leads_elsewhere_is_refused_unasked(
    identity: Identity, tmp_path: Path
) -> None:
    write_kubeconfig(tmp_path / "kubeconfig", "https://production.example:6443")
    with pytest.raises(WrongClusterError) as caught:
        prove(identity)
    assert "leads to https://production.example:6443" in caught.value.what
    assert "\n" not in caught.value.what


def test_another_cluster_at_the_same_address_is_refused(identity: Identity) -> None:
    with pytest.raises(WrongClusterError, match=f"kube-system has UID {UID}, other is meant"):
        prove(replace(identity, uid="other"))


@pytest.mark.parametrize(
    ("status", "body"),
    [(403, Server.reply[1]), (200, "<html>"), (200, "{}"), (200, "[]"), (200, "null")],
)
def test_what_is_no_api_server_is_refused(
    identity: Identity, api: Server, status: int, body: str
) -> None:
    api.reply = (status, body)
    with pytest.raises(ClusterError) as caught:
        prove(identity)
    assert caught.value.where == api.url
    assert caught.value.fix == "ledger cluster up"


def test_who_is_not_let_in_is_told_the_code(identity: Identity, api: Server) -> None:
    api.reply = (401, '{"kind": "Status", "message": "Unauthorized"}')
    with pytest.raises(ClusterError) as caught:
        prove(identity)
    assert caught.value.what == "answered with code 401"


def test_neither_a_proxy_nor_another_kubeconfig_leads_elsewhere(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBECONFIG", "/somebody/production")
    prove(identity)


def test_nobody_at_the_address_is_refused(identity: Identity, api: Server) -> None:
    api.shutdown()
    api.server_close()
    with pytest.raises(ClusterError, match="does not answer") as caught:
        prove(identity)
    assert "\n" not in caught.value.what


@pytest.mark.parametrize("text", ["", "[]", "x: [", "current-context: gone\ncontexts: []\n"])
def test_a_file_that_is_no_kubeconfig_is_refused(identity: Identity, text: str) -> None:
    identity.kubeconfig.write_text(text)
    with pytest.raises(ClusterError, match="not a kubeconfig"):
        prove(identity)


def test_a_missing_kubeconfig_is_refused(identity: Identity) -> None:
    identity.kubeconfig.unlink()
    with pytest.raises(ClusterError, match="no kubeconfig"):
        prove(identity)


def test_the_record_is_read_as_it_was_written(
    identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert recorded("x") is None
    Record(identity, "2026-01-01T00:00:00+00:00", {"DOCKER_HOST": "unix:///s"}, "node").write()
    assert recorded("x") == identity
    assert [path.name for path in (tmp_path / "state/phase-ledger/clusters").iterdir()] == [
        "x.json"
    ]
    env = environment(identity)
    assert env["KUBECONFIG"] == str(identity.kubeconfig)
    assert env["PATH"].startswith(f"{identity.bin}:")
    assert env["DOCKER_HOST"] == "unix:///s"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"identity": {}}'])
def test_a_broken_record_is_told_and_not_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = tmp_path / "phase-ledger" / "clusters"
    folder.mkdir(parents=True)
    (folder / "x.json").write_text(text)
    with pytest.raises(ClusterError, match="record cannot be read"):
        recorded("x")


def test_a_given_cluster_takes_the_lock_of_its_record_and_nothing_else(
    identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    Record(identity, created="", engine={"DOCKER_HOST": "unix:///ours"}, node_image="").write()
    given = replace(identity, name="mine", way=GIVEN)
    assert lock_name(given) == identity.name
    assert lock_name(replace(given, uid="other")) == "other"
    assert "DOCKER_HOST" in environment(identity)
    assert "DOCKER_HOST" not in environment(replace(given, name=identity.name))


def test_a_given_cluster_that_went_away_is_not_to_be_raised(identity: Identity) -> None:
    with pytest.raises(WrongClusterError) as caught:
        prove(replace(identity, uid="other", way=GIVEN))
    assert caught.value.fix == "make $KUBECONFIG lead to the cluster that you mean"
