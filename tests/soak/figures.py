"""What a long run has measured: the page about rehearsals shows it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "runbook" / "rehearsal"


def write(name: str, **found: object) -> None:
    """Keep what a run has found, with the day."""
    told = {"date": f"{datetime.now(UTC):%Y-%m-%d}", **found}
    (FOLDER / f"{name}.json").write_text(json.dumps(told, indent=2) + "\n", "utf-8")
