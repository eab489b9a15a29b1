"""What a machine and the project on it have, and what they lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from ledger.adopt.machine import Check, State, machine
from ledger.adopt.settings import lacking
from ledger.core.forest import forest
from ledger.core.project import Project
from ledger.errors import LedgerError, UsageError
from ledger.pages.page import Page, read_page
from ledger.pages.state import State as Word
from ledger.pages.state import page_states


def examine(today: date) -> list[Check]:
    """Look at the machine, and at the project around the current folder if there is one.

    Args:
        today: the UTC day on which evidence is measured.
    """
    try:
        project = Project.here()
    except UsageError as error:
        nowhere = Check("project", State.NOTE, error.what, "ledger init, or go to your project")
        return [*machine(cluster=False, site=False), nowhere]
    pages, broken = _pages(project)
    on_cluster = any(page.needs_cluster for page in pages)
    return [
        *machine(cluster=on_cluster, site=True),
        Check("project", State.OK, str(project.root)),
        *(Check("settings", State.NOTE, hint, "docs/adopt.md") for hint in lacking(project.root)),
        _skills(project),
        *broken,
        _procedures(pages),
        *_evidence(project, pages, today),
    ]


def _pages(project: Project) -> tuple[list[Page], list[Check]]:
    """The pages with commands, and what keeps others from being read."""
    pages, broken = [], dict[Check, None]()
    for path in sorted(project.docs.rglob("*.md")):
        try:
            page = read_page(project, path)
        except LedgerError as error:
            where = error.where or project.relative(path)
            # Once, if it is of a file that every page reads.
            broken[Check("page", State.MISSING, f"{where}: {error.what}", error.fix)] = None
            continue
        if page.verified_blocks:
            pages.append(page)
    return pages, [*broken]


def _skills(project: Project) -> Check:
    skills, problems = forest(project)
    if problems:
        first = problems[0]
        return Check("skills", State.MISSING, f"{first.where}: {first.what}", "ledger check")
    return Check("skills", State.OK, f"{len(skills)}")


def _procedures(pages: Sequence[Page]) -> Check:
    on_cluster = sum(page.needs_cluster for page in pages)
    return Check("pages", State.OK, f"{len(pages)} with commands, {on_cluster} on a cluster")


def _evidence(project: Project, pages: Sequence[Page], today: date) -> list[Check]:
    try:
        found = [state for page in pages for state in page_states(project, page, today)]
    except LedgerError as error:
        return [Check("evidence", State.MISSING, f"{error.where}: {error.what}", error.fix)]
    counts = Counter(one.state for one in found)
    told = ", ".join(f"{counts[word]} {word}" for word in Word if counts[word])
    if all(one.state.holds for one in found):
        return [Check("evidence", State.OK, told)] if told else []
    return [Check("evidence", State.NOTE, told, "ledger verify --update-lock")]
