"""The pages of a project, verified in parts by an indexed Job on the cluster itself."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from ledger.cluster import Identity, environment, workloads
from ledger.cluster.golang import PIP
from ledger.cluster.site import prepare
from tests.support.commands import kubectl, run
from tests.support.flat import flat

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
JOB = ROOT / "manifests" / "verify-job"
LEDGER = str(Path(sys.executable).parent / "ledger")
# Any of 3.11 that all packages take; the base image has the newest one.
PYTHON = "3.11.11"
PAGES = {
    "nodes": "kubectl get nodes",
    "events": "kubectl get events -n verify",
    "version": "kubectl version -o json",
    "refused": "kubectl -n verify delete configmap verify-cluster",
    "machine": "test -w /tmp",
}


def project(root: Path) -> Path:
    """A project with a page a block; one of them tries what a reader may not do."""
    (root / "docs").mkdir(parents=True)
    (root / "mkdocs.yml").write_text("site_name: Test\n")
    for name, command in PAGES.items():
        text = f"# {name}\n\n```bash {{.verify name=one expect=none}}\n{command}\n```\n"
        (root / f"docs/{name}.md").write_text(text)
    return root


def needed(name: str, extra: str = "") -> set[str]:
    """The packages that a package needs, by their names in a requirements file."""
    found: set[str] = set()
    for line in requires(name) or ():
        one = Requirement(line)
        word = re.sub(r"[-_.]+", "-", one.name).lower()
        if not one.marker or one.marker.evaluate({"extra": extra}):
            found |= {word} | (needed(one.name) if word not in found else set())
    return found


def pinned(names: set[str]) -> str:
    """The entries of the project's requirements for some packages, with their hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements.txt").read_text("utf-8"))
    return "\n".join(one for one in entries if re.split(r"[=<>\[ ]", one)[0] in names) + "\n"


def wheel(folder: Path) -> str:
    """The entry of the project's own wheel, which it builds."""
    options = ("--no-deps", "--no-build-isolation", "--wheel-dir", str(folder))
    run(dict(os.environ), sys.executable, "-m", "pip", "wheel", "--quiet", *options, str(ROOT))
    (path,) = folder.glob("*.whl")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"phase-ledger @ {path.as_uri()} --hash=sha256:{digest}\n"


@pytest.fixture(scope="module")
def image(cluster: Identity, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The image that the Dockerfile describes, in the cluster."""
    root = tmp_path_factory.mktemp("image")
    folder = root / "images" / "verify"
    shutil.copytree(JOB, folder, ignore=shutil.ignore_patterns("*.yaml", "*.sh"))
    shutil.copy2(cluster.bin / "kubectl", folder)
    project(folder / "project")
    tool = wheel(tmp_path_factory.mktemp("wheel"))
    listed = root / "requirements.txt"
    listed.write_text(pinned(needed("phase-ledger", "cluster")) + tool)
    words = (*PIP.split(), "--no-compile", "--implementation=cp", f"--python-version={PYTHON}")
    target = folder / "site-packages"
    run(dict(os.environ), sys.executable, *words, "--target", str(target), "-r", str(listed))
    site = prepare(ROOT, cluster.name, print)
    step = workloads.step(root, "verify", site.pins, site.recipe, airgap=site.way == "airgap")
    workloads.load(cluster.name, step, site.store, site.shell("verify-image"), print)


@pytest.fixture
def applied(cluster: Identity, image: None) -> Iterator[dict[str, str]]:
    """The Job's manifests, applied as they are."""
    env = environment(cluster)
    kubectl(env, "delete", "namespace", "verify", "--ignore-not-found")
    kubectl(env, "apply", "-k", str(JOB), namespace="verify")
    yield env
    kubectl(env, "delete", "-k", str(JOB), "--ignore-not-found", namespace="verify")


def ended(env: dict[str, str]) -> dict[str, str]:
    """Wait until every index of the Job has ended, and give those that did and did not succeed."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        status = json.loads(kubectl(env, "get", "job", "verify", "-o", "json", namespace="verify"))
        told = status["status"]
        if any(one["type"] in {"Complete", "Failed"} for one in told.get("conditions", [])):
            return {key: told.get(key, "") for key in ("completedIndexes", "failedIndexes")}
        time.sleep(1)
    raise AssertionError(kubectl(env, "describe", "job,pod", namespace="verify"))


def collect(env: dict[str, str], folder: Path) -> None:
    """Bring what the parts left on the volume."""
    page = (ROOT / "docs/reference/scale.md").read_text("utf-8")
    text = re.search(r"```yaml title=\"evidence-pod.yaml\"\n(.*?)```", page, re.DOTALL)
    assert text
    kubectl(env, "apply", "-f", "-", namespace="verify", given=text[1])
    kubectl(
        env, "wait", "--for=condition=Ready", "pod/evidence", "--timeout=120s", namespace="verify"
    )
    command = ["kubectl", "-n", "verify", "exec", "evidence", "--", "tar", "-cC", "/evidence", "."]
    done = subprocess.run(command, env=env, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")


def test_the_parts_of_a_job_unite_to_the_evidence_of_all_pages(
    applied: dict[str, str], cluster: Identity, tmp_path: Path
) -> None:
    env = applied
    # Nothing has begun: nobody has said which cluster is meant.
    states = kubectl(
        env, "get", "pods", "-o", "jsonpath={.items[*].status.phase}", namespace="verify"
    )
    assert set(states.split()) <= {"Pending"}
    given = f"--from-literal=uid={cluster.uid}"
    kubectl(env, "create", "configmap", "verify-cluster", given, namespace="verify")

    found = ended(env)
    logs = kubectl(
        env, "logs", "-l", "app.kubernetes.io/name=verify", "--tail=-1", namespace="verify"
    )
    # Only the part with the page that a reader may not run has failed.
    assert len(found["failedIndexes"].split(",")) == 1, (found, logs)
    assert found["completedIndexes"], (found, logs)
    assert "it changes the cluster and does not say mutates" in logs

    collect(env, tmp_path / "parts")
    here = project(tmp_path / "here")
    parts = sorted(str(path) for path in (tmp_path / "parts").glob("shard-*"))
    assert len(parts) == 3
    done = subprocess.run(
        [LEDGER, "evidence", "merge", "--json", *parts], cwd=here, capture_output=True, text=True
    )
    assert done.returncode == 0, done
    results = {}
    for path in (here / ".ledger/runs").glob("*.json"):
        predicate = json.loads(path.read_text())["predicate"]
        results[path.stem] = predicate["result"]
        if path.stem != "machine":
            assert predicate["phaseLedger"]["cluster"]["uid"] == cluster.uid
    assert results == dict.fromkeys(PAGES, "PASSED") | {"refused": "FAILED"}


def test_another_cluster_s_uid_runs_nothing(applied: dict[str, str], tmp_path: Path) -> None:
    given = "--from-literal=uid=00000000-0000-0000-0000-000000000000"
    kubectl(applied, "create", "configmap", "verify-cluster", given, namespace="verify")
    found = ended(applied)
    assert found == {"completedIndexes": "", "failedIndexes": "0-2"}
    logs = kubectl(applied, "logs", "-l", "app.kubernetes.io/name=verify", namespace="verify")
    assert "leads to the cluster with UID" in flat(logs)
