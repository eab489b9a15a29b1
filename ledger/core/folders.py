"""The user's folders, as the XDG Base Directory Specification has them, by environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

APP: Final = "phase-ledger"


def cache_home() -> Path:
    """Give the folder of what can be built again: `$XDG_CACHE_HOME/phase-ledger`."""
    return _xdg("XDG_CACHE_HOME", ".cache")


def state_home() -> Path:
    """Give the folder of records and logs: `$XDG_STATE_HOME/phase-ledger`."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def _xdg(variable: str, default: str) -> Path:
    base = os.environ.get(variable, "")
    home = Path(base) if Path(base).is_absolute() else Path.home() / default
    return home / APP
