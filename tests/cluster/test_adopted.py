"""A project that `ledger init --template backup` made, on the cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.cluster import Identity

pytestmark = pytest.mark.cluster

LEDGER = Path(sys.executable).with_name("ledger")


def run(*words: str, cwd: Path) -> str:
    env = {key: value for key, value in os.environ.items() if key != "LEDGER_ROOT"}
    done = subprocess.run(
        [LEDGER, *words], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_pages_prove_themselves(cluster: Identity, tmp_path: Path) -> None:
    run("init", "--template", "backup", cwd=tmp_path)
    said = run("verify", "--cluster", cluster.name, "--update-lock", cwd=tmp_path)
    assert "11 passed, 0 failed, 0 skipped" in said
    lock = (tmp_path / "evidence/runbook/restore-a-namespace.json").read_text("utf-8")
    assert '"kubernetes": ' in lock
