"""What was added to an engine that is the user's own, to be taken away by `down --all`."""

from __future__ import annotations

import json
from pathlib import Path

from ledger.cluster import places


def note(kind: str, name: str) -> None:
    """Remember an addition.

    Args:
        kind: `image` or `network`.
        name: what Docker calls it.
    """
    found = noted()
    if name not in found.setdefault(kind, []):
        found[kind].append(name)
        _path().parent.mkdir(parents=True, exist_ok=True)
        _path().write_text(json.dumps(found, indent=2) + "\n", "utf-8")


def noted() -> dict[str, list[str]]:
    """Give all that is remembered, by kind."""
    if not _path().is_file():
        return {}
    found: dict[str, list[str]] = json.loads(_path().read_text("utf-8"))
    return found


def forget() -> None:
    """Forget all of it, once it is gone."""
    _path().unlink(missing_ok=True)


def _path() -> Path:
    return places.state_home() / "added.json"
