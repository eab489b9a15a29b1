"""What became of a block, and of a page that another one needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.pages.block import Block

PASSED: Final = "passed"
FAILED: Final = "failed"
NOT_RUN: Final = "not-run"
MET: Final = "met"
MADE: Final = "made"


@dataclass(frozen=True)
class BlockRun:
    """What became of one block.

    Attributes:
        block: the block.
        result: passed, failed or not-run.
        reason: why, one clause; empty if it passed.
        status: its exit status; None if there is none to tell.
        seconds: how long it took.
        stdout: excerpt of its standard output, without secrets.
        stderr: excerpt of its standard error, without secrets.
    """

    block: Block
    result: str
    reason: str = ""
    status: int | None = None
    seconds: float = 0.0
    stdout: str = ""
    stderr: str = ""


@dataclass(frozen=True)
class NeedRun:
    """What became of a page that another one needs.

    Attributes:
        page: the page that is needed, relative to the project.
        result: met (nothing was left to do), made (it was run) or failed.
        seconds: how long it took to find out and to make it.
    """

    page: str
    result: str
    seconds: float
