"""Claims of a page, and the tests that it names for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]


def missing(named: Iterable[str]) -> set[str]:
    """Which of the tests, as `tests/x.py::test_y`, there are not; parameters do not count."""
    wanted = set(named)
    files = sorted({name.partition("::")[0] for name in wanted})
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "--ledger-docs", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    there = {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}
    return wanted - there
