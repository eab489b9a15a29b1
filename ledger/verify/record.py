"""The record of one page's run, as an in-toto Statement, and the lock made from it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ledger.core import git
from ledger.core.files import write_atomic
from ledger.core.project import Project
from ledger.errors import PageError, UsageError
from ledger.pages.evidence import Lock, Result, read_lock, record_path, write_lock
from ledger.pages.page import Page
from ledger.verify.results import FAILED, NOT_RUN, PASSED, BlockRun
from ledger.verify.run import PageRun

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://in-toto.io/attestation/test-result/v0.1"
SCHEMA: Final = "phase-ledger/run/v1"


def statement(run: PageRun) -> dict[str, Any]:
    """The run as an in-toto Statement with a test-result predicate.

    What the predicate has no field for stands under its key `phaseLedger`.
    """
    results = run.results()
    return {
        "_type": STATEMENT,
        "subject": [{"name": run.page.where, "digest": {"sha256": run.digest}}],
        "predicateType": PREDICATE,
        "predicate": {
            "result": "PASSED" if run.passed else "FAILED",
            "configuration": [
                # A folder's digest covers its files' names and contents: no plain SHA-256.
                {"name": name, "digest": {"phaseLedgerTree": digest}}
                for name, digest in run.inputs.items()
            ],
            "passedTests": [r.block.name for r in results if r.result == PASSED],
            "failedTests": [r.block.name for r in results if r.result == FAILED],
            "phaseLedger": _own(run, results),
        },
    }


def last_run(project: Project, page: Page) -> dict[str, Any]:
    """What this machine's last run of a page has under `phaseLedger`.

    Empty if there was none, or its record cannot be read: no result depends on it.
    """
    try:
        raw = json.loads(record_path(project.runs, project, page).read_text("utf-8"))
        own = raw["predicate"]["phaseLedger"]
        [block["name"] for block in own["blocks"]]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return dict(own)


def usual_total(project: Project, page: Page) -> float | None:
    """How long the page's last run took here, in seconds; None if nobody knows."""
    seconds = last_run(project, page).get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else None


def usual_seconds(project: Project, page: Page) -> dict[str, float]:
    """How long each block took when it last ran here, in seconds, by name."""
    blocks = last_run(project, page).get("blocks", [])
    return {b["name"]: b["seconds"] for b in blocks if isinstance(b.get("seconds"), int | float)}


def write_record(folder: Path, run: PageRun) -> Path:
    """Write the run record and give its path; a reader meets the old one or the new, whole."""
    path = record_path(folder, run.project, run.page)
    write_atomic(path, (json.dumps(statement(run), indent=2) + "\n").encode())
    return path


def update_lock(run: PageRun) -> Path:
    """Write the page's lock from its run, dated by the run's own end, and give its path.

    A run leaves the evidence of the others, but for variants that the page no longer has.

    Args:
        run: a finished run of the whole page.

    Raises:
        UsageError: only some of the page's blocks were selected, the run is not finished, or it
            is of a variant and there is none of the page itself.
    """
    if not run.whole or run.finished is None:
        raise UsageError(
            "only a run of the whole page is evidence",
            where=run.page.where,
            fix=f"ledger verify --update-lock {run.page.where}",
        )
    blocks = {r.block.name: Result(r.block.sha256, r.result, r.block.back) for r in run.results()}
    lock = Lock(
        run.page.where,
        run.finished.date(),
        run.page.setup,
        run.versions,
        run.inputs,
        blocks,
    )
    return write_lock(run.project, run.page, _among_others(run, lock))


def require_own(project: Project, page: Page) -> Lock:
    """The page's lock, beside which the evidence of a variant can stand.

    Raises:
        UsageError: there is no run of the page itself.
        PageError: its lock cannot be read.
    """
    if lock := read_lock(project, page):
        return lock
    raise UsageError(
        "a variant stands beside the page's own run, and there is none",
        where=page.where,
        fix=f"first: ledger verify --update-lock {page.where}",
    )


def _among_others(run: PageRun, lock: Lock) -> Lock:
    """The page's lock with the evidence of one run renewed."""
    if run.page.variant:
        whole = require_own(run.project, run.page)
        return replace(whole, variants={**_declared(run.page, whole), run.page.variant: lock})
    try:
        before = read_lock(run.project, run.page)
    except PageError:
        return lock
    return replace(lock, variants=_declared(run.page, before)) if before else lock


def _declared(page: Page, lock: Lock) -> dict[str, Lock]:
    return {name: run for name, run in lock.variants.items() if name in page.variants}


def needs(run: PageRun) -> list[dict[str, Any]]:
    """What became of the pages that a page needs, in order; times in seconds."""
    return [{**vars(need), "seconds": round(need.seconds, 3)} for need in run.needs]


def _own(run: PageRun, results: list[BlockRun]) -> dict[str, Any]:
    identity = run.identity
    return {
        "schema": SCHEMA,
        "variant": run.page.variant,
        "started": _time(run.started),
        "finished": _time(run.finished),
        "seconds": round(run.seconds, 3),
        "commit": _commit(run.project.root),
        "cluster": identity and {"name": identity.name, "uid": identity.uid, "way": identity.way},
        "versions": dict(sorted(run.versions.items())),
        "needs": needs(run),
        "blocks": [_block(result) for result in results],
    }


def _block(run: BlockRun) -> dict[str, Any]:
    told = {"name": run.block.name, "line": run.block.line, "sha256": run.block.sha256}
    told |= {"result": run.result, "reason": run.reason}
    if run.result == NOT_RUN:
        return told
    return told | {
        "exit": {"expected": run.block.exit, "got": run.status},
        "seconds": round(run.seconds, 3),
        "stdout": run.stdout,
        "stderr": run.stderr,
    }


def _time(moment: datetime | None) -> str | None:
    # Milliseconds tell two runs of one second apart: equal records are no news to a merge.
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def _commit(root: Path) -> str:
    """The commit that is checked out, with `-dirty` if files differ from it; empty without git."""
    options = ("--always", "--dirty", "--abbrev=40", "--exclude=*")
    return git.output(root, "describe", *options).decode().strip()
