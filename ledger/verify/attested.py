"""What a signed record is worth here and today, by the rules that hold for the committed lock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ledger.core.project import Project
from ledger.errors import PageError
from ledger.pages.evidence import Lock, Result
from ledger.pages.page import read_page
from ledger.pages.state import states_by
from ledger.verify.record import PREDICATE, STATEMENT


@dataclass(frozen=True)
class Told:
    """What the record of a run tells.

    Attributes:
        page: the page, relative to the project.
        variant: the variant that it was run as; empty for the page itself.
        sha256: digest of the page's file.
        passed: whether every block passed.
        commit: what was checked out, with `-dirty` if files differed from it; may be empty.
        finished: when the run ended, in UTC.
        versions: what it ran against, name to version.
        inputs: digest of each file or folder that the page depends on.
        blocks: what became of each block, by name, in page order.
    """

    page: str
    variant: str
    sha256: str
    passed: bool
    commit: str
    finished: datetime
    versions: Mapping[str, str]
    inputs: Mapping[str, str]
    blocks: Mapping[str, Result]


def read_told(text: str | bytes, where: str) -> Told:
    """Read the record of a run.

    Raises:
        PageError: it is none, or of a run that did not end.
    """
    try:
        raw = json.loads(text)
        if (raw["_type"], raw["predicateType"]) != (STATEMENT, PREDICATE):
            raise ValueError
        (subject,), told = raw["subject"], raw["predicate"]
        own = told["phaseLedger"]
        return Told(
            page=str(subject["name"]),
            variant=str(own.get("variant", "")),
            sha256=subject["digest"]["sha256"],
            passed=told["result"] == "PASSED",
            commit=own["commit"],
            finished=datetime.fromisoformat(own["finished"]),
            versions=dict(own["versions"]),
            inputs={one["name"]: one["digest"]["phaseLedgerTree"] for one in told["configuration"]},
            blocks={one["name"]: Result(one["sha256"], one["result"]) for one in own["blocks"]},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise PageError("not the record of a run", where=where, fix="leave it out") from None


def doubts(project: Project, told: Told, today: date, commit: str = "") -> Iterator[str]:
    """Why a record does not prove what its page says, one clause each; none if it does.

    Args:
        project: the project whose page it is.
        told: the record.
        today: the UTC day to measure age against.
        commit: what must have been checked out, or what it begins with; empty if that is free.
    """
    if commit and told.commit.endswith("-dirty"):
        yield f"files differed from commit {told.commit.removesuffix('-dirty')} in the run"
    elif not told.commit.startswith(commit):
        yield f"the run was of commit {told.commit or 'unknown'}"
    if not told.passed:
        yield "not every block passed"
    path = (project.root / told.page).resolve()
    if not (path.is_relative_to(project.docs.resolve()) and path.is_file()):
        yield f"there is no page {told.page} here"
    elif hashlib.sha256(path.read_bytes()).hexdigest() != told.sha256:
        yield f"{told.page} is not the file that ran"
    elif told.passed:
        yield from _stale(project, told, today)


def _stale(project: Project, told: Told, today: date) -> Iterator[str]:
    page = read_page(project, project.root / told.page)
    if told.variant:
        page = page.as_variant(told.variant)
    # The page is the file that ran: so its front matter says of the run what it said then.
    lock = Lock(
        told.page, told.finished.date(), page.setup, told.versions, told.inputs, told.blocks
    )
    for state in states_by(project, page, lock, today):
        if not state.state.holds:
            yield f"block {state.block.name} is {state.state}: {state.why}"
            return
