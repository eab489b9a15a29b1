"""What manifests/ promises before anything is applied: no placeholder, passwords of any kind."""

from __future__ import annotations

import re
import subprocess
from base64 import b64decode
from binascii import Error
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.nats_server import find

MANIFESTS = Path(__file__).parents[2] / "manifests"
NATS = MANIFESTS / "nats" / "base"
TEMPLATES = sorted(MANIFESTS.glob("*/secrets/*.yaml"))
PASSWORDS = ["5f4dcc3b5aa765d61d8327deb882cf99", "12e45678", "1" * 32, "1.5", "-5", "true", "1k"]


def documents() -> dict[Path, str]:
    """Every file that `kubectl apply` may get, but the templates."""
    files = (path for path in MANIFESTS.rglob("*") if path.is_file() and path not in TEMPLATES)
    return {path: path.read_text("utf-8") for path in files}


def server() -> dict[str, Any]:
    found = yaml.safe_load_all((NATS / "nats.yaml").read_text("utf-8"))
    container: dict[str, Any] = next(
        one["spec"]["template"]["spec"]["containers"][0]
        for one in found
        if one["kind"] == "StatefulSet"
    )
    return container


def environment(password: str) -> dict[str, str]:
    """The environment that the kubelet gives the server if this is everybody's password."""
    env = {"POD_NAME": "nats-0"}
    for one in server()["env"]:
        if "secretKeyRef" in one.get("valueFrom", {}):
            env[one["name"]] = password
        elif "value" in one:
            env[one["name"]] = re.sub(r"\$\((\w+)\)", lambda m: env[m[1]], one["value"])
    return env


def test_a_placeholder_stands_in_templates_only() -> None:
    assert TEMPLATES
    assert [path.name for path, text in documents().items() if "REPLACE_WITH_" in text] == []


def test_no_kustomization_takes_a_template() -> None:
    for path, text in documents().items():
        if path.name == "kustomization.yaml":
            assert "secrets" not in text, path


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_the_api_server_would_refuse_a_template_that_is_not_filled(path: Path) -> None:
    template = yaml.safe_load(path.read_text("utf-8"))
    assert "stringData" not in template
    for value in template["data"].values():
        assert value.startswith("REPLACE_WITH_BASE64_")
        with pytest.raises(Error):
            b64decode(value, validate=True)


def test_the_template_has_a_password_for_every_user() -> None:
    template = yaml.safe_load((MANIFESTS / "nats/secrets/nats-auth.yaml").read_text("utf-8"))
    named = re.findall(r"user: (\w+)", (NATS / "users.conf").read_text("utf-8"))
    assert list(template["data"]) == named == ["operator", "backup", "restore", "viewer"]


@pytest.mark.parametrize("password", PASSWORDS)
def test_the_server_takes_any_password(password: str) -> None:
    program = find("nats-server")
    assert program
    done = subprocess.run(
        [program, "-t", "-c", str(NATS / "nats.conf")],
        env=environment(password),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def settings(overlay: str, folder: Path) -> None:
    """Put what the server reads into a folder, as kustomize does: an overlay replaces files."""
    for source in (NATS, MANIFESTS / "nats" / "overlays" / overlay):
        for path in source.glob("*.conf"):
            (folder / path.name).write_bytes(path.read_bytes())


@pytest.mark.parametrize("overlay", ["ha", "dr", "dr-origin"])
def test_an_overlay_takes_nothing_from_the_settings(overlay: str) -> None:
    """A file that it replaces has every line of the base, in the same order; its own stand between.

    The base says in cluster.conf that there is no cluster.
    """
    for path in (MANIFESTS / "nats" / "overlays" / overlay).glob("*.conf"):
        lines = iter(path.read_text("utf-8").splitlines())
        base = (NATS / path.name).read_text("utf-8").splitlines()
        missing = [one for one in base if path.name != "cluster.conf" and one not in lines]
        assert missing == [], path


@pytest.mark.parametrize("overlay", ["ha", "dr", "dr-origin"])
def test_the_server_takes_the_settings_of_an_overlay(overlay: str, tmp_path: Path) -> None:
    settings(overlay, tmp_path)
    program = find("nats-server")
    assert program
    link = {"MIRROR_PASSWORD": '"12e4"', "LINK": '"nats-leaf://mirror:12e4@nats-leaf.agents:7422"'}
    done = subprocess.run(
        [program, "-t", "-c", str(tmp_path / "nats.conf")],
        env=environment("12e4") | link,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_kubelet_knows_the_link_s_password_before_it_puts_it_in() -> None:
    """`$(MIRROR)` takes in only what is defined before; otherwise it would stay as it is."""
    for name in ("dr/link.yaml", "dr-origin/password.yaml"):
        patch = yaml.safe_load((MANIFESTS / "nats" / "overlays" / name).read_text("utf-8"))
        first, second = patch["spec"]["template"]["spec"]["containers"][0]["env"]
        assert (first["name"], "$(MIRROR)" in second["value"]) == ("MIRROR", True)


def test_only_the_standby_may_dial() -> None:
    text = (MANIFESTS / "nats/overlays/dr-origin/link.yaml").read_text("utf-8")
    policy = next(one for one in yaml.safe_load_all(text) if one["kind"] == "NetworkPolicy")
    (rule,) = policy["spec"]["ingress"]
    (peer,) = rule["from"]
    assert rule["ports"] == [{"port": 7422}]
    assert peer == {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "agents-dr"}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "nats"}},
    }
