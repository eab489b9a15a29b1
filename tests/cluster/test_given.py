"""A cluster that is named by its UID: that one is used, and no other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from ledger.cluster import Identity
from tests.support.flat import flat

pytestmark = pytest.mark.cluster

LEDGER = str(Path(sys.executable).parent / "ledger")
PAGE = """
```bash {.verify name=make expect=none mutates undo=take}
kubectl create namespace NAME
echo changed > ROOT/my-kubeconfig
```

```bash {.verify name=look expect=none}
kubectl get namespace NAME
```

```bash {.verify name=take expect=none mutates irreversible}
kubectl delete namespace NAME
```
"""


class Place:
    """A project on a machine that knows of no cluster, and a kubeconfig of the user's own."""

    def __init__(self, root: Path, cluster: Identity) -> None:
        self.root, self.name = root, f"given-{uuid4().hex[:8]}"
        self.kubeconfig = root / "my-kubeconfig"
        shutil.copy2(cluster.kubeconfig, self.kubeconfig)
        (root / "mkdocs.yml").write_text("site_name: Test\n")
        (root / "docs").mkdir()
        (root / "docs/page.md").write_text(
            PAGE.replace("NAME", self.name).replace("ROOT", str(root))
        )
        self.env = {
            **os.environ,
            "PATH": f"{cluster.bin}:{os.environ['PATH']}",
            "KUBECONFIG": str(self.kubeconfig),
            "XDG_STATE_HOME": str(root / "state"),
        }

    def verify(self, uid: str) -> subprocess.CompletedProcess[str]:
        command = [LEDGER, "verify", "--cluster-uid", uid]
        return subprocess.run(
            command, cwd=self.root, env=self.env, capture_output=True, text=True, check=False
        )

    def config(self, *args: str) -> None:
        command = ["kubectl", "config", *args]
        subprocess.run(command, env=self.env, capture_output=True, check=True)


@pytest.fixture
def place(tmp_path: Path, cluster: Identity) -> Place:
    return Place(tmp_path, cluster)


def test_the_right_uid_runs_the_page_whatever_becomes_of_the_kubeconfig(
    place: Place, cluster: Identity
) -> None:
    done = place.verify(cluster.uid)
    assert done.returncode == 0, done
    record = json.loads((place.root / ".ledger/runs/page.json").read_text())
    own = record["predicate"]["phaseLedger"]
    name = f"kind-{cluster.name}"
    assert own["cluster"] == {"name": name, "uid": cluster.uid, "way": "given"}
    assert own["versions"]["kubernetes"] == cluster.kubernetes.removeprefix("v")
    assert place.kubeconfig.read_text() == "changed\n"
    assert not (place.root / "evidence").exists()


@pytest.mark.parametrize("uid", ["", "7b49adbb-ee7a-484d-9997-73a6b8a07967"])
def test_another_uid_runs_nothing_and_tells_both(place: Place, cluster: Identity, uid: str) -> None:
    done = place.verify(uid)
    assert (done.returncode, done.stdout) == (5, "")
    told = f"context kind-{cluster.name} leads to the cluster with UID {cluster.uid}, not {uid!r}"
    begun = f"error: {place.kubeconfig}: {told}\n  fix: make $KUBECONFIG"
    assert flat(done.stderr).startswith(begun)
    assert not (place.root / ".ledger").exists()


def test_a_user_that_no_page_can_be_is_refused(place: Place, cluster: Identity) -> None:
    user = f"kind-{cluster.name}"
    place.config("unset", f"users.{user}")
    api = "--exec-api-version=client.authentication.k8s.io/v1"
    place.config("set-credentials", user, "--exec-command=touch", "--exec-arg=ran", api)
    done = place.verify(cluster.uid)
    assert (done.returncode, done.stdout) == (4, "")
    assert f"user {user} logs in by exec, which no page can do\n  fix: give it" in flat(done.stderr)
    assert not (place.root / "ran").exists()


@pytest.mark.parametrize("key", ["proxy-url", "insecure-skip-tls-verify"])
def test_a_cluster_that_is_reached_otherwise_than_asked_is_refused(
    place: Place, cluster: Identity, key: str
) -> None:
    value = "true" if key.startswith("insecure") else "http://127.0.0.1:1"
    if value == "true":
        place.config("unset", f"clusters.kind-{cluster.name}.certificate-authority-data")
    place.config("set", f"clusters.kind-{cluster.name}.{key}", value)
    done = place.verify(cluster.uid)
    assert (done.returncode, done.stdout) == (4, "")
    assert f"its cluster has {key}: commands could come to another one" in flat(done.stderr)


@pytest.mark.parametrize("text", [None, "", "current-context: nowhere\n", ": {"])
def test_a_kubeconfig_that_leads_nowhere_is_told(place: Place, text: str | None) -> None:
    place.kubeconfig.unlink()
    if text is not None:
        place.kubeconfig.write_text(text)
    done = place.verify("any")
    assert (done.returncode, done.stdout) == (4, "")
    assert flat(done.stderr).startswith(f"error: {place.kubeconfig}: ")
    assert "fix: make $KUBECONFIG lead" in done.stderr
    assert "Traceback" not in done.stderr
