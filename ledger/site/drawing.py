"""The HTML of a page's fences: command blocks with their evidence, outputs with their caption."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import PageError
from ledger.pages.attributes import read_info
from ledger.pages.block import Block, read_blocks
from ledger.pages.fences import Fence
from ledger.pages.page import Page
from ledger.site import compare, marks, sources, views
from ledger.site.html import render
from ledger.site.marks import Mark

SHOWN = Mark("shown", "an example, not a step")


def draw(page: Page | None, fences: Sequence[Fence], bodies: Sequence[str]) -> list[str]:
    """Wrap each rendered fence in what is known of it.

    Args:
        page: the page that shows them; None if it does not say which it is.
        fences: the fences that the reader sees, in order.
        bodies: the HTML of each, as superfences gives it.

    Raises:
        PageError: a command without evidence to show, or one that is not what runs.
    """

    def near(line: int) -> str:
        return f"{page.where}, near line {line}" if page else f"near line {line}"

    blocks = read_blocks(list(fences), near)
    if page:
        compare.blocks(page, blocks)
    elif any(block.kind != "show" for block in blocks):
        raise PageError(
            "this page has commands and does not say what is known of them",
            fix="put <!--[ verified() ]--> below its first heading",
        )
    shown = {
        block.line: (block, mark) for block, mark in zip(blocks, _marks(page, blocks), strict=True)
    }
    drawn = []
    last: Block | None = None
    for fence, body in zip(fences, bodies, strict=True):
        if fence.line in shown:
            last, mark = shown[fence.line]
            compare.text(last, body, near(fence.line))
            head = render("block", block=last, mark=mark, facts=views.block_facts(last))
            body = f"{head}\n{body}</div>"
        elif last and last.expectation and read_info(fence.info, near(fence.line)).kind == "expect":
            body = f"{render('expect', caption=views.caption(last.expectation))}\n{body}</div>"
        drawn.append(body)
    return drawn


def _marks(page: Page | None, blocks: Sequence[Block]) -> list[Mark]:
    """The mark of each rendered block; the page's own blocks are the same, in the same order."""
    if page is None:
        return [SHOWN for _ in blocks]
    known = {state.block: marks.block(state) for state in sources.states(page)}
    return [known.get(block, SHOWN) for block in page.blocks]
