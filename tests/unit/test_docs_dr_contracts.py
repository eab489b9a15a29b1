"""What the pages on disaster recovery name is there, and the figures keep the contracts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "docs/runbook/rehearsal"
CONTRACTS = yaml.safe_load((ROOT / "docs/reference/dr-contracts.yaml").read_text("utf-8"))
PAGES = [
    ROOT / f"docs/{name}.md"
    for name in ("reference/production-checklist", "reference/deferred-tests", "learnings")
]
MEASURED = [one for one in CONTRACTS if "figure" in one]


def name(contract: dict[str, Any]) -> str:
    return str(contract["name"])


def test_what_was_promised_is_there() -> None:
    targets = [one["target"] for one in CONTRACTS]
    assert targets == ["< 15 min", "< 15 min", "< 25 h", "> 99 %"]


def test_every_test_that_is_named_is_there() -> None:
    drills = {drill for one in CONTRACTS for drill in one["drills"]}
    drills |= {found for path in PAGES for found in re.findall(r"`(tests/\S+)`", path.read_text())}
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--ledger-docs", "-m", ""]
    done = subprocess.run(
        [*collect, *sorted(drills)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    collected = [line for line in done.stdout.splitlines() if "::" in line]
    there = {*collected, *(line.partition("[")[0] for line in collected)}
    assert drills <= there, done.stdout[-2000:] + done.stderr
    assert all(one["drills"] for one in CONTRACTS)


@pytest.mark.parametrize("contract", CONTRACTS, ids=name)
def test_a_contract_has_a_figure_or_says_what_would_give_one(contract: dict[str, Any]) -> None:
    assert ("figure" in contract) != ("open" in contract)


@pytest.mark.parametrize("contract", MEASURED, ids=name)
def test_the_last_figure_meets_the_target(contract: dict[str, Any]) -> None:
    told = json.loads((FIGURES / f"{contract['figure']['file']}.json").read_text("utf-8"))
    seconds = reduce(lambda found, key: found[key], contract["figure"]["key"].split("."), told)
    below, limit, unit = contract["target"].split()
    assert (below, unit) == ("<", "min")
    assert 0 < seconds < 60 * int(limit)
    assert date.fromisoformat(told["date"])
