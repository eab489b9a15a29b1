"""Whether the engine notices that a page was broken: reading it, by its evidence, running it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from ledger.core.project import Project
from ledger.errors import LedgerError
from ledger.pages.evidence import Lock, Result, input_digests, write_lock
from ledger.pages.page import Page, needed_pages, read_page
from ledger.pages.state import page_states
from ledger.verify.failure import BlockFailed
from ledger.verify.run import PageRun

DAY = date(2026, 11, 21)


class Judge:
    """A project of its own with one page, and the evidence that the page holds.

    Args:
        root: an empty folder.
        source: the project that the page and its inputs come from.
        page: the page, below `docs/` of the project or anywhere else.
    """

    def __init__(self, root: Path, source: Path, page: Path) -> None:
        self.project = Project(root)
        shutil.copy2(source / "mkdocs.yml", root / "mkdocs.yml")
        (root / "inputs").mkdir()
        (root / "inputs" / "data.txt").write_text("first\nsecond\n")
        self.path = root / "docs" / "page.md"
        self.path.parent.mkdir()
        self.path.write_bytes(page.read_bytes())
        good = self.read()
        docs = source / "docs" if page.is_relative_to(source / "docs") else page.parent
        left = [need.page for need in good.needs]
        while left:
            copy = self.project.docs / left.pop()
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(docs / copy.relative_to(self.project.docs), copy)
            left += [need.page for need in read_page(self.project, copy).needs]
        for name in good.strings("inputs"):
            if (source / name).is_dir():
                shutil.copytree(source / name, root / name)
            elif (source / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / name, root / name)
        self.runs = not good.needs_cluster
        self._lock(good)
        assert self.notices(self.path.read_text("utf-8")) == ()

    def read(self) -> Page:
        """Read the page as it is now."""
        return read_page(self.project, self.path)

    def notices(self, text: str) -> tuple[str, ...]:
        """How the engine notices that the page holds `text` now; empty if it does not.

        `error` is a page that cannot be read, `stale` evidence that no longer holds, `failed` a
        run that fails, of a page that needs no cluster.
        """
        self.path.write_text(text, "utf-8")
        try:
            page = self.read()
            needed_pages(self.project, page)
        except LedgerError:
            return ("error",)
        found = []
        states = page_states(self.project, page, DAY)
        if not page.verified_blocks or not all(state.state.holds for state in states):
            found.append("stale")
        if self.runs and not _passes(self.project, page):
            found.append("failed")
        return tuple(found)

    def _lock(self, page: Page) -> None:
        """Write what a run of the page that passed would have written."""
        inputs = input_digests(self.project, page.strings("inputs"), page.where)
        blocks = {b.name: Result(b.sha256, "passed", b.back) for b in page.verified_blocks}
        lock = Lock(page.where, DAY, page.setup, {}, inputs, blocks)
        write_lock(self.project, page, lock)


def _passes(project: Project, page: Page) -> bool:
    run = PageRun(project, page, None)
    try:
        for block in page.verified_blocks:
            run.run(block)
    except (BlockFailed, LedgerError):
        return False
    finally:
        try:
            run.finish()
        except LedgerError:
            return False
    return True
