"""That a page shows what runs: the same blocks, the same text, each under its own anchor."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Final

from ledger.errors import PageError
from ledger.pages.block import Block
from ledger.pages.page import Page

_CODE: Final = re.compile(r"<code[^>]*>(.*)</code>", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]+>")
_FIX: Final = "keep macros and raw HTML away from command blocks"


def blocks(page: Page, rendered: Sequence[Block]) -> None:
    """Compare the blocks of the file with those of the built page.

    Raises:
        PageError: one more, one fewer, or one that differs.
    """
    for block, shown in zip_longest(page.blocks, rendered):
        if block is None:
            what = f"the site shows a command that does not run: {_first_line(shown)}"
            raise PageError(what, where=page.where, fix=_FIX)
        where = block.where
        if shown is None:
            what = f"the site does not show this command: {_first_line(block)}"
            raise PageError(what, where=where, fix=_FIX)
        if replace(block, line=0, where="") != replace(shown, line=0, where=""):
            what = f"the site shows {_first_line(shown)}, what runs is {_first_line(block)}"
            raise PageError(what, where=where, fix=_FIX)


def text(block: Block, rendered: str, where: str) -> None:
    """Compare a block with the text of its HTML and with what a copy button gives.

    Raises:
        PageError: they differ.
    """
    code = _CODE.search(rendered)
    shown = html.unescape(_TAG.sub("", code[1])).strip("\n") if code else ""
    if shown != block.text:
        raise PageError("highlighting changes the text of this command", where=where, fix=_FIX)
    if block.text != block.text.rstrip():
        raise PageError(
            "blanks end this command, and a copy button drops them",
            where=where,
            fix="take them away",
        )


def anchors(page: Page, text: str) -> None:
    """Check that the name of each block is the id of nothing else on the page.

    Raises:
        PageError: it is.
    """
    for block in page.blocks:
        if block.name and len(re.findall(rf'\sid="{re.escape(block.name)}"', text)) > 1:
            raise PageError(
                f"name {block.name!r} is the anchor of something else on this page, too",
                where=block.where,
                fix="rename the block, or give the heading an id of its own",
            )


def _first_line(block: Block) -> str:
    return repr(block.text.partition("\n")[0])
