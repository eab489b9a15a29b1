"""A namespace of a page's own: made, current, gone with the page; kept, and then removed."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.cluster import Identity, environment
from ledger.cluster.namespace import PAGE as LABEL
from ledger.core.project import Project

pytestmark = pytest.mark.cluster

LEDGER = str(Path(sys.executable).with_name("ledger"))
PAGE = """\
---
title: Page
namespace: fresh
---

```bash {.verify name=make expect=none mutates undo=remove}
kubectl create configmap mine --from-literal=a=1
```

```bash {.verify name=look expect=none}
kubectl -n "$NAMESPACE" get configmap mine
[[ $(kubectl config view --minify -o jsonpath='{..namespace}') == "$NAMESPACE" ]]
kubectl get serviceaccount default
echo "$NAMESPACE" >>FILE
WHAT
```

```bash {.teardown name=remove expect=none mutates irreversible}
kubectl delete configmap mine
DOWN
```
"""


class Site:
    """A project with one page that works in a namespace of its own."""

    def __init__(self, project: Project, cluster: Identity) -> None:
        self._root = project.root
        self._cluster = cluster
        self._names = project.root / "names"
        self._page = project.docs / "my page.md"

    def start(self, *options: str, what: str = "true", down: str = "true") -> subprocess.Popen[str]:
        text = PAGE.replace("FILE", str(self._names)).replace("WHAT", what).replace("DOWN", down)
        self._page.write_text(text)
        command = [LEDGER, "verify", "--cluster", self._cluster.name, *options, str(self._page)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self._root, stdout=pipe, stderr=pipe, text=True)

    def run(self, *options: str, what: str = "true", down: str = "true") -> tuple[int, str]:
        """Run the page: the exit code, and all that was said."""
        process = self.start(*options, what=what, down=down)
        out, err = process.communicate(timeout=300)
        return process.returncode, out + err

    def names(self) -> list[str]:
        return self._names.read_text().split() if self._names.exists() else []

    def standing(self) -> list[str]:
        """The namespaces of pages that are not about to go."""
        columns = "custom-columns=:.metadata.name,:.status.phase"
        command = ["kubectl", "get", "namespaces", "-l", LABEL, "--no-headers", "-o", columns]
        found = subprocess.check_output(command, env=environment(self._cluster), text=True)
        return [line.split()[0] for line in found.splitlines() if line.endswith("Active")]


@pytest.fixture
def site(project: Project, cluster: Identity, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("TMPDIR", str(project.root))  # for what is kept, and left by a kill
    made = Site(project, cluster)
    yield made
    if left := made.standing():
        command = ["kubectl", "delete", "namespace", *left, "--wait=false"]
        subprocess.run(command, env=environment(cluster), check=True)


def test_it_is_the_current_one_and_goes_with_the_page(site: Site) -> None:
    code, told = site.run()
    assert (code, site.standing()) == (0, []), told
    assert site.run()[0] == 0
    one, two = site.names()
    assert one != two
    assert re.fullmatch(r"my-page-[0-9a-f]{8}", one)


@pytest.mark.parametrize(
    ("what", "down"),
    [("false", "true"), ("true", 'kubectl delete namespace "$NAMESPACE" --wait=false')],
)
def test_it_goes_with_a_page_that_failed_or_that_removed_it(
    site: Site, what: str, down: str
) -> None:
    code, told = site.run(what=what, down=down)
    assert (code, len(site.names()), site.standing()) == (what == "false", 1, []), told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_it_goes_at_ctrl_c_and_after_a_kill_with_the_next_run(
    site: Site, number: signal.Signals
) -> None:
    process = site.start(what="sleep 50")
    while not site.names():
        assert process.poll() is None
        time.sleep(0.2)
    process.send_signal(number)
    process.communicate(timeout=120)
    (name,) = site.names()
    if number == signal.SIGKILL:
        assert site.standing() == [name]
        assert site.run()[0] == 0
    assert site.standing() == []


def test_a_kept_one_stays_for_a_person_and_goes_with_the_next_run(
    site: Site, cluster: Identity
) -> None:
    code, told = site.run("--keep", what="false")
    (name,) = site.names()
    assert (code, site.standing()) == (1, [name]), told
    way = re.search(r"made:\n((?:  .*\n)+)", told)
    assert way, told
    command = f"{way[1]}kubectl get configmap mine -o name; kubectl label configmap mine b=1"
    env = environment(cluster) | {"KUBECONFIG": "/dev/null"}
    found = subprocess.check_output(["bash", "-ec", command], env=env, text=True)
    assert found == "configmap/mine\nconfigmap/mine labeled\n"
    assert site.run()[0] == 0
    assert site.standing() == []
