"""Which pages a run takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from ledger.core.project import Project
from ledger.errors import PageError, UsageError
from ledger.pages.page import Page, read_page
from ledger.pages.state import page_states
from ledger.verify.record import usual_total
from ledger.verify.shard import Shard, assign, others

_PAGES: Final = "ledger evidence show lists the pages that run"


def choose(project: Project, names: Sequence[str], variant: str = "") -> list[Page]:
    """The pages to run: those named, or every page that has a block to run.

    Args:
        project: the project.
        names: paths of pages; empty for all.
        variant: the variant that they run as; empty for the pages themselves.

    Raises:
        UsageError: no such page, a page that is not below docs/, one with nothing to run, one
            that does not declare the variant, or none that does.
        PageError: a page that cannot be read.
    """
    paths = [Path(name).resolve() for name in names] or sorted(project.docs.rglob("*.md"))
    pages = []
    for path in dict.fromkeys(paths):
        page = _page(project, path)
        if page.verified_blocks:
            pages.append(page)
        elif names:
            fix = "add ```bash {.verify name=...}"
            raise UsageError("this page has no .verify block", where=page.where, fix=fix)
    if not pages:
        raise UsageError("no page below docs/ has a .verify block", where=str(project.root))
    if not variant:
        return pages
    found = [page.as_variant(variant) for page in pages if variant in page.variants]
    if not found or (names and len(found) < len(pages)):
        where = next(page.where for page in pages if variant not in page.variants)
        known = sorted({name for page in pages for name in page.variants})
        fix = f"known: {', '.join(known)}" if known else "declare it under variants:"
        raise UsageError(f"no variant {variant!r}", where=where if names else "docs/", fix=fix)
    return found


def narrow(
    project: Project, pages: Sequence[Page], *, changed: date | None, shard: Shard | None
) -> tuple[list[Page], dict[str, str]]:
    """The pages that are left to run, and why each other one is not.

    Args:
        project: the project.
        pages: the pages that were chosen.
        changed: the day on which to ask whether evidence holds; None to run pages all the same.
        shard: the part to run; None for all.
    """
    left: dict[str, str] = {}
    if changed:
        hold = (page for page in pages if _holds(project, page, changed))
        left = dict.fromkeys((page.where for page in hold), "its evidence holds")
    if shard:
        rest = [page for page in pages if page.where not in left]
        seconds = {page.where: usual_total(project, page) for page in rest}
        left |= others(assign(seconds, shard.total), shard, list(seconds))
    return [page for page in pages if page.where not in left], left


def _holds(project: Project, page: Page, today: date) -> bool:
    try:
        return all(state.state.holds for state in page_states(project, page, today))
    except PageError:
        return False  # its evidence, or an input, cannot be read; the run says more


def _page(project: Project, path: Path) -> Page:
    where = project.relative(path)
    if not path.is_file():
        raise UsageError("no such page", where=where, fix=_PAGES)
    if path.suffix != ".md" or not path.is_relative_to(project.docs):
        raise UsageError("not a Markdown page below docs/", where=where, fix=_PAGES)
    return read_page(project, path)
