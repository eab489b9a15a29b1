"""A failed block, told to a person."""

from __future__ import annotations

from typing import Final

from ledger.pages.block import Block
from ledger.verify.screen import last_lines

_STDERR_LINES: Final = 15
_COMMAND_LINES: Final = 20


class BlockFailed(Exception):  # noqa: N818
    """A block that did not do what its page says; its text is the report."""


class NeedFailed(BlockFailed):
    """A page that another page needs and that could not be made, or not be taken down.

    Args:
        told: the account.
        page: the page that is to be blamed, relative to the project.
    """

    def __init__(self, told: str, page: str) -> None:
        super().__init__(told)
        self.page = page


def describe(
    where: str, block: Block, reason: str, status: int | None, diff: str, stderr: str
) -> str:
    """Tell what ran, what was expected, what came back.

    What most likely caused the rest comes first: of a command that failed, its errors.

    Args:
        where: `file:line` of the block.
        block: the block.
        reason: why it failed, one clause.
        status: its exit status; None if it has none.
        diff: expected against got; empty if the output is as expected.
        stderr: what it printed on standard error.
    """
    got = "none" if status is None else status
    lines = [f"{where} block {block.name}: {reason}", *_quoted(block.text.splitlines())]
    lines.append(f"  exit code: expected {block.exit}, got {got}")
    parts = [("output", diff), ("stderr", last_lines(stderr, _STDERR_LINES))]
    for name, text in parts if status == block.exit else reversed(parts):
        if text.strip():
            lines += [f"  {name}:", *(f"    {line}" for line in text.splitlines())]
    return "\n".join(lines)


def _quoted(command: list[str]) -> list[str]:
    shown = [f"  | {line}" for line in command[:_COMMAND_LINES]]
    left = len(command) - _COMMAND_LINES
    return [*shown, f"  | ... and {left} more lines"] if left > 0 else shown
