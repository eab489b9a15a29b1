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
