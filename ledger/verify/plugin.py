"""The pytest plugin: pages as tests, and the cluster as a fixture.

pytest loads it in every run, so it imports nothing of the project before it is needed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
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
        help="raise the kind cluster if none runs, and remove it at the end",
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

    Without one the test is skipped; with `--cluster-up` one is raised, and removed at the end with
    the Docker engine that was started for it; where none can be had, CI=true makes it a failure.
    """
    from ledger import cluster as clusters
    from ledger.cluster import engine
    from ledger.errors import ClusterError, LedgerError

    try:
        identity = clusters.recorded()
        if identity:
            clusters.prove(identity)
    except ClusterError as error:
        identity, why = None, f"the recorded cluster cannot be used: {error.what}"
    except LedgerError as error:
        pytest.fail(str(error), pytrace=False)
    else:
        why = "no cluster"
    if identity:
        yield identity
    elif request.config.getoption("cluster_up"):
        had_engine = engine.read() is not None
        yield _raise_cluster(request.config)
        clusters.down(everything=engine.read() is not None and not had_engine, say=_say)
    else:
        _do_without(f"{why}: {_HOW}")


def _raise_cluster(config: pytest.Config) -> Identity:
    from ledger import cluster as clusters
    from ledger.errors import LedgerError

    capture = config.pluginmanager.getplugin("capturemanager")
    try:
        # Raising takes minutes; a person should see how it goes.
        with capture.global_and_fixture_disabled():
            return clusters.up(say=_say)
    except LedgerError as error:
        what = error.what.splitlines()[0]
        _do_without(f"no cluster can be had here: {what} ({error.where or 'no log'}); {error.fix}")


def _do_without(why: str) -> NoReturn:
    """Skip what needs a cluster; with CI=true fail, because there a skip would look like a pass."""
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


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
    if module.needs_cluster:
        from ledger import cluster as clusters

        identity = request.getfixturevalue("cluster")
        # Again for each page: the kubeconfig may have changed since the last one.
        clusters.prove(identity)
    run = PageRun(module.project, module.page, identity, whole=module.selected(request.session))
    yield run
    try:
        run.finish()
    finally:
        request.config.stash.setdefault(RUNS, []).append(run)
        if folder := request.config.getoption("ledger_record"):
            write_record(folder, run)
