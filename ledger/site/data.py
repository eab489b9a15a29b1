"""Figures and rules that pages show: the files that `mkdocs.yml` names under `extra: data:`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ledger.errors import PageError
from ledger.site import sources


def variables(config: Mapping[str, Any]) -> dict[str, Any]:
    """What each file holds, by the name that pages call it.

    Args:
        config: the site's settings; JSON and YAML files are named from the root of the project.

    Raises:
        PageError: a file that is not there, or not YAML.
    """
    named = (config.get("extra") or {}).get("data") or {}
    return {name: _at(sources.project().root / where, where) for name, where in named.items()}


def _at(path: Path, where: str) -> Any:
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, yaml.YAMLError) as error:
        reason = error.strerror if isinstance(error, OSError) else "broken YAML"
        fix = "mend it, or its name under extra: data: in mkdocs.yml"
        raise PageError(f"cannot be read: {reason}", where=where, fix=fix) from None


@lru_cache
def _read(path: Path, _changed: int) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))
