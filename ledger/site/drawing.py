"""The HTML of a page's fences: command blocks with their evidence, outputs with their caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ledger.errors import PageError
from ledger.pages.attributes import read_info
from ledger.pages.block import Block, read_blocks
from ledger.pages.fences import Fence
from ledger.pages.page import Page
from ledger.pages.state import State
from ledger.site import compare, marks, runs, sources, views
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

    fences = [replace(fence, where=near(fence.line)) for fence in fences]
    blocks = read_blocks(fences)
    if page:
        compare.blocks(page, blocks)
    elif any(block.kind != "show" for block in blocks):
        raise PageError(
            "this page has commands and does not say what is known of them",
            fix="put <!--[ verified() ]--> below its first heading",
        )
    heads = dict(zip((block.line for block in blocks), _heads(page, blocks), strict=True))
    drawn = []
    last: Block | None = None
    for fence, body in zip(fences, bodies, strict=True):
        if fence.line in heads:
            last, head = heads[fence.line]
            compare.text(last, body, fence.where)
            body = f"{head}\n{body}</div>"
        elif last and last.expectation and read_info(fence.info, fence.where).kind == "expect":
            body = f"{render('expect', caption=views.caption(last.expectation))}\n{body}</div>"
        drawn.append(body)
    return drawn


def _heads(page: Page | None, blocks: Sequence[Block]) -> list[tuple[Block, str]]:
    """Each rendered block with the HTML that opens it.

    The page's own blocks are the same, in the same order; only their lines differ.
    """
    known = {state.block.where: state for state in (sources.states(page) if page else ())}
    variants = sources.variants(page) if page else {}
    took = runs.seconds(page) if page else {}
    found = []
    for shown, block in zip(blocks, page.blocks if page else blocks, strict=True):
        state = known.get(block.where)
        mark = marks.block(state) if state else SHOWN
        seconds = took.get(block.name) if mark.tone == State.VERIFIED else None
        facts = views.block_facts(block, seconds)
        facts += views.variant_facts(state, variants) if state else []
        found.append((shown, render("block", block=block, mark=mark, facts=facts)))
    return found
