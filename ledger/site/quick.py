"""The quick reference: what there is to paste, and the page for each task."""

from __future__ import annotations

from typing import Any

from ledger.core.forest import find_skill
from ledger.pages.page import Page
from ledger.pages.state import BlockState
from ledger.site import headings, marks, sources, views


def paste(card: Page) -> list[dict[str, Any]]:
    """What a page has to paste, an item a section."""
    above = list(headings.read(card))
    sections: dict[str, list[BlockState]] = {}
    for state in sources.states(card):
        title = next((h.title for h in reversed(above) if h.line < state.block.line), card.title)
        sections.setdefault(title, []).append(state)
    return [
        {"title": title, "name": own[0].block.name, "mark": marks.page(own)}
        for title, own in sections.items()
    ]


def tasks(card: Page, url: str) -> list[dict[str, Any]]:
    """The pages of a page's plan that name a `task`, in the plan's order.

    Args:
        card: the page that shows them.
        url: of that page, from which the links lead.
    """
    skill = find_skill(sources.project(), str(card.meta.get("skill", "")))
    pages = [sources.page(where) for where in skill.strings("docs")]
    return [
        {**views.short_row(page, url), "task": str(page.meta["task"])}
        for page in pages
        if page.meta.get("task")
    ]
