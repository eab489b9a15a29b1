"""`ledger verify` without its looks: run pages through pytest, tell what happened."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest

from ledger import cluster
from ledger.core.project import Project
from ledger.errors import ClusterError, LedgerError, WrongClusterError
from ledger.pages.page import Page
from ledger.verify.failure import NeedFailed
from ledger.verify.items import RUNS, UPDATING, BlockItem, SkippedItem
from ledger.verify.results import FAILED, NOT_RUN, PASSED
from ledger.verify.run import PageRun

SKIPPED: Final = "skipped"
AFTER: Final = "(after the last block)"


@dataclass(frozen=True)
class Row:
    """What became of one block of one page.

    Attributes:
        page: the page, relative to the project.
        name: the block.
        line: line of its opening fence.
        result: passed, failed, skipped or not-run.
        reason: why, one clause; empty if it passed.
        seconds: how long it took.
        report: the whole account of a failure.
    """

    page: str
    name: str
    line: int
    result: str
    reason: str = ""
    seconds: float = 0.0
    report: str = ""


@dataclass
class Account:
    """What a run of pages gave: a row a block, and the runs of pages to record."""

    rows: list[Row] = field(default_factory=list)
    runs: list[PageRun] = field(default_factory=list)

    def count(self, result: str) -> int:
        """How many blocks had this result."""
        return sum(row.result == result for row in self.rows)

    def broken(self, page: str) -> bool:
        """Whether something else than a block of the page failed: its evidence is incomplete."""
        begun = {run.page.where for run in self.runs if run.blocks}
        return page not in begun or any(row.page == page and row.name == AFTER for row in self.rows)


def run_pages(
    project: Project,
    pages: Sequence[Page],
    *,
    on_start: Callable[[str, str], None],
    on_row: Callable[[Row], None],
    updating: bool = False,
    keep: bool = False,
    name: str = cluster.NAME,
    uid: str | None = None,
    plugins: Sequence[object] = (),
) -> Account:
    """Run pages through pytest, in this process.

    Args:
        project: the project.
        pages: its pages to run.
        on_start: told page and block when a block begins.
        on_row: told the result when it ends.
        updating: go on after a block whose output alone is not as expected.
        keep: take nothing down, and write no record.
        name: the cluster that they run on, if no UID names another.
        uid: the UID of the cluster that $KUBECONFIG leads to.
        plugins: pytest plugins of the caller's.

    Raises:
        WrongClusterError: the kubeconfig came to lead to another cluster.
        ClusterError: the cluster went away.
        LedgerError: pytest itself could not run.
        KeyboardInterrupt: the user stopped it.
        BrokenPipeError: nobody reads what `on_row` prints.
    """
    if not pages:
        return Account()
    listener = _Listener(on_start, on_row, updating=updating)
    # pytest's own reporter is switched off, and options for it would be errors.
    os.environ.pop("PYTEST_ADDOPTS", None)
    off = [part for name in ("terminal", "cacheprovider") for part in ("-p", f"no:{name}")]
    code = pytest.main(
        [
            *off,
            "--override-ini=addopts=",
            f"--rootdir={project.root}",
            "--ledger-docs",
            "--ledger-keep" if keep else f"--ledger-record={project.runs}",
            f"--ledger-variant={pages[0].variant}",
            f"--ledger-cluster={name}" if uid is None else f"--ledger-cluster-uid={uid}",
            *(str(page.path) for page in pages),
        ],
        plugins=[listener, *plugins],
    )
    if code == pytest.ExitCode.INTERRUPTED and not listener.error:
        raise KeyboardInterrupt
    if listener.error:
        raise listener.error
    if code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        raise LedgerError(f"pytest could not run the pages (exit code {code})", fix="run pytest")
    return listener.account


class _Listener:
    """Hears from pytest what becomes of each block."""

    def __init__(
        self,
        on_start: Callable[[str, str], None],
        on_row: Callable[[Row], None],
        *,
        updating: bool,
    ) -> None:
        self._updating = updating
        self.account = Account()
        self.error: LedgerError | BrokenPipeError | None = None
        self._on_start = on_start
        self._on_row = on_row

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[UPDATING] = self._updating

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        # Not heard for what is skipped.
        self._on_start(item.nodeid.partition("::")[0], item.name)

    # Outermost: what the plugin makes of a failure is what is told.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        value = call.excinfo.value if call.excinfo else None
        if isinstance(value, ClusterError | WrongClusterError):
            self.error = self.error or value
        if isinstance(item, BlockItem | SkippedItem) and (
            report.when == "call" or report.outcome != PASSED
        ):
            row = _row(item, report)
            if isinstance(value, NeedFailed) and report.when == "teardown":
                row = replace(row, page=value.page)  # not of the page that happened to be the last
            self.account.rows.append(row)
            try:
                self._on_row(row)
            except BrokenPipeError as gone:  # nobody reads on
                self.error = gone
                item.session.shouldstop = "nobody reads on"
        return report

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.account.runs = session.config.stash.get(RUNS, [])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.error = self.error or LedgerError(report.longreprtext)


def _row(item: BlockItem | SkippedItem, report: pytest.TestReport) -> Row:
    page = item.nodeid.partition("::")[0]
    if report.skipped:
        result = SKIPPED if isinstance(item, SkippedItem) else NOT_RUN
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        reason = reason.removeprefix("Skipped: ").removeprefix("not run ")
        return Row(page, item.name, item.block.line, result, reason)
    if report.passed:
        return Row(page, item.name, item.block.line, PASSED, "", report.duration)
    text = report.longreprtext
    first = text.splitlines()[0] if text else ""
    name = AFTER if report.when == "teardown" else item.name
    reason = first.partition(f"block {item.name}: ")[2] or first
    return Row(page, name, item.block.line, FAILED, reason, report.duration, text)
