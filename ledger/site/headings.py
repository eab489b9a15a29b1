"""The headings of a page, as they stand in its source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ledger.core.skill import fence_after
from ledger.pages.page import Page

_HEADING: Final = re.compile(
    r"(?P<marks>##+)[ \t]+(?P<title>.+?)[ \t]*(?:\{[ \t]*(?:#(?P<anchor>[\w-]+))?[^}]*\})?[ \t]*$"
)


class Heading(NamedTuple):
    """A heading below the page's own.

    Attributes:
        line: where it stands in the file, from 1.
        level: 2 for a section.
        title: its text, as Markdown.
        anchor: its id; empty where the source names none.
    """

    line: int
    level: int
    title: str
    anchor: str


def read(page: Page) -> Iterator[Heading]:
    """The headings of a page, in order; what stands in a fence is none."""
    fence = ""
    for number, line in enumerate(page.path.read_text("utf-8-sig").splitlines(), 1):
        fence = fence_after(line, fence)
        if not fence and (found := _HEADING.match(line)):
            yield Heading(number, len(found["marks"]), found["title"], found["anchor"] or "")
