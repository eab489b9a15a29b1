"""The values of the cluster's Secrets are in nothing that a run shows or leaves."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path
from secrets import token_hex

import pytest

from ledger.cluster import Identity, environment
from ledger.core.project import Project
from ledger.verify.redact import MASK
from tests.support.commands import kubectl

pytestmark = pytest.mark.cluster

LEDGER = str(Path(sys.executable).with_name("ledger"))
OLD, NEW = f"old {token_hex(20)}", f"new-{token_hex(40)}\nits second line is {token_hex(8)}"
PAGE = """\
---
title: Page
FRONT
---

```bash {.verify name=make expect=none mutates undo=remove}
kubectl -n NS create secret generic new --from-file=password=FOLDER/new
cat FOLDER/new FOLDER/old; echo; cat FOLDER/new >&2
```

```bash {.verify name=raw expect=none}
kubectl -n NS get secret old new -o json
kubectl -n NS get secret old -o jsonpath='{.data.password}' | base64 -d
kubectl -n NS get secret new -o jsonpath='{.data.password}' | base64 -d
```

```bash {.verify name=encoded expect=none}
kubectl -n NS get secret old -o jsonpath='{.data.password}'
kubectl -n NS get secret new -o jsonpath='{.data.password}' | base64 -d | base64
```

```bash {.verify name=remove expect=none mutates irreversible}
kubectl -n NS delete secret new
cat FOLDER/new
```

```bash {.verify name=differs}
cat FOLDER/new
cat FOLDER/old >&2
exit 0
```
```text {.expect}
something else
and some more
```
"""
CONFTEST = """\
import subprocess
import pytest
from ledger.cluster import environment

@pytest.fixture(scope="module")
def leaky(cluster):
    command = ["kubectl", "-n", "NS", "get", "secret", "old", "-o", "jsonpath={.data}"]
    told = subprocess.check_output(command, env=environment(cluster), text=True)
    print("printed", told)
    raise RuntimeError(f"told {told}")
"""


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the values, apart from the project."""
    made = tmp_path_factory.mktemp("values")
    (made / "old").write_text(OLD)
    (made / "new").write_text(NEW)
    return made


@pytest.fixture
def namespace(cluster: Identity, namespace: str, folder: Path) -> str:
    """It holds a Secret."""
    value = f"--from-file=password={folder / 'old'}"
    create = ["create", "secret", "generic", "old", value]
    kubectl(environment(cluster), *create, namespace=namespace)
    return namespace


def run(project: Project, command: list[str], page: str, fill: dict[str, str]) -> str:
    """Run a page; all that was shown, and all that lies in the project but what was written."""
    (project.root / "mkdocs.yml").write_text("markdown_extensions: [pymdownx.superfences]\n")
    given = {project.root / "conftest.py": CONFTEST, project.docs / "page.md": page}
    for path, text in given.items():
        for key, value in fill.items():
            text = text.replace(key, value)
        path.write_text(text)
    done = subprocess.run(
        [*command, "docs/page.md"], cwd=project.root, capture_output=True, text=True
    )
    files = [path for path in project.root.rglob("*") if path.is_file() and path not in given]
    left = "".join(path.read_text("utf-8", "replace") for path in files)
    return f"{done.stdout}{done.stderr}{left}"


def parts(value: str) -> list[str]:
    """What must not be seen: long parts of each line, and of what base64 makes of it."""
    encoded = base64.b64encode(value.encode()).decode()
    lines = [line.split()[-1] for line in value.splitlines()]
    return [*(line[4:16] for line in lines), encoded[:12], encoded[20:32]]


def test_no_value_is_in_what_a_run_shows_or_leaves(
    project: Project, cluster: Identity, namespace: str, folder: Path
) -> None:
    command = [LEDGER, "verify", "--cluster", cluster.name, "--update-lock", "--junit=report.xml"]
    fill = {"NS": namespace, "FOLDER": str(folder), "FRONT": "reasons: {}"}
    told = run(project, command, PAGE, fill)
    assert "4 passed, 1 failed" in told
    assert "block differs: unexpected output" in told
    for name in ("evidence/page.json", ".ledger/runs/page.json", "report.xml"):
        assert (project.root / name).exists()
    assert MASK in (project.root / "report.xml").read_text()
    assert (project.root / ".ledger/runs/page.json").read_text().count(MASK) > 6
    assert not [part for value in (OLD, NEW) for part in parts(value) if part in told]


def test_no_value_is_in_what_a_failed_fixture_tells(
    project: Project, cluster: Identity, namespace: str, folder: Path
) -> None:
    command = [sys.executable, "-m", "pytest", "--ledger-docs", f"--ledger-cluster={cluster.name}"]
    fill = {"NS": namespace, "FOLDER": str(folder), "FRONT": "fixtures: [leaky]"}
    told = run(project, [*command, "--junitxml=report.xml"], PAGE, fill)
    assert "RuntimeError: told" in told
    assert "printed" in told
    assert not [part for part in parts(OLD) if part in told]
