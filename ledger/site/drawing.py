"""The HTML of a page's fences: command blocks with their evidence, outputs with their caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ledger.errors import PageError
from ledger.pages.attributes import read_info
from ledger.pages.block import Block, read_blocks
from ledger.pages.fences import Fence
from ledger.pages.page import Page
from ledger.site import compare, heads, runs, sources
from ledger.site.html import render

CAPTIONS: Final = {
    "exact": "Expected output",
    "like": "Expected output; ages, names and times differ",
    "contains": "Expected somewhere in the output",
    "regex": "Expected output, as a pattern",
    "json": "Expected output, as JSON; more keys may be there",
    "none": "Output, for example",
}


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

    fences = [replace(fence, where=near(fence.line)) for fence in fences]
    blocks = read_blocks(fences)
    if page:
        compare.blocks(page, blocks)
    elif shown := next((block for block in blocks if block.kind != "show"), None):
        raise PageError(
            "this page has commands and does not say what is known of them",
            where=near(shown.line),
            fix="put <!--[ verified() ]--> below its first heading",
        )
    opened = dict(zip((block.line for block in blocks), _heads(page, blocks), strict=True))
    drawn = []
    last: Block | None = None
    for fence, body in zip(fences, bodies, strict=True):
        if fence.line in opened:
            last, head = opened[fence.line]
            compare.text(last, body, fence.where)
            body = f"{head}\n{body}</div>"
        elif last and last.expectation and read_info(fence.info, fence.where).kind == "expect":
            body = f"{render('expect', caption=CAPTIONS[last.expectation.match])}\n{body}</div>"
        drawn.append(body)
    return drawn


def _heads(page: Page | None, blocks: Sequence[Block]) -> list[tuple[Block, str]]:
    """Each rendered block with the HTML that opens it.

    The page's own blocks are the same, in the same order; only their lines differ.
    """
    known = {state.block.where: state for state in (sources.states(page) if page else ())}
    variants = sources.variants(page) if page else {}
    newest = runs.newest(page) if page else {}
    pairs = zip(blocks, page.blocks if page else blocks, strict=True)
    return [
        (shown, heads.head(page, block, known.get(block.where), variants, newest))
        for shown, block in pairs
    ]
