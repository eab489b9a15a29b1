"""The types of pages that people follow at night, and what a reader counts on in each."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.core.project import Project
from ledger.pages.page import Page

FIRST: Final = ("symptom", "impact", "stop-loss")
_COMMON: Final = ("symptom", "diagnosis", "mitigation", "verify", "escalate")


class PageType(NamedTuple):
    """What all pages of one type have.

    Attributes:
        sections: anchors of headings of the second level, in their order; others may stand between.
        first: what is told on the first screen.
        people: the keys that say whose the page is and whom to wake.
    """

    sections: tuple[str, ...] = ()
    first: tuple[str, ...] = FIRST
    people: tuple[str, ...] = ("owner", "escalate")


TYPES: Final = {
    # An alert's owner stands in its rule.
    "alerts": PageType((*FIRST, *_COMMON[1:]), people=("escalate",)),
    "degraded": PageType(_COMMON),
    "troubleshooting": PageType(_COMMON),
    "runbook": PageType(),
    "routine": PageType(first=()),
}
_NONE: Final = PageType(first=(), people=())


def type_of(project: Project, page: Page) -> PageType | None:
    """The type of a page: `type:` of its front matter, else the folder of `docs/` that it is in.

    The list of a folder, `index.md`, has its people and nothing else.

    Returns:
        The type; None if `type:` names no type.
    """
    if named := page.meta.get("type"):
        return TYPES.get(str(named))
    place = page.path.resolve().relative_to(project.docs.resolve()).parts
    found = TYPES.get(place[0], _NONE) if len(place) > 1 else _NONE
    return PageType((), (), found.people) if place[-1] in {"index.md", "README.md"} else found
