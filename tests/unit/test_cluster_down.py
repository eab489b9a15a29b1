"""Removing a cluster, where there is nothing to remove; whether an engine of ours runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from ledger.cluster import down, engine, places


@pytest.mark.parametrize("everything", [False, True])
def test_with_nothing_on_record_no_state_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, everything: bool
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    said: list[str] = []
    down(everything=everything, say=said.append)
    assert not (tmp_path / "state").exists()
    assert said[0].endswith("on record")
    assert said[1:] == [f"caches stay in {tmp_path}/cache/phase-ledger (0.0 GiB)"]


def test_a_record_that_outlives_its_engine_is_no_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert not engine.runs()
    process = subprocess.Popen(["dockerd", "60"], executable=shutil.which("sleep"))
    # The kernel shows a new program's words a moment after it runs.
    while not Path(f"/proc/{process.pid}/cmdline").read_bytes():
        time.sleep(0.01)
    record = places.engine_home() / "engine.json"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"pid": process.pid, "bin": "/nowhere", "made": []}))
    assert engine.runs()
    process.kill()
    process.wait()
    assert not engine.runs()
