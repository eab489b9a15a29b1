"""Command blocks: what a page asks the reader to run, and what must come back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ledger.errors import PageError
from ledger.pages.attributes import MATCHES, Info, read_info, seconds
from ledger.pages.fences import Fence

SHELLS: Final = ("bash", "sh", "shell", "console", "zsh")
DEFAULT_TIMEOUT: Final = 60.0


@dataclass(frozen=True)
class Expectation:
    """What a block's standard output must be.

    Attributes:
        match: how to compare: exact, like, regex, contains or json; none not to compare.
        text: what is expected, as the reader sees it.
    """

    match: str
    text: str = ""


@dataclass(frozen=True)
class Block:
    """One command block of a page.

    Attributes:
        kind: verify (run), skip (shown as not verified) or show (not a procedure).
        name: unique on its page; empty only for skip and show.
        text: what the reader copies and the shell runs, byte for byte.
        line: line of its opening fence in the file.
        timeout: seconds that it may take.
        exit: the exit status that it must have.
        mutates: whether it changes the system.
        undo: name of the block that undoes it; empty if none.
        irreversible: whether nothing undoes it.
        reason: why it is skipped, as a token that the page explains.
        expectation: what must come back; None for skip and show.
    """

    kind: str
    name: str
    text: str
    line: int
    timeout: float = DEFAULT_TIMEOUT
    exit: int = 0
    mutates: bool = False
    undo: str = ""
    irreversible: bool = False
    reason: str = ""
    expectation: Expectation | None = None

    @property
    def sha256(self) -> str:
        """Digest of all that a run depends on; where the block stands does not count."""
        expectation = self.expectation
        parts = [
            self.kind,
            self.name,
            self.text,
            self.exit,
            self.timeout,
            [expectation.match, expectation.text] if expectation else None,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def read_blocks(fences: list[Fence], where: Callable[[int], str]) -> list[Block]:
    """Turn a page's fences into its command blocks, in order.

    Raises:
        PageError: at the first fence that cannot mean what it says.
    """
    blocks: list[Block] = []
    open_block: tuple[Info, Fence] | None = None
    for fence in fences:
        here = where(fence.line)
        info = read_info(fence.info, here)
        if info.kind == "expect":
            if open_block is None or "expect" in open_block[0].values:
                raise PageError(
                    "this expectation follows no .verify block", where=here, fix="move it below one"
                )
            blocks.append(_block(*open_block, where, _expectation(info, fence, here)))
            open_block = None
            continue
        if open_block:
            blocks.append(_block(*open_block, where, None))
            open_block = None
        if info.kind == "verify":
            open_block = (info, fence)
        elif info.kind or info.language in SHELLS:
            blocks.append(_unrun(info, fence, here))
    if open_block:
        blocks.append(_block(*open_block, where, None))
    _check_names(blocks, where)
    return blocks


def _expectation(info: Info, fence: Fence, here: str) -> Expectation:
    match = info.values.get("match", "exact")
    if match not in MATCHES:
        raise PageError(f"unknown match {match!r}", where=here, fix=f"one of {', '.join(MATCHES)}")
    text = fence.text.strip("\n")
    if not text:
        raise PageError("this expectation is empty", where=here, fix="say what must come back")
    return Expectation(match, text)


def _block(
    info: Info, fence: Fence, where: Callable[[int], str], expectation: Expectation | None
) -> Block:
    here, values = where(fence.line), info.values
    if values.get("expect", "none") != "none":
        raise PageError("expect= takes only none", where=here, fix="use a text {.expect} fence")
    if expectation is None and "expect" not in values:
        raise PageError(
            "this block says nothing of what must come back",
            where=here,
            fix="add a ```text {.expect match=...} fence below it, or expect=none",
        )
    if info.language not in SHELLS[:2] or not values.get("name"):
        raise PageError("a .verify block is bash and has a name", where=here, fix="add name=...")
    status = values.get("exit", "0")
    if not status.isdigit() or int(status) > 255:
        raise PageError(f"exit={status} is no exit status", where=here, fix="write 0 to 255")
    mutates, irreversible = "mutates" in values, "irreversible" in values
    if mutates and not irreversible and "undo" not in values:
        raise PageError(
            "this block mutates and names no way back",
            where=here,
            fix="add undo=... or irreversible",
        )
    return Block(
        kind="verify",
        name=values["name"],
        text=_command(fence, here),
        line=fence.line,
        timeout=seconds(values["timeout"], here) if "timeout" in values else DEFAULT_TIMEOUT,
        exit=int(status),
        mutates=mutates,
        undo=values.get("undo", ""),
        irreversible=irreversible,
        expectation=expectation or Expectation("none"),
    )


def _unrun(info: Info, fence: Fence, here: str) -> Block:
    if not info.kind:
        raise PageError(
            f"a bare {info.language} fence: nobody knows whether it works",
            where=here,
            fix="add {.verify name=...}, {.skip reason=...} or {.show}",
        )
    if info.kind == "skip" and not info.values.get("reason"):
        raise PageError("a skipped block must say why", where=here, fix="add reason=...")
    return Block(
        kind=info.kind,
        name=info.values.get("name", ""),
        text=_command(fence, here),
        line=fence.line,
        reason=info.values.get("reason", ""),
    )


def _command(fence: Fence, here: str) -> str:
    text = fence.text.strip("\n")
    if not text.strip():
        raise PageError("this block is empty", where=here, fix="write the command")
    return text


def _check_names(blocks: list[Block], where: Callable[[int], str]) -> None:
    names: dict[str, Block] = {}
    for block in blocks:
        if block.name and block.name in names:
            first = names[block.name].line
            raise PageError(
                f"name {block.name!r} twice, first on line {first}", where=where(block.line)
            )
        names[block.name] = block
    for block in blocks:
        if block.undo and block.undo not in names:
            raise PageError(
                f"undo={block.undo} names no block of this page",
                where=where(block.line),
                fix=f"one of {', '.join(filter(None, names))}",
            )
