"""Removing a cluster, where there is nothing to remove."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.cluster import down


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
