"""`ledger verify` without its looks: choose pages, run them through pytest, tell what happened."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pytest

from ledger import cluster
from ledger.cluster.identity import GIVEN
from ledger.core.project import Project
from ledger.errors import ClusterError, LedgerError, PageError, UsageError, WrongClusterError
from ledger.pages.page import Page, read_page
from ledger.pages.state import page_states
from ledger.verify.failure import NeedFailed
from ledger.verify.items import RUNS, UPDATING, BlockItem, SkippedItem
from ledger.verify.record import usual_total
from ledger.verify.results import FAILED, NOT_RUN, PASSED
from ledger.verify.run import PageRun
from ledger.verify.shard import Shard, assign, others

SKIPPED: Final = "skipped"
AFTER: Final = "(after the last block)"
_IMAGES: Final = PurePosixPath("images")


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


def choose(project: Project, names: Sequence[str], variant: str = "") -> list[Page]:
    """The pages to run: those named, or every page that has a block to run.

    Args:
        project: the project.
        names: paths of pages; empty for all.
        variant: the variant that they run as; empty for the pages themselves.

    Raises:
        UsageError: no such page, a page that is not below docs/, one with nothing to run, one
            that does not declare the variant, or none that does.
        PageError: a page that cannot be read.
    """
    paths = [Path(name).resolve() for name in names] or sorted(project.docs.rglob("*.md"))
    pages = []
    for path in dict.fromkeys(paths):
        page = _page(project, path)
        if page.verified_blocks:
            pages.append(page)
        elif names:
            fix = "add ```bash {.verify name=...}"
            raise UsageError("this page has no .verify block", where=page.where, fix=fix)
    if not pages:
        raise UsageError("no page below docs/ has a .verify block", where=str(project.root))
    if not variant:
        return pages
    found = [page.as_variant(variant) for page in pages if variant in page.variants]
    if not found or (names and len(found) < len(pages)):
        where = next(page.where for page in pages if variant not in page.variants)
        known = sorted({name for page in pages for name in page.variants})
        fix = f"known: {', '.join(known)}" if known else "declare it under variants:"
        raise UsageError(f"no variant {variant!r}", where=where if names else "docs/", fix=fix)
    return found


def narrow(
    project: Project, pages: Sequence[Page], *, changed: date | None, shard: Shard | None
) -> tuple[list[Page], dict[str, str]]:
    """The pages that are left to run, and why each other one is not.

    Args:
        project: the project.
        pages: the pages that were chosen.
        changed: the day on which to ask whether evidence holds; None to run pages all the same.
        shard: the part to run; None for all.
    """
    left: dict[str, str] = {}
    if changed:
        hold = (page for page in pages if _holds(project, page, changed))
        left = dict.fromkeys((page.where for page in hold), "its evidence holds")
    if shard:
        rest = [page for page in pages if page.where not in left]
        seconds = {page.where: usual_total(project, page) for page in rest}
        left |= others(assign(seconds, shard.total), shard, list(seconds))
    return [page for page in pages if page.where not in left], left


def _holds(project: Project, page: Page, today: date) -> bool:
    try:
        return all(state.state.holds for state in page_states(project, page, today))
    except PageError:
        return False  # its evidence, or an input, cannot be read; the run says more


def _page(project: Project, path: Path) -> Page:
    where = project.relative(path)
    if not path.is_file():
        raise UsageError("no such page", where=where)
    if path.suffix != ".md" or not path.is_relative_to(project.docs):
        raise UsageError("not a Markdown page below docs/", where=where)
    return read_page(project, path)


def require_cluster(pages: Sequence[Page], name: str, uid: str | None = None) -> None:
    """Make sure that the pages have the cluster that they need, before anything runs.

    Args:
        pages: the pages.
        name: the cluster, if no UID names another.
        uid: the UID of the cluster that $KUBECONFIG leads to.

    Raises:
        UsageError: a UID is given, and no $KUBECONFIG.
        ClusterError: there is none, it does not answer, or it holds older images than the pages'.
        WrongClusterError: the kubeconfig leads to another one.
    """
    needing = [page for page in pages if page.needs_cluster]
    if not needing:
        return
    if uid is not None:
        with cluster.given(uid):
            return
    identity = cluster.recorded(name)
    if identity is None:
        raise ClusterError("no cluster to run the pages on", fix="ledger cluster up")
    cluster.prove(identity)
    require_images(needing, identity)


def require_images(pages: Sequence[Page], identity: cluster.Identity) -> None:
    """Make sure that the cluster holds the images that the pages name in `inputs:`, as they are.

    Evidence is of the files in `images/`; on an older image it would be false. Of a cluster that
    was given nobody knows, and no run there is evidence.

    Raises:
        ClusterError: it holds an older one.
    """
    named = [PurePosixPath(name) for page in pages for name in page.strings("inputs")]
    if identity.way == GIVEN or not any(_meet(name, _IMAGES) for name in named):
        return
    for image in cluster.outdated(identity):
        if any(_meet(name, _IMAGES / image) for name in named):
            what = f"the cluster holds an older {image} than {_IMAGES / image}"
            raise ClusterError(what, fix="ledger cluster up")


def _meet(one: PurePosixPath, other: PurePosixPath) -> bool:
    """Whether they are one path, or one of them lies in the other."""
    return one.is_relative_to(other) or other.is_relative_to(one)


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
