"""`ledger doctor`: what is here, what is missing, how to get it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.adopt import machine
from ledger.adopt.doctor import examine
from ledger.adopt.machine import Check, State
from ledger.core.extra import missing, require
from ledger.errors import Exit, UsageError
from tests.fixtures.flow_project import DAY
from tests.fixtures.schemas import validate

LEDGER = Path(sys.executable).with_name("ledger")
PAGE = """\
---
title: Page
{front}
---

```bash {{.verify name=one expect=none}}
true
```
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a page that needs no cluster, on a machine with bash and nothing else."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/bash").symlink_to(str(shutil.which("bash")))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    project = tmp_path / "project"
    (project / "docs").mkdir(parents=True)
    (project / "skills").mkdir()
    (project / "mkdocs.yml").write_text("site_name: Test\n")
    (project / "docs/page.md").write_text(PAGE.format(front="cluster: false"))
    monkeypatch.chdir(project)
    return project


def found() -> dict[str, Check]:
    return {check.name: check for check in examine(DAY)}


def program(root: Path, name: str, text: str) -> None:
    path = root.parent / "bin" / name
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


def test_a_machine_without_docker_is_enough_for_pages_without_a_cluster(root: Path) -> None:
    checks = found()
    assert State.MISSING not in {check.state for check in checks.values()}
    assert checks["docker"].what == "not here: for a cluster of one's own"
    assert checks["cluster"].fix == "ledger cluster up"
    assert checks["git"].state is State.NOTE
    assert checks["pages"].what == "1 with commands, 0 on a cluster"
    assert checks["evidence"].what == "1 never run"


def test_what_a_page_on_a_cluster_needs_is_missing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "docs/page.md").write_text(PAGE.format(front="owner: ops"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    docker = found()["docker"]
    assert (docker.state, "install Docker" in docker.fix) == (State.MISSING, True)


def test_an_engine_that_does_not_answer_and_one_that_does(root: Path) -> None:
    program(root, "docker", "exit 1")
    assert found()["docker"].what.startswith("no engine answers")
    program(root, "docker", "echo 28.2.2")
    assert found()["docker"].what.startswith("engine 28.2.2")


def test_an_old_bash_and_none(root: Path) -> None:
    (root.parent / "bin/bash").unlink()
    assert found()["bash"].state is State.MISSING
    sh = root.parent / "bin/bash"
    sh.write_text("#!/bin/sh\necho 3.2\n")
    sh.chmod(0o755)
    assert found()["bash"].what == "3.2 is too old: blocks run in it"


def test_a_page_and_a_skill_that_cannot_be_read(root: Path) -> None:
    (root / "docs/page.md").write_text("---\ntitle: [\n---\n")
    (root / "skills/plan.md").write_text("---\nstatus: [\n---\n")
    checks = found()
    assert checks["page"].state is checks["skills"].state is State.MISSING
    assert checks["page"].what.startswith("docs/page.md:")
    assert checks["skills"].what.startswith("skills/plan.md:")


def test_settings_that_cannot_be_read_are_told_once(root: Path) -> None:
    (root / "docs/other.md").write_text(PAGE.format(front="cluster: false"))
    (root / "mkdocs.yml").write_text("a:\n b: [")
    told = [check.what for check in examine(DAY) if check.name == "page"]
    assert [text.partition(":2: ")[0] for text in told] == ["mkdocs.yml"]


def test_little_room_and_few_watches(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = root.parent / "instances"
    few.write_text("128\n")
    monkeypatch.setattr(machine, "_INOTIFY", few)
    monkeypatch.setattr(machine, "_ROOM", 10**9)
    checks = found()
    assert checks["inotify"].fix == "sysctl fs.inotify.max_user_instances=512"
    assert checks["disk"].state is State.NOTE
    few.write_text("512\n")
    assert found()["inotify"].state is State.OK


def test_an_extra_that_is_not_installed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing("site") == ()
    monkeypatch.setattr("ledger.core.extra._installed", lambda name: name != "mkdocs-material")
    assert missing("site") == ("mkdocs-material",)
    with pytest.raises(UsageError, match="mkdocs-material is not installed") as told:
        require("site")
    assert told.value.fix == "pip install 'phase-ledger[site]'"
    check = found()["[site]"]
    assert (check.state, check.fix) == (State.MISSING, told.value.fix)


def test_outside_a_project_it_tells_of_the_machine(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root.parent)
    checks = found()
    assert checks["project"].fix.startswith("ledger init")
    assert "pages" not in checks


def test_it_is_told_in_eighty_columns_and_as_data(root: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([LEDGER, "doctor", *words], capture_output=True, text=True)

    said = run()
    assert said.returncode == Exit.DONE, said.stderr
    lines = [line for line in said.stdout.splitlines() if str(root) not in line]
    assert max(map(len, lines)) <= 80
    assert "note     cluster    none is on record\n" in said.stdout
    (root / "docs/broken.md").write_text("---\ntitle: [\n---\n")
    said = run("--json")
    assert said.returncode == Exit.FOUND
    document = json.loads(said.stdout)
    validate(document, "doctor.v1")
    assert document["count"]["missing"] == 1
