"""`ledger verify --update` on a page of the cluster: mends what it expects, and keeps patterns."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.core.project import Project

pytestmark = pytest.mark.cluster

LEDGER = str(Path(sys.executable).with_name("ledger"))
PAGE = """\
```bash {.verify name=make expect=none mutates undo=remove}
kubectl -n NS create configmap first --from-literal=a=1
kubectl -n NS create configmap second --from-literal=a=1 --from-literal=b=2
```

```bash {.verify name=table}
kubectl -n NS get configmaps first second
```
```text {.expect match=like}
NAME     DATA   AGE
first    1      5d20h
second   COUNT      3h
```

```bash {.verify name=names}
kubectl -n NS get configmaps first second -o name
```
```text {.expect match=contains}
...
configmap/SECOND
```

```bash {.verify name=values}
kubectl -n NS get configmap second -o json
```
```json {.expect match=json}
{"kind": "ConfigMap",
 "data": {"a": "1", "b": "VALUE"}}
```

```bash {.verify name=remove expect=none mutates irreversible}
kubectl -n NS delete configmap first second
```
"""


def test_broken_expectations_are_mended_and_the_page_passes(
    project: Project, namespace: str
) -> None:
    sound = {"COUNT": "2", "SECOND": "second", "VALUE": "2", "NS": namespace}
    broken = sound | {"COUNT": "7", "SECOND": "secund", "VALUE": "old"}
    (project.root / "mkdocs.yml").write_text("markdown_extensions: [pymdownx.superfences]\n")
    page = project.docs / "page.md"
    page.write_text(_filled(broken))

    done = verify(project, "--update", "--write")
    assert done.returncode == 0, done
    # Only the line that was wrong is new, with its age of now; `5d20h` and `...` stand as before.
    mended = re.sub(r"^second   2 +\d+s$", "second   2      3h", page.read_text(), flags=re.M)
    assert mended == _filled(sound)
    assert verify(project).returncode == 0


def _filled(values: dict[str, str]) -> str:
    text = PAGE
    for key, value in values.items():
        text = text.replace(key, value)
    return text


def verify(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    command = [LEDGER, "verify", *words, "docs/page.md"]
    return subprocess.run(command, cwd=project.root, capture_output=True, text=True)
