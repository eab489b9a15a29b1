"""The cluster itself: what is promised to pages and tests that run on it."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.cluster import Identity, environment, outdated, places, prove, recorded, status, up
from ledger.cluster.pins import Pins
from ledger.cluster.steps import remove
from ledger.errors import ClusterError, WrongClusterError

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]

QUIET = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
BOUND = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


class Kubectl:
    """kubectl in one namespace of the cluster."""

    def __init__(self, identity: Identity, namespace: str) -> None:
        self.env = environment(identity)
        self.namespace = namespace

    def __call__(self, *words: str, stdin: str = "", check: bool = True) -> str:
        command = ["kubectl", "--namespace", self.namespace, *words]
        done = subprocess.run(command, env=self.env, input=stdin, text=True, capture_output=True)
        if check:
            assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def apply(self, *things: dict[str, Any], check: bool = True) -> str:
        listed = {"apiVersion": "v1", "kind": "List", "items": list(things)}
        return self("apply", "-f", "-", stdin=json.dumps(listed), check=check)


@pytest.fixture
def kubectl(cluster: Identity) -> Iterator[Kubectl]:
    namespace = f"test-{uuid.uuid4().hex[:8]}"
    run = Kubectl(cluster, namespace)
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": namespace, "labels": labels}
    run.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    yield run
    run("delete", "namespace", namespace, "--wait=false")


def pod(name: str, script: str, **spec: Any) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": "phase-ledger/nats-backup:dev",
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", script],
        "securityContext": BOUND,
        **spec.pop("container", {}),
    }
    inner = {"restartPolicy": "Never", "securityContext": QUIET, "containers": [container], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": inner}


def finished(kubectl: Kubectl, name: str) -> str:
    kubectl("wait", f"pod/{name}", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
    return kubectl("logs", name)


def test_the_cluster_is_on_record_and_runs(cluster: Identity) -> None:
    found = status(cluster.name)
    assert recorded(cluster.name) == cluster
    assert found.running, found.reason
    assert (found.uid, found.server, found.way) == (cluster.uid, cluster.server, cluster.way)
    assert found.images.keys() >= {"nats-backup", "nats-server"}
    assert found.uptime > 0


def test_its_programs_are_of_its_version(cluster: Identity, kubectl: Kubectl) -> None:
    versions = json.loads(kubectl("version", "--output=json"))
    assert versions["serverVersion"]["gitVersion"] == cluster.kubernetes
    assert versions["clientVersion"]["gitVersion"] == cluster.kubernetes
    told = subprocess.run([cluster.bin / "promtool", "--version"], capture_output=True, check=True)
    pinned = Pins.read(ROOT).versions["prometheus"]
    assert told.stdout.startswith(f"promtool, version {pinned} ".encode())
    assert cluster.kubeconfig.stat().st_mode & 0o077 == 0
    assert cluster.kubeconfig != Path.home() / ".kube" / "config"


def test_the_guard_refuses_another_kubeconfig(cluster: Identity, tmp_path: Path) -> None:
    prove(cluster)
    other = tmp_path / "kubeconfig"
    other.write_text(
        cluster.kubeconfig.read_text().replace(cluster.server, "https://10.0.0.1:6443")
    )
    with pytest.raises(WrongClusterError, match=r"leads to https://10\.0\.0\.1:6443"):
        prove(replace(cluster, kubeconfig=other))
    with pytest.raises(WrongClusterError, match=f"kube-system has UID {cluster.uid}"):
        prove(replace(cluster, uid=str(uuid.uuid4())))


def test_the_guard_refuses_a_server_that_cannot_prove_its_name(
    cluster: Identity, tmp_path: Path
) -> None:
    other = tmp_path / "kubeconfig"
    lines = cluster.kubeconfig.read_text().splitlines()
    for instead in ("", "    insecure-skip-tls-verify: true"):
        told = [instead if "certificate-authority-data" in line else line for line in lines]
        other.write_text("\n".join(told))
        with pytest.raises(ClusterError, match="certificate verify failed"):
            prove(replace(cluster, kubeconfig=other))


def test_restricted_namespaces_refuse_a_root_pod(kubectl: Kubectl) -> None:
    said = kubectl.apply(pod("root", "", securityContext={"runAsUser": 0}), check=False)
    assert "violates PodSecurity" in said
    assert "runAsNonRoot" in said


def test_a_restricted_pod_resolves_names_and_reaches_a_service(kubectl: Kubectl) -> None:
    script = (
        "import socket; name = 'kubernetes.default.svc.cluster.local';"
        "socket.create_connection((name, 443), 10).close(); print(socket.gethostbyname(name))"
    )
    kubectl.apply(pod("client", script))
    address = kubectl(
        "get", "service", "kubernetes", "-n", "default", "-o", "jsonpath={.spec.clusterIP}"
    )
    assert finished(kubectl, "client").strip() == address


def test_a_volume_binds_and_keeps_data_for_the_next_pod(kubectl: Kubectl) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }
    mount = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    kubectl.apply(claim)
    for name, script in (
        ("writer", "print(open('/data/kept', 'w').write('kept'))"),
        ("reader", "print(open('/data/kept').read())"),
    ):
        kubectl.apply(pod(name, script, container=mount, volumes=volumes))
        log = finished(kubectl, name)
    assert log.strip() == "kept"
    assert kubectl("get", "pvc", "data", "-o", "jsonpath={.status.phase}") == "Bound"


def test_a_second_up_changes_nothing(cluster: Identity) -> None:
    said: list[str] = []
    created = status(cluster.name).created
    up(cluster.name, say=said.append)
    said.clear()
    assert up(cluster.name, say=said.append) == cluster
    assert said[0] == f"cluster {cluster.name} is up"
    assert not [line for line in said if line.startswith(("building", "loaded", "creating"))]
    assert status(cluster.name).created == created


def test_a_program_that_is_not_there_is_brought(cluster: Identity) -> None:
    (cluster.bin / "promtool").unlink()
    up(cluster.name, images=[], say=lambda _: None)
    assert (cluster.bin / "promtool").stat().st_mode & 0o100


def test_an_image_that_changed_is_told(cluster: Identity, probe: Path) -> None:
    (probe / "text").write_text("first")
    assert outdated(cluster) == ["probe"], "the node lacks it"
    up(cluster.name, say=lambda _: None)
    assert outdated(cluster) == []
    (probe / "text").write_text("second")
    assert outdated(cluster) == ["probe"]


@pytest.fixture
def probe(cluster: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an image of its own, in a project with the same pins."""
    (tmp_path / "mkdocs.yml").touch()
    (tmp_path / "airgap").symlink_to(Path(__file__).parents[2] / "airgap")
    folder = tmp_path / "images" / "probe"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM python:3.11-slim-bookworm\nCOPY text /text\n")
    monkeypatch.setenv("LEDGER_ROOT", str(tmp_path))
    yield folder
    for tag in in_node(cluster):
        if "/probe:" in tag:
            in_node(cluster, "rm", tag)
    for result in (places.cache_home() / "steps").glob("image-probe-*"):
        remove(result)


def in_node(cluster: Identity, *words: str) -> list[str]:
    node = f"{cluster.name}-control-plane"
    command = f"docker exec {node} ctr -n k8s.io images".split()
    done = subprocess.run(
        [*command, *(words or ("ls", "-q"))],
        env=environment(cluster),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()


def test_a_changed_image_reaches_new_pods_under_the_same_name(
    cluster: Identity, kubectl: Kubectl, probe: Path
) -> None:
    for text in ("first", "second"):
        (probe / "text").write_text(text)
        up(cluster.name, images=["probe"], say=lambda _: None)
        image = {"image": "phase-ledger/probe:dev"}
        kubectl.apply(pod(text, "print(open('/text').read())", container=image))
        assert finished(kubectl, text).strip() == text
    tags = [tag for tag in in_node(cluster) if "/probe:" in tag]
    assert len(tags) == 2, "the tag of the older content is gone"
