"""The guard on a real cluster: what changes nothing cannot change anything."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from ledger.cluster import Identity, environment
from ledger.testing import Pages
from ledger.verify.access import Access, refusal
from tests.support.nats import box

pytestmark = pytest.mark.cluster

POD = "/api/v1/namespaces/agents/pods/nats-0"
KIND = """cat <<'E' | kubectl apply -f -
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
E"""
GADGET = """kubectl wait --for=condition=Established crd/gadgets.GROUP --timeout=60s
cat <<'E' | kubectl apply -f -
apiVersion: GROUP/v1
kind: Gadget
metadata: {name: one, namespace: default}
E"""


def block(name: str, text: str, attributes: str = "") -> str:
    fence = f"{{.verify name={name} timeout=120s expect=none {attributes}}}"
    return f"\n```bash {fence}\n{text}\n```\n"


DOWN = block("down", "kubectl delete crd gadgets.GROUP", "mutates irreversible").replace(
    ".verify", ".teardown"
)


@pytest.fixture
def reader(nats: Mapping[str, str], cluster: Identity) -> Iterator[dict[str, str]]:
    """The environment of a block that changes nothing; NATS stands."""
    access = Access(cluster)
    access.look()
    yield {**nats, "KUBECONFIG": str(access.kubeconfig)}
    access.close()


def kubectl(env: Mapping[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["kubectl", *args],
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("args", "refused"),
    [
        ("create namespace never", "create namespaces"),
        ("-n agents create configmap never", "create configmaps"),
        ("-n agents create configmap never --dry-run=server", "create configmaps"),
        ("-n agents delete pod nats-0", "delete pods"),
        ("-n agents label pod nats-0 never=1", "patch pods"),
        ("-n agents scale statefulset nats --replicas=0", "patch statefulsets.apps/scale"),
        ("-n agents create token default", "create serviceaccounts/token"),
        ("-n agents exec nats-0 -- /nats-server --version", "(get|create) pods/exec"),
        ("-n agents exec deploy/nats-box -- nats --version", "(get|create) pods/exec"),
        # A GET is enough to run a command, if it becomes a websocket.
        (f"get --raw {POD}/exec?command=/nats-server&stdout=1", "get pods/exec"),
        ("-n agents attach nats-0", "(get|create) pods/attach"),
        ("-n agents port-forward nats-0 4222", "(get|create) pods/portforward"),
        (f"get --raw {POD}:8222/proxy/varz", "get pods/proxy"),
        ("get --raw /api/v1/nodes/any/proxy/configz", "get nodes/proxy"),
        ("get pods --as=system:admin", "impersonate users"),
    ],
)
def test_the_reader_cannot(reader: dict[str, str], tmp_path: Path, args: str, refused: str) -> None:
    done = kubectl(reader, *args.split())
    (tmp_path / "err").write_text(done.stderr)
    assert done.returncode == 1
    told = refusal(tmp_path / "err")
    assert told, done
    assert re.search(f"cannot {refused}$", told.reason), done


@pytest.mark.parametrize(
    "args",
    [
        "get pods --all-namespaces",
        "get events --all-namespaces",
        "get clusterroles phase-ledger:reader",
        "-n agents logs nats-0",
        "-n agents describe statefulset nats",
        "-n agents get deployment nats-box --subresource=scale",
        "-n agents wait --for=condition=Ready pod/nats-0 --timeout=60s",
        "-n agents create configmap never --dry-run=client",
        "-n agents exec nats-view-0 -- nats stream ls --all",
        "auth can-i get pods",
    ],
)
def test_the_reader_can(reader: dict[str, str], args: str) -> None:
    done = kubectl(reader, *args.split())
    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_page_brings_into_the_cluster_can_be_looked_at(
    cluster: Identity, ledger_pages: Pages
) -> None:
    group = f"g{uuid4().hex[:8]}.example"
    text = (
        block("before", "kubectl get nodes")
        + block("kind", KIND, "mutates undo=down")
        # Not yet served, maybe.
        + block("is-known", "kubectl get crd gadgets.GROUP")
        + block("gadget", GADGET, "mutates undo=down")
        + block("look", "kubectl get gadgets.GROUP --all-namespaces -o name | grep one")
        + DOWN
    )
    page = ledger_pages.run(text.replace("GROUP", group))
    assert set(page.results.values()) == {"passed"}, [block.report for block in page.blocks]


def test_what_is_served_only_later_can_be_waited_for(
    cluster: Identity, ledger_pages: Pages
) -> None:
    group = f"g{uuid4().hex[:8]}.example"
    # What a block leaves behind comes with the rights of the moment: these are kept for it.
    later = 'cp "$KUBECONFIG" own\n(sleep 4; export KUBECONFIG=own; ' + KIND.replace(
        "\nE", "\nE\n) > /dev/null 2>&1 &"
    )
    text = (
        block("before", "kubectl get nodes")
        + block("kind", later, "mutates undo=down")
        + block("look", "kubectl get gadgets.GROUP --all-namespaces", "until=60s every=1s")
        + DOWN
    )
    page = ledger_pages.run(text.replace("GROUP", group))
    assert set(page.results.values()) == {"passed"}, [block.report for block in page.blocks]


def test_a_block_that_changes_the_cluster_unsaid_fails_and_changes_nothing(
    cluster: Identity, ledger_pages: Pages
) -> None:
    name = f"guard-{uuid4().hex[:8]}"
    text = block("make", f"kubectl create namespace {name} || true") + block("after", "true")
    page = ledger_pages.run(text)
    assert page.results == {"make": "failed", "after": "not-run"}
    told = "it changes the cluster and does not say mutates: cannot create namespaces"
    assert page["make"].reason == told
    assert kubectl(environment(cluster), "get", "namespace", name).returncode == 1


def test_the_viewer_of_nats_cannot_purge(saved: Mapping[str, str], ledger_pages: Pages) -> None:
    view = "kubectl -n agents exec nats-view-0 -- nats stream"
    text = block("look", f"{view} state ORDERS") + block("purge", f"{view} purge ORDERS --force")
    page = ledger_pages.run(text)
    assert page.results == {"look": "passed", "purge": "failed"}
    assert page["purge"].reason == "ended with 1, expected 0"
    told = json.loads(box(saved, "nats", "stream", "info", "ORDERS", "--json"))
    assert told["state"]["messages"] == 995
