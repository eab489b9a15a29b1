"""What the newest run of a page took and printed, where its record is at hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ledger.errors import PageError
from ledger.pages.evidence import record_path
from ledger.pages.page import Page
from ledger.site import sources


@dataclass(frozen=True)
class Run:
    """What became of a command in the newest run.

    Attributes:
        passed: whether it did what the page says.
        seconds: how long it took.
        reason: why it failed, one clause; empty if it passed.
        expected: the exit status that it should have had.
        got: the one that it had; None if it had none.
        stdout: excerpt of its standard output, without secrets.
        stderr: excerpt of its standard error, without secrets.
    """

    passed: bool
    seconds: float
    reason: str = ""
    expected: int = 0
    got: int | None = None
    stdout: str = ""
    stderr: str = ""


def newest(page: Page) -> dict[str, Run]:
    """What became of each command that ran, by name; of one that has changed since, nothing.

    Raises:
        PageError: the record cannot be read.
    """
    project = sources.project()
    path = record_path(project.runs, project, page)
    if not path.is_file():
        return {}
    digests = {block.name: block.sha256 for block in page.verified_blocks}
    try:
        own: dict[str, Any] = json.loads(path.read_text("utf-8"))["predicate"]["phaseLedger"]
        return {
            run["name"]: _run(run)
            for run in own["blocks"]
            if run["result"] in {"passed", "failed"} and run["sha256"] == digests.get(run["name"])
        }
    except (ValueError, KeyError, TypeError):
        raise PageError(
            "not a run record",
            where=project.relative(path),
            fix="delete it, or run the page again: ledger verify",
        ) from None


def seconds(page: Page) -> dict[str, float]:
    """The seconds that each command took that passed in the newest run, by name.

    Raises:
        PageError: the record cannot be read.
    """
    return {name: run.seconds for name, run in newest(page).items() if run.passed}


def _run(raw: dict[str, Any]) -> Run:
    passed, took = raw["result"] == "passed", float(raw["seconds"])
    if passed:
        return Run(passed, took)
    status = raw["exit"]
    texts = (str(raw[key]) for key in ("stdout", "stderr"))
    return Run(passed, took, str(raw["reason"]), status["expected"], status["got"], *texts)
