"""The pytest plugin: pages as tests, and the cluster as a fixture.

pytest loads it in every run, so it imports nothing of the project before it is needed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from ledger.cluster import Identity
    from ledger.verify.items import PageModule
    from ledger.verify.run import PageRun

_HOW = "run `ledger cluster up`, or pass --cluster-up"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("ledger", "pages that prove themselves")
    group.addoption(
        "--ledger-docs", action="store_true", help="collect the command blocks of Markdown pages"
    )
    group.addoption(
        "--ledger-record", metavar="DIR", type=Path, help="write a run record of each page into DIR"
    )
    group.addoption(
        "--cluster-up",
        action="store_true",
        help="raise the kind cluster if none runs, and remove it at the end; else renew its images",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PageModule | None:
    """Take a Markdown page that lies below a project's docs/."""
    if file_path.suffix != ".md" or not parent.config.getoption("ledger_docs"):
        return None
    from ledger.core.project import Project, find_root
    from ledger.errors import UsageError
    from ledger.verify.items import PageModule

    try:
        docs = Project(find_root(file_path.parent)).docs
    except UsageError:
        return None
    if not file_path.resolve().is_relative_to(docs):
        return None

    page: PageModule = PageModule.from_parent(parent, path=file_path)
    return page


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Account for a block that failed."""
    report = yield
    if report.failed and call.excinfo and item.config.getoption("ledger_docs"):
        from ledger.verify.items import BlockItem, account_for

        if isinstance(item, BlockItem):
            account_for(item, call.excinfo.value, report)
    return report


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Identity]:
    """The cluster on record, after proof that the kubeconfig leads to it and to no other.

    It is this run's alone: another run on it waits. Without one the test is skipped; with
    `--cluster-up` changed images are brought into it, or one is raised, and removed at the end with
    the Docker engine that was started for it; where none can be had, CI=true makes it a failure.
    """
    from ledger import cluster as clusters
    from ledger.cluster.identity import names

    up = request.config.getoption("cluster_up")
    if not up and not names():
        _do_without(f"no cluster: {_HOW}")
    say = _aloud(request.config)
    with clusters.reserved("phase-ledger", say):
        identity, why = _standing()
        if identity:
            yield _renewed(say) if up else identity
        elif up:
            with _raised(say) as identity:
                yield identity
        else:
            _do_without(f"{why}: {_HOW}")


def _standing() -> tuple[Identity | None, str]:
    """Give the cluster on record if it answers, else why there is none."""
    from ledger import cluster as clusters
    from ledger.errors import ClusterError, LedgerError

    try:
        identity = clusters.recorded()
        if identity:
            clusters.prove(identity)
    except ClusterError as error:
        return None, f"the recorded cluster cannot be used: {error.what}"
    except LedgerError as error:
        pytest.fail(str(error), pytrace=False)
    return identity, "no cluster"


def _renewed(say: Callable[[str], None]) -> Identity:
    """Bring changed images into a cluster that stands."""
    from ledger import cluster as clusters
    from ledger.errors import LedgerError

    try:
        return clusters.up(say=say)
    except LedgerError as error:
        pytest.fail(str(error), pytrace=False)


@contextmanager
def _raised(say: Callable[[str], None]) -> Iterator[Identity]:
    """Raise a cluster, and take away at the end what there was not before, however it ends."""
    from ledger import cluster as clusters
    from ledger.cluster import engine
    from ledger.errors import LedgerError

    had_engine = engine.runs()
    made = False
    try:
        identity = clusters.up(say=say)
        made = True
        yield identity
    except LedgerError as error:
        if made:
            raise
        what = error.what.splitlines()[0]
        _do_without(f"no cluster can be had here: {what} ({error.where or 'no log'}); {error.fix}")
    finally:
        started = engine.runs() and not had_engine
        if made or started:
            clusters.down(everything=started, say=_say)


def _do_without(why: str) -> NoReturn:
    """Skip what needs a cluster; with CI=true fail, because there a skip would look like a pass."""
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


def _aloud(config: pytest.Config) -> Callable[[str], None]:
    """Make what tells a person at once: waiting and raising take minutes."""
    capture = config.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            # `ledger verify` has a line of its own there, without an end.
            _say(f"\r\033[K{text}" if sys.stderr.isatty() else text)

    return say


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


@pytest.fixture(scope="module")
def ledger_page_run(request: pytest.FixtureRequest) -> Iterator[PageRun]:
    """The page being run: one shell for all its blocks."""
    from ledger.verify.items import RUNS, PageModule
    from ledger.verify.record import write_record
    from ledger.verify.run import PageRun

    module = request.node
    assert isinstance(module, PageModule)  # noqa: S101
    identity: Identity | None = None
    if module.page.needs_cluster:
        from ledger import cluster as clusters
        from ledger.verify.front import require_images

        identity = request.getfixturevalue("cluster")
        # Again for each page: the kubeconfig or an image may have changed since the last one.
        clusters.prove(identity)
        require_images([module.page], identity)
    run = PageRun(module.project, module.page, identity, whole=module.selected(request.session))
    yield run
    try:
        run.finish()
    finally:
        request.config.stash.setdefault(RUNS, []).append(run)
        if folder := request.config.getoption("ledger_record"):
            write_record(folder, run)
