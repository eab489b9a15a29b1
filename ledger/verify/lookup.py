"""Find one block by what a person calls it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from ledger.core.project import Project
from ledger.errors import PageError, UsageError
from ledger.pages.attributes import read_info
from ledger.pages.block import Block
from ledger.pages.page import Page, read_page
from ledger.verify.lines import fences_of


class Found(NamedTuple):
    """A block and its page."""

    page: Page
    block: Block

    def __str__(self) -> str:
        return f"{self.page.where}#{self.block.name or f'line-{self.block.line}'}"


def find_block(project: Project, text: str) -> Found:
    """Find a block by `name`, `page#name` or `page:line`.

    Args:
        project: the project.
        text: what was typed; a page is a path from here or from the project.

    Raises:
        UsageError: there is no such block, or more than one page has it.
        PageError: the page cannot be read.
    """
    page, mark, name = text.rpartition("#")
    if mark:
        return _named([*_blocks(_page(project, page))], name, text)
    page, mark, line = text.rpartition(":")
    if mark and line.isdecimal():
        return _at(project, _page(project, page), int(line), text)
    if text.endswith(".md"):
        raise _which(_page(project, text), text)
    known, unread = _everywhere(project)
    if unread and all(one.block.name != text for one in known):
        what = f"no block {text!r} on the pages that can be read; {unread} cannot"
        raise UsageError(what, where=text, fix="ledger check --pages")
    return _named(known, text, text)


def _page(project: Project, name: str) -> Page:
    here, there = Path(name).resolve(), project.root / name
    return read_page(project, here if here.is_file() or not there.is_file() else there)


def _blocks(page: Page) -> Iterator[Found]:
    """The blocks of a page that are a procedure."""
    return (Found(page, block) for block in page.blocks if block.kind != "show")


def _everywhere(project: Project) -> tuple[list[Found], int]:
    """Every block, and how many pages cannot be read; who names one of them is told why."""
    found, unread = list[Found](), 0
    for path in sorted(project.docs.rglob("*.md")):
        try:
            found += _blocks(read_page(project, path))
        except PageError:
            unread += 1
    return found, unread


def _which(page: Page, text: str) -> UsageError:
    """The question which block of a page is meant."""
    blocks = [found.block for found in _blocks(page)]
    if not blocks:
        fix = "ledger evidence show lists the pages with blocks"
        return UsageError("this page has no block", where=text, fix=fix)
    first = f"#{blocks[0].name}" if blocks[0].name else f":{blocks[0].line}"
    names = ", ".join(block.name or f"line {block.line}" for block in blocks)
    fix = f"name one of them: ledger why {text}{first}; all: ledger evidence show {text}"
    return UsageError(f"a page with the blocks {names}", where=text, fix=fix)


def _named(known: Sequence[Found], name: str, text: str) -> Found:
    found = [one for one in known if one.block.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        fix = f"one of {', '.join(map(str, found))}"
        raise UsageError(f"{len(found)} pages have a block {name}", where=text, fix=fix)
    near = get_close_matches(name, [one.block.name for one in known], n=1)
    fix = f"did you mean {near[0]}?" if near else "ledger evidence show PAGE lists a page's blocks"
    raise UsageError(f"no block {name!r}", where=text, fix=fix)


def _at(project: Project, page: Page, line: int, text: str) -> Found:
    """The block on a line: from its opening fence to the next thing that is not its own."""
    above = [block for block in page.blocks if block.line <= line]
    last = above[-1] if above else None
    if last is None or last.kind == "show" or line > _last_line(project, page, last):
        lines = ", ".join(str(one.block.line) for one in _blocks(page)) or "none"
        fix = f"blocks of the page begin on line {lines}"
        raise UsageError("no block on this line", where=text, fix=fix)
    return Found(page, last)


def _last_line(project: Project, page: Page, block: Block) -> int:
    """Line of the fence that closes a block, or else what it expects."""
    end = 0
    for fence in fences_of(project, page, page.path.read_text("utf-8-sig")):
        if fence.line == block.line or (end and read_info(fence.info, page.where).kind == "expect"):
            end = fence.end
        elif end:
            break
    return end
