"""What the templates show of pages and their blocks."""

from __future__ import annotations

from typing import Any

from ledger.errors import PageError
from ledger.pages.block import Block
from ledger.pages.page import Page, needed_pages
from ledger.pages.people import people as whose_is
from ledger.pages.state import BlockState, State
from ledger.site import marks, sources
from ledger.site.marks import Mark


def page_row(page: Page, url: str) -> dict[str, Any]:
    """A page with what its evidence is worth, as a link from the page at `url`."""
    states = sources.states(page)
    return {
        "href": sources.href(page.where, url),
        "title": page.title,
        "mark": marks.page(states),
        "counts": marks.counts(states),
    }


def short_row(page: Page, url: str) -> dict[str, Any]:
    """The same in a few words, with the state of each command."""
    states = sources.states(page)
    return {
        "href": sources.href(page.where, url),
        "title": page.title,
        "mark": marks.short(states),
        "states": states,
    }


def doubts(states: list[BlockState]) -> list[dict[str, Any]]:
    """The commands that the reader cannot take on trust, those of one mark together.

    Empty where all commands of the page have the same mark: it stands above them already.
    """
    groups: dict[Mark, list[Block]] = {}
    for state in states:
        groups.setdefault(marks.block(state), []).append(state.block)
    return [
        {"mark": mark, "blocks": blocks}
        for mark, blocks in groups.items()
        if mark.tone != State.VERIFIED and len(groups) > 1
    ]


def proof(page: Page, name: str, url: str) -> dict[str, Any]:
    """A page, or a block of it, with its mark, as a link from the page at `url`.

    Raises:
        PageError: the page has no block of that name that a reader runs.
    """
    row = page_row(page, url)
    if not name:
        return row
    for state in sources.states(page):
        if state.block.name == name:
            link = {"href": f"{row['href']}#{name}", "title": f"{page.title}: {name}"}
            return {**link, "mark": marks.block(state), "counts": ""}
    raise PageError(f"no block {name!r}", where=page.where, fix="name one of its blocks")


def people(page: Page) -> list[tuple[str, str]]:
    """Whom to wake, who owns a page, and for whom it is written."""
    whose = whose_is(sources.project(), page)
    rows = {
        "Escalate": whose.get("escalate"),
        "Owner": whose.get("owner"),
        "For": ", ".join(page.strings("audience")),
    }
    return [(name, value) for name, value in rows.items() if value]


def needs(page: Page, url: str) -> list[dict[str, str]]:
    """The pages that a page needs and the commands that tell whether it still does, as links.

    Raises:
        PageError: one of them cannot be needed.
    """
    project = sources.project()
    pages = needed_pages(project, page)
    named = [(pages[project.relative(project.docs / need.page)], need) for need in page.needs]
    return [
        {"href": sources.href(other.where, url), "title": other.title, "block": need.block}
        for other, need in named
    ]


def parameters(page: Page) -> list[dict[str, str]]:
    """The shell parameters that a page's commands read."""
    specs = page.table("parameters")
    return [
        {"name": name, "example": example, "find": str(specs[name].get("find", ""))}
        for name, example in page.parameters.items()
    ]
