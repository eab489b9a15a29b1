"""Every test: on a cluster, the pages on a second one, and what needs none beside them.

Those on a cluster mostly wait for it. Two of the three runs write into logs, printed if they fail.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger import cluster
from ledger.cluster import engine

LOGS = Path(".ledger")
PAGES = "pages"
PYTEST = ("-m", "coverage", "run", "-m", "pytest", "--ledger-docs", "--ledger-record=.ledger/runs")
CLUSTER = "cluster and not soak"

Run = tuple[subprocess.Popen[bytes], Path | None]


def main() -> int:
    """Run them all; 1 if any failed."""
    LOGS.mkdir(exist_ok=True)
    runs: list[Run] = []
    with _clusters():
        try:
            _ledger("up", "--name", cluster.NAME)
            # The drills are here: the programs that they use came with the cluster.
            alone = ("-m", "not cluster and not soak", "tests", "docs")
            runs.append(_run(*alone, log=LOGS / "no-cluster.log"))
            runs.append(_run("-m", CLUSTER, f"--ledger-cluster={cluster.NAME}", "tests"))
            _ledger("up", "--name", PAGES)
            on_pages = ("-m", CLUSTER, f"--ledger-cluster={PAGES}", "docs")
            runs.append(_run(*on_pages, log=LOGS / "pages.log"))
            passed = [_passed(run) for run in runs]
        finally:
            for process, _ in runs:
                process.wait()
    return 0 if all(passed) else 1


def _run(*arguments: str, log: Path | None = None) -> Run:
    """Start pytest; what it prints goes into `log`."""
    command = [sys.executable, *PYTEST, *arguments]
    if log is None:
        return subprocess.Popen(command), None
    _say(f"meanwhile: tail -f {log}")
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file), log


def _passed(run: Run) -> bool:
    """Wait for a run, and tell how it went."""
    process, log = run
    passed = process.wait() == 0
    if log:
        lines = log.read_text("utf-8", "replace").splitlines()
        _say("\n".join([f"{log}:", *(lines[-1:] if passed else lines)]))
    return passed


@contextmanager
def _clusters() -> Iterator[None]:
    """Take away at the end what was not there before: clusters, and the engine started for them."""
    had_engine = engine.runs()
    names = [name for name in (PAGES, cluster.NAME) if not cluster.status(name).running]
    try:
        yield
    finally:
        for name in names:
            _ledger("down", "--name", name)
        if engine.runs() and not had_engine:
            _ledger("down", "--all")


def _ledger(*arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("ledger")), "cluster", *arguments]
    # Where none can be had it has said so, and pytest fails or skips what needs one.
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
