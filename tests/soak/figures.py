"""What a run has measured: pages show it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
REHEARSAL = DOCS / "runbook" / "rehearsal"
REFERENCE = DOCS / "reference"


def asked() -> bool:
    """Whether a test that runs every day shall keep what it has measured: `make figures`."""
    return os.environ.get("PHASE_LEDGER_FIGURES") == "1"


def write(path: Path, **found: object) -> None:
    """Keep what a run has found in a file of JSON, with the day."""
    told = {"date": f"{datetime.now(UTC):%Y-%m-%d}", **found}
    path.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
