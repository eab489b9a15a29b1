"""Archives of made-up streams, for tests that need no server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from nats_backup import archive, store
from nats_backup.manifest import Consumer, Manifest, Stream

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
ORDERS = Stream("ORDERS", 995, 1, 1000, 5, (Consumer("billing", 400, 400),))


def describe(root: Path, *names: str) -> Manifest:
    streams = tuple(replace(ORDERS, name=name) for name in names)
    return Manifest("2026-11-21T06:00:00Z", {"tool": "0"}, streams, archive.fingerprint(root))


def folders(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "backup.json").write_text(f'{{"stream": "{name}"}}')
        (root / name / "stream.tar.s2").write_bytes(name.encode() * 300)
    return root


def put(tmp_path: Path, moment: datetime, *names: str) -> tuple[store.Store, Path]:
    names = names or ("KV_config", "ORDERS")
    root = folders(tmp_path / f"streams-{moment:%j%H%M%S}", *names)
    (tmp_path / "pvc").mkdir(exist_ok=True)
    volume = store.Store(tmp_path / "pvc")
    volume.put(store.archive_name(moment), describe(root, *names), root)
    return volume, volume.path(store.archive_name(moment))


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[data.index(b"ORDERSORDERS")] ^= 1
    path.write_bytes(data)
