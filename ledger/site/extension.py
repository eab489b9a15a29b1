"""Each command block of a page, rendered with its evidence, or no page at all.

superfences and Pygments render; this extension listens. When the page is HTML it reads the
rendered fences back into command blocks and compares them with those that `ledger.pages` reads
from the file, which are those that run. Where they differ the build fails.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any, Final

import markdown
from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor

from ledger.errors import LedgerError, PageError
from ledger.pages.fences import COMMENT, MARKED, Recorder, visible
from ledger.pages.page import Page
from ledger.site import compare, heads, sources
from ledger.site.drawing import draw

# In every marker, of a fence and of a page.
_OURS: Final = "ledger-"
_PARAGRAPH: Final = re.compile(r"<p(?: [^>]*)?>.*?</p>", re.DOTALL)
_EMPTY: Final = re.compile(r"<p(?: [^>]*)?>\s*</p>")
_MARKER: Final = re.compile(rf"\s*({MARKED.pattern})\s*")
_BOX: Final = re.compile(r'(?<=<input type="checkbox" disabled)( checked)?(?=/>)')
_PAGE: Final = re.compile(
    r'<div hidden data-ledger-page="(?P<where>[^"]+)" data-ledger-url="(?P<url>[^"]*)">.*?</div>',
    re.DOTALL,
)


class BlocksExtension(Extension):
    """The Markdown extension `ledger.blocks`; in `mkdocs.yml` it follows `pymdownx.superfences`."""

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802  # the name is Markdown's
        """Listen to superfences, and finish the page when all else is done."""
        self._blocks = _Blocks(md)
        md.registerExtension(self)
        md.postprocessors.register(self._blocks, "ledger_blocks", -100)

    def reset(self) -> None:
        """Forget the page before."""
        self._blocks.fences.forget()


class _Fences(Recorder):
    """Keeps the HTML of each fence until the page is known."""

    def __init__(self, md: markdown.Markdown) -> None:
        super().__init__()
        self.html: dict[int, str] = {}
        self._format = self.attach(md)

    def format(self, src: str, **options: Any) -> str:
        """Let superfences render, keep what it gives, and leave a marker."""
        self.html[len(self.found)] = self._format(src=src, **options)
        return super().format(src)

    def forget(self) -> None:
        """Start a new page."""
        self.found.clear()
        self.html.clear()


class _Blocks(Postprocessor):
    """Puts the fences back into the page, the command blocks with their evidence."""

    def __init__(self, md: markdown.Markdown) -> None:
        super().__init__(md)
        self.fences = _Fences(md)

    def run(self, text: str) -> str:
        """Finish a page.

        Raises:
            LedgerError: what is rendered is not what runs; as the engine's own kind of error.
        """
        try:
            return self._finish(text)
        except LedgerError as error:
            raise _failure(error) from None

    def _finish(self, text: str) -> str:
        if _OURS not in text:  # a heading, most often: the table of contents sends each here
            return _BOX.sub(_named, text)
        page, head = _page(text)
        seen = visible(text)
        fences = [self.fences.found[number] for number in seen]
        drawn = draw(page, fences, [self.fences.html[number] for number in seen])
        html = dict(zip(seen, drawn, strict=True))
        text = _BOX.sub(_named, _PARAGRAPH.sub(_lift, text))
        text = MARKED.sub(lambda mark: html.get(int(mark[1]), ""), text)
        text = _PAGE.sub(lambda _: head, text)
        if page:
            compare.anchors(page, text)
        return text


def _named(box: re.Match[str]) -> str:
    """Give the box of a task list a name: to a screen reader it stands apart from its text."""
    return f'{box[0]} aria-label="{"done" if box[1] else "to do"}"'


def _lift(paragraph: re.Match[str]) -> str:
    """Take the markers out of a paragraph: to Markdown they are running text."""
    text = paragraph[0]
    return _EMPTY.sub("", _MARKER.sub(r"</p>\n\1\n<p>", text)) if MARKED.search(text) else text


def _page(text: str) -> tuple[Page | None, str]:
    """The page that the marker of `verified()` names, and the HTML to put in the marker's place.

    Returns:
        None and nothing if the page does not call it.

    Raises:
        PageError: the markers of two pages.
    """
    found = {marker.group("where", "url") for marker in _PAGE.finditer(COMMENT.sub("", text))}
    if len(found) > 1:
        raise PageError(
            "verified() of two pages on one", where=", ".join(sorted(where for where, _ in found))
        )
    if not found:
        return None, ""
    where, url = map(unescape, found.pop())
    page = sources.page(where)
    return page, heads.top(page, url)


def _failure(error: LedgerError) -> Exception:
    """The error as the engine shows errors: without a traceback, where it has such a kind."""
    try:
        from mkdocs.exceptions import BuildError
    except ImportError:
        return error
    return BuildError(str(error))
