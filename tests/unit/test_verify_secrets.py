"""What a cluster keeps secret is masked in every form; where it cannot be read, all is left out."""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ledger.cluster import Identity
from ledger.core.project import Project
from ledger.pages.page import read_page
from ledger.verify.failure import BlockFailed
from ledger.verify.redact import MASK, Redactor
from ledger.verify.run import PageRun
from tests.support.http_server import Quiet, address, serving, write_kubeconfig

VALUE = 'corr ect"horse\\battery'
# Put together here, so that no scanner takes this file for a leak.
KEY = "\n".join(
    [
        "-----BEGIN " + "PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw",
        "ggSjAgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4",
        "-----END PRIVATE KEY-----",
        "",
    ]
)


# As the Go programs of Kubernetes write JSON, and JSON within JSON.
GO = """import json, sys
text = json.dumps(sys.argv[1], ensure_ascii=False)
for mark in "&<>": text = text.replace(mark, f"\\\\u{ord(mark):04x}")
"""
NESTED = "text = json.dumps(text[1:-1], ensure_ascii=False)\n"


class _Handler(Quiet, BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Cluster)
        body = json.dumps({"items": [{"data": data} for data in server.secrets] + [{}]})
        self.send_response(200 if self.path == "/api/v1/secrets" else 404)
        self.end_headers()
        self.wfile.write(body.encode())


class Cluster(ThreadingHTTPServer):
    """An API server that holds Secrets and nothing else."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.secrets: list[dict[str, str]] = []
        self.kubeconfig = folder / "kubeconfig"
        user = {"token": "own-token-of-the-admin", "client-key-data": encoded(KEY)}
        write_kubeconfig(self.kubeconfig, address(self), **user)

    def keep(self, **data: str) -> None:
        self.secrets.append({key: encoded(value) for key, value in data.items()})


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    server = Cluster(tmp_path)
    with serving(server):
        yield server


def shell(command: str, value: str) -> str:
    done = subprocess.run(
        ["bash", "-c", command, "bash", value], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    "command",
    [
        'echo "said $1!"',
        'printf %s "$1" | base64',
        'echo "$1" | base64',
        "python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' \"$1\"",
        f'python3 -c {shlex.quote(GO + "print(text)")} "$1"',
        f'python3 -c {shlex.quote(GO + NESTED + "print(text)")} "$1"',
    ],
)
@pytest.mark.parametrize("value", [VALUE, "pass phräse", "a long one " * 20, 'a&b<c>d"e'])
def test_a_value_is_masked_in_every_form(cluster: Cluster, value: str, command: str) -> None:
    cluster.keep(password=f"{value}\n")
    printed = shell(command, value.strip())
    shown = Redactor({}, cluster.kubeconfig).printed(printed)
    left = shown.replace(MASK, "").replace("said", "").replace("!", "").strip().strip('"')
    assert (MASK in shown, left) == (True, "")


def test_each_line_of_a_key_is_masked_alone(cluster: Cluster) -> None:
    cluster.keep(**{"tls.key": KEY})
    redact = Redactor({}, cluster.kubeconfig)
    for line in KEY.splitlines()[1:3]:
        assert redact.printed(f"> {line} <") == f"> {MASK} <"
    # What is the same in every key is left, so that the rule for unknown ones still sees it.
    assert redact.printed("-----BEGIN PRIVATE KEY-----") == "-----BEGIN PRIVATE KEY-----"


def test_what_leads_to_a_thing_is_shown_and_what_opens_it_is_not(cluster: Cluster) -> None:
    places = {
        "S3_BUCKET": "dr-backups",
        "AWS_REGION": "eu-central-1",
        "S3_ENDPOINT": "http://s3.s3:8333",
        "S3_PREFIX": "nats/daily",
        "username": "orders",
        "namespace": "kube-system",
    }
    hook = "https://hooks.example/services/T00/B00/XXXX"
    secrets = {"SLACK_URL": hook, "passport": "opens-it", "endpoint": "s3cr3tToken12345"}
    cluster.keep(**places, **secrets, short="true")
    told = " ".join([*places.values(), "true"])
    shown = Redactor({}, cluster.kubeconfig).printed(" ".join([told, *secrets.values()]))
    assert shown == f"{told} {MASK} {MASK} {MASK}"


def test_a_secret_is_known_from_when_it_is_made_and_still_when_it_is_gone(
    cluster: Cluster,
) -> None:
    cluster.keep(first="value-of-the-first")
    redact = Redactor({}, cluster.kubeconfig)
    cluster.secrets.clear()
    cluster.keep(second="value-of-the-second")
    told = "value-of-the-first, value-of-the-second"
    assert redact.printed(told) == f"{MASK}, {MASK}"
    assert redact(told) == f"{MASK}, {MASK}"


def test_the_kubeconfig_s_own_user_is_masked(cluster: Cluster) -> None:
    redact = Redactor({}, cluster.kubeconfig)
    shown = redact(redact.printed(f"own-token-of-the-admin {encoded(KEY)}\n{KEY}"))
    assert "admin" not in shown
    assert "MII" not in shown
    assert encoded(KEY)[:16] not in shown


def test_without_the_secrets_nothing_that_was_printed_is_given(tmp_path: Path) -> None:
    with Cluster(tmp_path) as server:
        redact = Redactor({}, server.kubeconfig)
    shown = redact.printed("a new secret perhaps")
    assert shown.startswith(f"{MASK} all of it: the Secrets of the cluster cannot be read (")
    assert "perhaps" not in shown
    assert redact.printed("") == ""


def test_a_new_key_is_not_shown_in_a_difference(project: Project) -> None:
    begin, end = KEY.splitlines()[0], KEY.splitlines()[-1]
    (project.docs / "page.md").write_text(
        "---\ncluster: false\n---\n"
        f"```bash {{.verify name=key}}\nprintf '%s\\n' '{begin}' MIIEnew '{end}'\n```\n"
        f"```text {{.expect}}\n{begin}\nMIIEold\n{end}\n```\n"
    )
    run = PageRun(project, read_page(project, project.docs / "page.md"), None)
    with closing(run), pytest.raises(BlockFailed) as caught:
        run.run(run.page.verified_blocks[0])
    assert "MIIEnew" not in str(caught.value)


def test_a_page_that_cannot_be_laid_out_leaves_nothing(
    cluster: Cluster, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    left = tmp_path / "left"
    left.mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(left))
    monkeypatch.setattr("ledger.verify.run.lay_out", full)
    (project.docs / "page.md").write_text("```bash {.verify name=a expect=none}\ntrue\n```\n")
    identity = Identity("x", "", "", "v1", cluster.kubeconfig, tmp_path, "airgap")
    with pytest.raises(OSError, match="No space"):
        PageRun(project, read_page(project, project.docs / "page.md"), identity)
    assert list(left.iterdir()) == []


def test_a_run_without_the_secrets_goes_on_and_keeps_no_output(
    cluster: Cluster, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    cluster.keep(password="value-of-the-first")
    identity = Identity("x", "", "", "v1", cluster.kubeconfig, tmp_path, "airgap")
    page = project.docs / "page.md"
    texts = [
        f"```bash {{.verify name={name} expect=none mutates irreversible}}\necho {value}\n```\n"
        for name, value in (("first", "value-of-the-first"), ("second", "new, perhaps"))
    ]
    page.write_text("\n".join(texts))
    run = PageRun(project, read_page(project, page), identity)
    first, second = run.page.verified_blocks
    run.run(first)
    cluster.shutdown()
    cluster.server_close()
    run.run(second)
    run.close()
    assert [done.result for done in run.blocks] == ["passed", "passed"]
    assert run.blocks[0].stdout == f"{MASK}\n"
    assert run.blocks[1].stdout.startswith(f"{MASK} all of it")
    assert "perhaps" not in run.blocks[1].stdout
