"""What the reader of one build gets, and the reader of the other does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup


class Content(NamedTuple):
    """What a page gives its reader, apart from the look.

    Attributes:
        copied: what each copy button of a command gives, in order.
        anchors: what links can lead to.
        text: what he reads.
    """

    copied: list[str]
    anchors: frozenset[str]
    text: list[str]


def contents(site: Path) -> dict[str, Content]:
    """The content of each page of a built site, by its path."""
    return {
        path.relative_to(site).as_posix(): _content(path) for path in sorted(site.rglob("*.html"))
    }


def differences(ours: dict[str, Content], theirs: dict[str, Content]) -> Iterator[str]:
    """What is not the same on each page, one line each."""
    for name, page in ours.items():
        other = theirs.get(name)
        if other is None:
            yield f"{name}: no such page"
            continue
        if page.copied != other.copied:
            yield f"{name}: another text is copied"
        if lost := page.anchors - other.anchors:
            yield f"{name}: no anchor {', '.join(sorted(lost))}"
        if page.text != other.text:
            at = next(
                (a for a, b in zip(page.text, other.text, strict=False) if a != b), "one is longer"
            )
            yield f"{name}: another text, from here: {at[:50]}"


def _content(path: Path) -> Content:
    page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    # A page of the theme's own, such as that of an error, has no article.
    body = page.article or BeautifulSoup("", "html.parser")
    return Content(
        [str(element["data-copy"]) for element in body.select("[data-copy]")],
        frozenset(str(element["id"]) for element in body.select("[id]")),
        list(body.stripped_strings),
    )
