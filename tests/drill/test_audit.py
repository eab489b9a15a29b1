"""The audit finds what it is there to find: each fault is planted in a copy of the project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from ledger.cluster import Identity
from tests.support.http_server import Quiet, serving
from tools.audit.advisories import LOCKS
from tools.audit.steps import STEPS

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".ledger" / "audit"
OFFLINE = ("placeholders", "secrets", "schemas", "pod-security", "iam", "workflows")
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
    for name in ("manifests", "tools", ".github"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "action.yml", tmp_path)
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


CI = ".github/workflows/ci.yml"

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
    ("workflows", replaced(CI, "runs-on: ubuntu-24.04", "runs-on: ubuntu-2404"), f"{CI}:"),
    ("workflows", replaced(CI, "!cancelled()", "!canceled()"), 'undefined function "canceled"'),
    ("workflows", replaced(CI, "contents: read", "contents: write"), "[excessive-permissions]"),
    ("workflows", replaced("action.yml", "$PAGES", "${{ inputs.pages }}"), "[template-injection]"),
    ("workflows", written(CI, "on: ["), f"{CI}:1:"),
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


def test_without_actionlint_the_workflows_are_left_out(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "TOOLS", copy)
    done = audit(copy, "workflows")
    assert (done.returncode, done.stdout.partition(" in ")[0]) == (
        0,
        "left out workflows: no actionlint",
    )
    assert audit(copy, "workflows", CI="true").returncode == 1


def committed(place: Path, text: str) -> None:
    (place / "leak.md").write_text(text)
    git = ("git", "-C", str(place), "-c", "user.name=Ada", "-c", "user.email=a@example.org")
    for words in (("init", "-q"), ("add", "leak.md"), ("commit", "-qm", "leak")):
        subprocess.run([*git, *words], check=True)


def test_what_was_deleted_is_found_in_the_history(copy: Path) -> None:
    committed(copy, f"the key {KEY} opens it")
    committed(copy, "nothing opens it")
    assert audit(copy, "secrets").returncode == 0
    done = audit(copy, "history")
    assert (done.returncode, "leak.md:1: " in done.stdout) == (1, True), done.stdout
    assert KEY not in done.stdout + done.stderr


def test_a_history_that_is_cut_short_proves_nothing(copy: Path, tmp_path: Path) -> None:
    committed(copy, f"the key {KEY} opens it")
    committed(copy, "nothing opens it")
    shallow = tmp_path / "shallow"
    clone = ("git", "clone", "-q", "--depth=1", copy.as_uri(), str(shallow))
    subprocess.run(clone, check=True)
    shutil.copytree(copy / "tools", shallow / "tools")
    assert audit(shallow, "history").stdout.startswith("left out history: the history is not whole")
    assert audit(shallow, "history", CI="true").returncode == 1


class Advisories(Quiet, BaseHTTPRequestHandler):
    """Knows of one vulnerability, in every version of `bad`."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = {"id": "PYSEC-1", "summary": "bad", "affected": []}
        answer = {"vulns": [known]} if asked["package"]["name"] == "bad" else {}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


def locked(place: Path, name: str) -> None:
    text = f"{name}==1.0 --hash=sha256:{'0' * 64}\n"
    for lock in LOCKS:
        (place / lock).write_text(text)


def test_a_package_with_a_known_vulnerability_is_told(copy: Path) -> None:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Advisories)) as asked:
        locked(copy, "good")
        assert audit(copy, "advisories", PIP_AUDIT_OSV_URL=asked).stdout == "ok       advisories\n"
        locked(copy, "bad")
        done = audit(copy, "advisories", PIP_AUDIT_OSV_URL=asked)
    assert done.returncode == 1
    assert "requirements.txt: bad 1.0: PYSEC-1; mended in none" in done.stdout
    assert audit(copy, "advisories", PIP_AUDIT_OSV_URL=asked).stdout == (
        "left out advisories: the server of known vulnerabilities does not answer\n"
    )
    assert audit(copy, "advisories", PIP_AUDIT_OSV_URL=asked, CI="true").returncode == 1


def test_the_bill_of_materials_names_what_is_pinned() -> None:
    subprocess.run([sys.executable, "-m", "tools.sbom"], cwd=ROOT, check=True, capture_output=True)
    bom = ROOT / "dist/phase-ledger.cdx.json"
    check = (
        "import sys; from cyclonedx.schema import SchemaVersion as V;"
        "from cyclonedx.validation.json import JsonStrictValidator as J;"
        "sys.exit(J(V.V1_6).validate_str(open(sys.argv[1]).read()) and 1)"
    )
    subprocess.run([TOOLS / "bin/python", "-c", check, bom], check=True)
    purls = {one.get("purl", "") for one in json.loads(bom.read_text("utf-8"))["components"]}
    pins = tomllib.loads((ROOT / "airgap/pins.toml").read_text("utf-8"))
    assert f"pkg:golang/sigs.k8s.io/kind@v{pins['versions']['kind']}" in purls
    digest = pins["registry"]["node-image"].partition("@sha256:")[2]
    assert any(purl.startswith(f"pkg:oci/node@sha256%3A{digest}") for purl in purls)
    locks = [ROOT / lock for lock in ("requirements.txt", "airgap/requirements.txt")]
    pinned = [p for lock in locks for p in re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.M)]
    assert pinned
    for name, version in pinned:
        assert f"pkg:pypi/{name}@{quote(version)}" in purls


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
    # What is known of vulnerabilities changes from day to day.
    steps = [step for step in STEPS if step != "advisories"]
    done = audit(ROOT, *steps, CI="true")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split()[::2] == ["ok"] * len(steps)
