"""Pages as pytest modules, blocks as pytest items."""

from __future__ import annotations

import os
import traceback
from collections.abc import Hashable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from ledger.cluster import Identity
from ledger.core.project import Project
from ledger.errors import LedgerError
from ledger.pages.attributes import TEARDOWN
from ledger.pages.block import Block
from ledger.pages.page import Page, needed_pages, read_page
from ledger.verify.failure import BlockFailed, NeedFailed
from ledger.verify.redact import Redactor
from ledger.verify.run import PageRun, because
from ledger.verify.update import only_output

# Whether a page goes on after a block whose output alone is not as expected.
UPDATING = pytest.StashKey[bool]()
RUNS = pytest.StashKey[list[PageRun]]()
# Those of needed pages too.
BEGUN = pytest.StashKey[list[PageRun]]()


class PageModule(pytest.Module):
    """A page: fixtures of module scope last as long as its blocks run."""

    # A page is no Python module; pytest must not import one.
    obj = None

    page: Page
    project: Project
    needed: tuple[Path, ...] = ()

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path, project: Project) -> PageModule:
        """Make the module of a page."""
        module: PageModule = cls.from_parent(parent, path=path)
        module.project = project
        return module

    def collect(self) -> Iterator[BlockItem | SkippedItem]:
        """Give one item a block, in the page's order.

        Raises:
            CollectError: the page cannot be read.
        """
        try:
            self.page = read_page(self.project, self.path)
            if variant := self.config.getoption("ledger_variant"):
                if variant not in self.page.variants:
                    return
                self.page = self.page.as_variant(variant)
            fixtures = self.page.strings("fixtures")
            _ = self.page.parameters
            self.needed = tuple(p.path for p in needed_pages(self.project, self.page).values())
        except LedgerError as error:
            raise self.CollectError(str(error)) from None
        # The cluster by name: what a failed fixture tells can hold its secrets.
        if self.page.needs_cluster:
            fixtures = ("cluster", *fixtures)
            self.add_marker(pytest.mark.cluster)
        if fixtures:
            self.add_marker(pytest.mark.usefixtures(*fixtures))
        for block in self.page.blocks:
            if block in self.page.verified_blocks:
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


def arranged(items: Sequence[pytest.Item], *, keep: bool) -> list[pytest.Item]:
    """The items as they run: pages behind those that they need, all else in its order.

    A page of which only some blocks were chosen sets up and takes down all the same.

    Args:
        items: what was collected and chosen.
        keep: whether nothing is taken down.
    """
    units: dict[Hashable, list[pytest.Item]] = {}
    for item in items:
        page = item.parent if isinstance(item.parent, PageModule) else None
        units.setdefault(page or item, []).append(item)
    pages = {unit.path.resolve(): unit for unit in units if isinstance(unit, PageModule)}
    order: dict[Hashable, None] = {}
    for unit in units:
        needed = unit.needed if isinstance(unit, PageModule) else ()
        order |= dict.fromkeys(pages[path] for path in needed if path in pages) | {unit: None}
    return [
        item
        for unit in order
        for item in (_whole(unit, units[unit]) if isinstance(unit, PageModule) else units[unit])
        if not (keep and isinstance(item, BlockItem) and item.block.stage == TEARDOWN)
    ]


def _whole(page: PageModule, chosen: list[pytest.Item]) -> list[pytest.Item]:
    names = {item.name for item in chosen if isinstance(item, BlockItem)}
    if not names:
        return chosen
    blocks = page.page.blocks
    ends = [block for block in page.page.verified_blocks if block.stage]
    missing = [BlockItem.of(page, block) for block in ends if block.name not in names]
    ours = [item for item in (*chosen, *missing) if isinstance(item, BlockItem | SkippedItem)]
    return [*sorted(ours, key=lambda item: blocks.index(item.block))]


def account_for(item: BlockItem, error: BaseException, report: pytest.TestReport) -> None:
    """Tell a failure to a person, and run nothing more of the page.

    While expectations are renewed, a page goes on where nothing but the output differs.

    Args:
        item: what failed.
        error: how.
        report: pytest's report of it; its text is replaced, unless a traceback was asked for.
    """
    run = item.funcargs.get("ledger_page_run")
    with closing(run.redact if isinstance(run, PageRun) else _redactor(item)) as redact:
        _tell(item, error, report, redact)
    if (
        item.config.stash.get(UPDATING, False)
        and isinstance(error, BlockFailed)
        and isinstance(run, PageRun)
        and only_output(run.blocks[-1])
    ):
        return
    in_setup = report.when == "setup"
    why = "the page's set-up failed" if in_setup else because(item.block)
    if isinstance(error, NeedFailed):
        why = f"{error.page}, which the page needs, failed"
    siblings = [other for other in item.session.items if other.parent is item.parent]
    for other in siblings[siblings.index(item) + 1 :]:
        if isinstance(other, BlockItem) and (in_setup or other.block.stage != TEARDOWN):
            other.add_marker(pytest.mark.skip(reason=f"not run because {why}"))


def _tell(
    item: BlockItem, error: BaseException, report: pytest.TestReport, redact: Redactor
) -> None:
    short = item.config.getoption("tbstyle", "auto") == "auto"
    told = _told(item, error) if short else str(report.longrepr)
    # Nothing of ours is left out where secrets cannot be read: it is masked already.
    ours = short and isinstance(error, BlockFailed | LedgerError)
    report.longrepr = redact(told) if ours else redact.shown(told)
    report.sections = [(name, redact.shown(text)) for name, text in report.sections]


def _redactor(item: BlockItem) -> Redactor:
    """What a failure is masked with that comes before the page's run."""
    identity = item.funcargs.get("cluster")
    return Redactor(os.environ, identity.kubeconfig if isinstance(identity, Identity) else None)


def _told(item: BlockItem, error: BaseException) -> str:
    page = item.nodeid.partition("::")[0]
    if isinstance(error, BlockFailed | LedgerError):
        return str(error)
    if isinstance(error, pytest.FixtureLookupError):
        fix = "define it in conftest.py, or take it out of fixtures:"
        return f"{page}:1: fixtures: there is no fixture {error.argname!r}\n  fix: {fix}"
    if isinstance(error, pytest.fail.Exception):
        return f"{page}: {error}"
    place = traceback.extract_tb(error.__traceback__)[-1]
    told = f"{page}: {type(error).__name__}: {error}"
    return f"{told}\n  at {place.filename}:{place.lineno} in {place.name}"
