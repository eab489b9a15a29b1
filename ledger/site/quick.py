"""The quick reference: what there is to paste, and the page for each task."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ledger.core.forest import find_skill
from ledger.core.skill import fence_after
from ledger.pages.page import Page
from ledger.pages.state import BlockState
from ledger.site import marks, sources, views

_HEADING: Final = re.compile(r"##+[ \t]+(?P<title>.+?)[ \t]*(?:\{[^}]*\})?[ \t]*$")


def paste(card: Page) -> list[dict[str, Any]]:
    """What a page has to paste, an item a section."""
    headings = list(_headings(card.path.read_text("utf-8")))
    sections: dict[str, list[BlockState]] = {}
    for state in sources.states(card):
        title = next((text for n, text in reversed(headings) if n < state.block.line), card.title)
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


def _headings(text: str) -> Iterator[tuple[int, str]]:
    """The headings of a page's source with their lines; what stands in a fence is none."""
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        fence = fence_after(line, fence)
        if not fence and (heading := _HEADING.match(line)):
            yield number, heading["title"]
