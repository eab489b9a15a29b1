"""Workers of pytest-xdist on one cluster: each page is one worker's, and they take turns."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.cluster import Identity

pytestmark = pytest.mark.cluster

# Two pages at once would both make the same thing.
PAGE = """\
```bash {.verify name=begin expect=none mutates undo=end}
kubectl -n NAMESPACE create configmap turn
mine=yes
```

```bash {.verify name=work expect=none}
sleep 3
test "$mine" = yes
```

```bash {.verify name=end expect=none mutates irreversible}
kubectl -n NAMESPACE delete configmap turn
```
"""


@pytest.mark.parametrize("dist", ["load", "loadfile"])
def test_workers_run_whole_pages_in_turn(
    cluster: Identity, namespace: str, tmp_path: Path, dist: str
) -> None:
    (tmp_path / "mkdocs.yml").write_text("site_name: Test\n")
    (tmp_path / "docs").mkdir()
    for name in ("a.md", "b.md"):
        (tmp_path / "docs" / name).write_text(PAGE.replace("NAMESPACE", namespace))
    words = ["-n", "2", f"--dist={dist}", "-v", f"--ledger-cluster={cluster.name}"]
    command = [sys.executable, "-m", "pytest", "--ledger-docs", *words, "docs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done
    passed = re.findall(r"\[(gw\d)\].* PASSED docs/(\w)\.md::(\w+)", done.stdout)
    assert sorted((page, block) for _, page, block in passed) == [
        (page, block) for page in "ab" for block in ("begin", "end", "work")
    ]
    assert len({(worker, page) for worker, page, _ in passed}) == 2
    assert len({worker for worker, _, _ in passed}) == 2
    told = f"another run of pages or tests is on cluster {cluster.name}; waiting for it ..."
    assert told in done.stderr
