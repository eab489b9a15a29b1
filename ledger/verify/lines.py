"""Where the fences of a page stand in its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ledger.core.project import Project
from ledger.pages.extensions import site_extensions
from ledger.pages.fences import Fence, parse
from ledger.pages.page import Page, split_page


def fences_of(project: Project, page: Page, text: str) -> Iterator[Fence]:
    """The fences that a reader of the page sees, with their lines in the file.

    Args:
        project: the project.
        page: the page.
        text: what its file holds, or may come to hold.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    _, body = split_page(plain, page.where)
    before = plain.count("\n", 0, len(plain) - len(body))

    def at(line: int) -> str:
        return f"{page.where}:{before + line}"

    for fence in parse(body, site_extensions(project.root), at, project.root):
        yield replace(fence, line=fence.line + before, end=fence.end + before)
