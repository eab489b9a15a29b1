"""Do what a page needs of other pages before it runs, and take that down at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from textwrap import indent

from ledger.core.project import Project
from ledger.pages.attributes import TEARDOWN
from ledger.pages.needs import Need
from ledger.pages.page import Page, read_page
from ledger.verify.failure import BlockFailed, NeedFailed
from ledger.verify.results import FAILED, MADE, MET, NeedRun
from ledger.verify.run import PageRun


class Needs:
    """The pages that were made because others need them; they stand until `close`.

    Args:
        begin: begins a run of a page.
        say: tells a person what takes time.
    """

    def __init__(
        self, begin: Callable[[Project, Page], PageRun], say: Callable[[str], None]
    ) -> None:
        self._begin = begin
        self._say = say
        self._made: dict[str, PageRun] = {}
        self._failed: dict[str, BlockFailed] = {}

    def meet(self, run: PageRun, hold: Callable[[str], object]) -> None:
        """Make sure that all is there that a page needs; its run notes what became of each need.

        Each need is asked first. Only where it is not met, what that page itself needs comes
        first, then its blocks run, but those that take it down.

        Args:
            run: the run of the page.
            hold: brings up a fixture for as long as the page runs.

        Raises:
            NeedFailed: a page could not be made.
        """
        for need in run.page.needs:
            self._meet((need,), run, hold)

    def close(self) -> None:
        """Take down what was made, the last first.

        Raises:
            NeedFailed: a block that takes down failed; all the others ran.
        """
        told = [(text, name) for name in reversed([*self._made]) if (text := self._end(name))]
        if told:
            raise NeedFailed("\n".join(text for text, _ in told), told[0][1])

    def _meet(self, chain: tuple[Need, ...], run: PageRun, hold: Callable[[str], object]) -> None:
        """Meet the last need of a chain, each of which is one of the page before."""
        page = read_page(run.project, run.project.docs / chain[-1].page)
        if page.where in {done.page for done in run.needs}:
            return
        begun = time.monotonic()

        def note(result: str) -> None:
            run.needs.append(NeedRun(page.where, result, time.monotonic() - begun))

        try:
            why = self._ask(run.project, page, chain[-1].block)
            if why:
                for need in page.needs:
                    self._meet((*chain, need), run, hold)
                self._make(run, page, hold, why)
        except BlockFailed as failed:
            note(FAILED)
            raise failed if isinstance(failed, NeedFailed) else _lost(chain, page, failed) from None
        note(MADE if why else MET)

    def _ask(self, project: Project, page: Page, name: str) -> str:
        """Run the block that tells whether a page is needed, alone; why it is, if it is."""
        run = self._begin(project, page)
        try:
            run.run(next(block for block in page.verified_blocks if block.name == name))
        except BlockFailed:
            return f"block {name} {run.blocks[-1].reason}"
        finally:
            run.close()
        return ""

    def _make(self, by: PageRun, page: Page, hold: Callable[[str], object], why: str) -> None:
        if page.where in self._failed:
            raise self._failed[page.where]
        self._say(f"{by.page.where} needs {page.where}, making it: {why}")
        self._end(page.where)
        for fixture in page.strings("fixtures"):
            hold(fixture)
        run = self._made[page.where] = self._begin(by.project, page)
        try:
            for block in page.verified_blocks:
                if block.stage != TEARDOWN:
                    run.run(block)
        except BlockFailed as failed:
            self._failed[page.where] = failed
            if told := self._end(page.where):
                self._say(told)
            raise

    def _end(self, name: str) -> str:
        """Take down a page if it was made; the account of what failed."""
        if name not in self._made:
            return ""
        run = self._made.pop(name)
        try:
            return run.take_down(self._say)
        finally:
            run.close(keep=run.keep)


def _lost(chain: tuple[Need, ...], page: Page, failed: BlockFailed) -> NeedFailed:
    pages = ", which needs ".join(need.page for need in chain)
    told = f"{chain[0].where}: it needs {pages}, and that failed\n{indent(str(failed), '  ')}"
    return NeedFailed(told, page.where)
