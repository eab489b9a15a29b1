"""What is wrong with a page before anybody runs it: what a reader would stumble over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import markdown

from ledger.core.problem import Problem, place
from ledger.core.project import Project
from ledger.errors import LedgerError, PageError
from ledger.pages.extensions import site_extensions
from ledger.pages.lint_blocks import block_problems
from ledger.pages.lint_header import header_problems
from ledger.pages.lint_rules import BAD_NEED, DEAD_LINK, NO_TITLE, UNREADABLE
from ledger.pages.lint_shape import line_of, shape_problems
from ledger.pages.page import Page, needed_pages, read_page, split_page

_MACROS: Final = re.compile(r"\s*(?:<!--\[.*?\]-->\s*)+", re.DOTALL)


def page_problems(project: Project, path: Path) -> list[Problem]:
    """Everything wrong with one page, in order; a page that cannot be read has one problem.

    Args:
        project: the project that holds the page.
        path: the page's file.
    """
    try:
        page = read_page(project, path)
    except LedgerError as error:
        return [UNREADABLE.at(*place(error.where), error.what, error.fix)]
    text = path.read_text("utf-8-sig")
    _, body = split_page(text, page.where)
    extensions = site_extensions(project.root)
    seen = _Seen()
    seen.feed(markdown.markdown(body, extensions=list(extensions), extension_configs=extensions))
    named = page.meta.get("title") or seen.headed or _MACROS.fullmatch(body)
    found = [] if named else [NO_TITLE.at(page.where, 1, "this page has no title")]
    found += shape_problems(project, page, text, body, seen.sections)
    found += header_problems(page, text)
    found += _bad_needs(project, page)
    found += [problem for block in page.blocks for problem in block_problems(block)]
    found += _dead_links(project, page, text, seen.targets)
    return sorted(found)


class _Seen(HTMLParser):
    """Where a rendered page leads, whether it has a heading of its own, and its sections."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.sections: list[str] = []
        self.headed = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.headed = self.headed or tag == "h1"
        self.targets += [value for name, value in attrs if name in {"href", "src"} and value]
        if tag == "h2":
            self.sections.append(dict(attrs).get("id") or "")


def _bad_needs(project: Project, page: Page) -> Iterator[Problem]:
    """What is wrong with the needs of another page is told of that page."""
    try:
        needed_pages(project, page)
    except PageError as error:
        where, line = place(error.where)
        if where == page.where:
            yield BAD_NEED.at(where, line, error.what, error.fix)


def _dead_links(project: Project, page: Page, text: str, targets: list[str]) -> Iterator[Problem]:
    for target in dict.fromkeys(targets):
        # Where a macro leads, only the built site can tell.
        if "<!--[" not in target and _is_dead(project, page, target):
            line = line_of(target, text)
            yield DEAD_LINK.at(page.where, line, f"{target} leads to no file of docs/")


def _is_dead(project: Project, page: Page, target: str) -> bool:
    try:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
            return False
        file = (page.path.parent / unquote(parts.path)).resolve()
    except ValueError:  # no URL, or no name of a file
        return True
    return not file.exists() or not file.is_relative_to(project.docs.resolve())
