"""Pages as pytest modules, blocks as pytest items."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core.project import Project, find_root
from ledger.errors import LedgerError
from ledger.pages.block import Block
from ledger.pages.page import Page, read_page
from ledger.verify.failure import BlockFailed
from ledger.verify.run import PageRun
from ledger.verify.update import only_output

# Whether a page goes on after a block whose output alone is not as expected.
UPDATING = pytest.StashKey[bool]()
RUNS = pytest.StashKey[list[PageRun]]()


class PageModule(pytest.Module):
    """A page: fixtures of module scope last as long as its blocks run."""

    # A page is no Python module; pytest must not import one.
    obj = None

    page: Page
    project: Project

    def collect(self) -> Iterator[BlockItem | SkippedItem]:
        """Give one item a block, in the page's order.

        Raises:
            CollectError: the page cannot be read.
        """
        try:
            self.project = Project(find_root(self.path.parent))
            self.page = read_page(self.project, self.path)
            fixtures = self.page.strings("fixtures")
            _ = self.page.parameters
        except LedgerError as error:
            raise self.CollectError(str(error)) from None
        if fixtures:
            self.add_marker(pytest.mark.usefixtures(*fixtures))
        for block in self.page.blocks:
            if block.kind == "verify":
                yield BlockItem.of(self, block)
            elif block.kind == "skip":
                yield SkippedItem.of(self, block)

    def selected(self, session: pytest.Session) -> bool:
        """Whether every block of the page was selected to run."""
        chosen = {item.name for item in session.items if item.parent is self}
        return chosen >= {block.name for block in self.page.verified_blocks}


class BlockItem(pytest.Function):
    """A block that runs."""

    block: Block

    @classmethod
    def of(cls, parent: PageModule, block: Block) -> BlockItem:
        """Make the item of a block."""

        def verify(ledger_page_run: PageRun) -> None:
            ledger_page_run.run(block)

        item: BlockItem = cls.from_parent(parent, name=block.name, callobj=verify)
        item.block = block
        return item

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the block stands."""
        return self.path, self.block.line - 1, self.name


class SkippedItem(pytest.Item):
    """A block that the page itself says is not run."""

    block: Block

    @classmethod
    def of(cls, parent: PageModule, block: Block) -> SkippedItem:
        """Make the item of a skipped block."""
        item: SkippedItem = cls.from_parent(parent, name=block.name or f"line-{block.line}")
        item.block = block
        item.add_marker(pytest.mark.skip(reason=parent.page.reasons[block.reason].reason))
        return item

    def runtest(self) -> None:
        """Never reached: the skip comes first."""

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the block stands."""
        return self.path, self.block.line - 1, self.name


def account_for(item: BlockItem, error: BaseException, report: pytest.TestReport) -> None:
    """Tell a failure to a person, and run nothing more of the page.

    While expectations are renewed, a page goes on where nothing but the output differs.

    Args:
        item: what failed.
        error: how.
        report: pytest's report of it; its text is replaced, unless a traceback was asked for.
    """
    if item.config.getoption("tbstyle", "auto") == "auto":
        report.longrepr = _told(item, error)
    run = item.funcargs.get("ledger_page_run")
    if (
        item.config.stash.get(UPDATING, False)
        and isinstance(error, BlockFailed)
        and isinstance(run, PageRun)
        and only_output(run.blocks[-1])
    ):
        return
    why = "the page's set-up failed" if report.when == "setup" else f"block {item.name} failed"
    siblings = [other for other in item.session.items if other.parent is item.parent]
    for other in siblings[siblings.index(item) + 1 :]:
        if isinstance(other, BlockItem):
            other.add_marker(pytest.mark.skip(reason=f"not run because {why}"))


def _told(item: BlockItem, error: BaseException) -> str:
    page = item.nodeid.partition("::")[0]
    if isinstance(error, BlockFailed | LedgerError):
        return str(error)
    if isinstance(error, pytest.FixtureLookupError):
        return f"{page}:1: fixtures: there is no fixture {error.argname!r}"
    if isinstance(error, pytest.fail.Exception):
        return f"{page}: {error}"
    place = traceback.extract_tb(error.__traceback__)[-1]
    told = f"{page}: {type(error).__name__}: {error}"
    return f"{told}\n  at {place.filename}:{place.lineno} in {place.name}"
