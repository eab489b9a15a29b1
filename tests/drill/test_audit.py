"""The audit finds what it is there to find: each fault is planted in a copy of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.cluster import Identity

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".ledger" / "audit"
OFFLINE = ("placeholders", "secrets", "schemas", "pod-security", "iam")
NATS = "manifests/nats/base/nats.yaml"
POLICY = "manifests/s3/iam/backup-policy.json"
TEMPLATE = "manifests/nats/secrets/nats-backup-s3.yaml"
# Put together here, so that no scanner takes this file for a leak.
KEY = "AKIA" + "Q3EGWZ5TJ7HNB2KD"

Plant = Callable[[Path], None]


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    """The audit's own environment; pytest's must not be made anew while it runs."""
    made = [".ledger/audit/.installed", "--old-file=.venv/.installed"]
    subprocess.run(["make", "--silent", *made], cwd=ROOT, check=True)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what is audited."""
    for name in ("manifests", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "airgap").mkdir()
    shutil.copy(ROOT / "airgap" / "pins.toml", tmp_path / "airgap")
    return tmp_path


def audit(place: Path, *steps: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.audit", "--tools", str(TOOLS / "bin"), *steps]
    env = {key: value for key, value in os.environ.items() if key != "CI"} | environment
    return subprocess.run(
        command, cwd=place, env=env, capture_output=True, text=True, check=False, timeout=120
    )


def replaced(file: str, old: str, new: str) -> Plant:
    def plant(place: Path) -> None:
        text = (place / file).read_text("utf-8")
        assert old in text
        (place / file).write_text(text.replace(old, new), "utf-8")

    return plant


def written(file: str, text: str) -> Plant:
    def plant(place: Path) -> None:
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_text(text, "utf-8")

    return plant


def applied_template(place: Path) -> None:
    """Apply a template with its placeholders, as an overlay that includes its folder does."""
    written("manifests/nats/secrets/kustomization.yaml", "resources: [nats-backup-s3.yaml]")(place)


FAULTS: list[tuple[str, Plant, str]] = [
    ("placeholders", written("manifests/x.conf", "password: REPLACE_WITH_PASSWORD"), "x.conf:1:"),
    ("placeholders", applied_template, "Secret/nats-backup-s3 holds REPLACE_WITH_"),
    ("placeholders", replaced(TEMPLATE, "REPLACE_WITH_", ""), "was it filled in?"),
    ("placeholders", replaced(NATS, "kind: StatefulSet", "kind: [StatefulSet"), "overlays/"),
    ("secrets", written("docs/leak.md", f"the key {KEY} opens it"), "docs/leak.md:1:"),
    ("schemas", replaced(NATS, "serviceName:", "servceName:"), "unknown key servceName"),
    ("pod-security", replaced(NATS, "drop: [ALL]", "add: [SYS_ADMIN]"), "StatefulSet/nats"),
    (
        "pod-security",
        replaced(NATS, "allowPrivilegeEscalation: false", "privileged: true"),
        "containers[0].securityContext.privileged",
    ),
    ("pod-security", replaced(NATS, "emptyDir: {}", "hostPath: {path: /}"), "'hostPath'"),
    ("pod-security", replaced(NATS, "runAsUser: 10001", "runAsUser: 0"), "runAsUser"),
    (
        "pod-security",
        replaced("manifests/nats/base/namespace.yaml", "enforce: restricted", "enforce: baseline"),
        "Namespace/agents",
    ),
    ("iam", replaced(POLICY, '"Version"', '"_comment": "for backups", "Version"'), "MALFORMED"),
    ("iam", replaced(POLICY, '"s3:PutObject"', '"s3:PutObjectt"'), "UNKNOWN_ACTION"),
    ("iam", replaced(POLICY, "arn:aws:s3:::dr-backups/nats/*", "*"), "RESOURCE_STAR"),
    (
        "iam",
        replaced(
            POLICY,
            "{",
            "",
        ),
        POLICY,
    ),
]


def test_a_sound_copy_passes(copy: Path) -> None:
    done = audit(copy, *OFFLINE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == [word for step in OFFLINE for word in ("ok", step)]


@pytest.mark.parametrize(("step", "plant", "told"), FAULTS)
def test_a_fault_is_told_by_its_step(copy: Path, step: str, plant: Plant, told: str) -> None:
    plant(copy)
    done = audit(copy, step)
    assert done.returncode == 1
    assert done.stdout.startswith(f"FAILED   {step}\n  ")
    assert told in done.stdout
    assert KEY not in done.stdout + done.stderr


def test_without_a_cluster_the_dry_run_is_left_out_and_says_so(copy: Path) -> None:
    done = audit(copy, "server", XDG_STATE_HOME=str(copy))
    assert done.returncode == 0
    assert done.stdout == "left out server: no cluster is up; make cluster raises one\n"


def test_without_a_cluster_ci_fails(copy: Path) -> None:
    done = audit(copy, "server", XDG_STATE_HOME=str(copy), CI="true")
    assert done.returncode == 1
    assert done.stdout.startswith("FAILED   server\n  no cluster is up")


@pytest.mark.cluster
def test_the_server_takes_what_is_sound_and_warns_of_what_is_not(
    cluster: Identity, copy: Path
) -> None:
    done = audit(copy, "server")
    assert done.returncode == 0, done.stdout + done.stderr
    replaced(NATS, "emptyDir: {}", "hostPath: {path: /}")(copy)
    done = audit(copy, "server")
    assert done.returncode == 1
    assert 'violate PodSecurity "restricted' in done.stdout


@pytest.mark.cluster
def test_this_project_passes_every_step(cluster: Identity) -> None:
    done = audit(ROOT, CI="true")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split()[::2] == ["ok"] * 6
