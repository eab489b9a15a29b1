"""The pytest plugin: pages as tests, and the cluster as a fixture.

pytest loads it in every run, so it imports nothing of the project before it is needed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ledger.verify import NO_CLUSTER

if TYPE_CHECKING:
    from ledger.cluster import Identity
    from ledger.core.project import Project
    from ledger.pages.page import Page
    from ledger.verify.items import PageModule
    from ledger.verify.needs import Needs
    from ledger.verify.run import PageRun
    from ledger.verify.trial import Pages


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
        "--ledger-variant",
        metavar="NAME",
        default="",
        help="run the pages that declare this variant, with its fixtures",
    )
    group.addoption(
        "--ledger-keep",
        action="store_true",
        help="take nothing down, tell at the end how to get to it, and write no record",
    )
    group.addoption(
        "--ledger-cluster",
        metavar="NAME",
        help="the cluster, where `ledger cluster up --name` made several",
    )
    group.addoption(
        "--ledger-cluster-uid",
        metavar="UID",
        help="the cluster that $KUBECONFIG leads to, if its namespace kube-system has this UID",
    )
    group.addoption(
        "--cluster-up",
        action="store_true",
        help="raise the kind cluster if none runs, and remove it at the end; else renew its images",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker of what needs a cluster; refuse options that contradict each other."""
    config.addinivalue_line("markers", f"cluster: needs a cluster: {NO_CLUSTER}")
    if config.getoption("ledger_keep") and config.getoption("ledger_record"):
        raise pytest.UsageError("--ledger-keep: what is not taken down leaves no record")
    if config.getoption("ledger_keep") and config.getoption("numprocesses", None):
        raise pytest.UsageError("--ledger-keep: a worker cannot tell what it kept; leave out -n")
    named = config.getoption("ledger_cluster") or config.getoption("cluster_up")
    if config.getoption("ledger_cluster_uid") is not None and named:
        what = "--ledger-cluster-uid excludes --ledger-cluster and --cluster-up"
        raise pytest.UsageError(what)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Tell how to get to what was kept."""
    yield
    if session.config.getoption("ledger_keep"):
        from ledger.verify.items import BEGUN

        for run in session.config.stash.get(BEGUN, []):
            if run.kept:
                _aloud(session.config)(run.kept)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PageModule | None:
    """Take a Markdown page: below a site's docs/, or anywhere where there is no site."""
    if file_path.suffix != ".md" or not parent.config.getoption("ledger_docs"):
        return None
    from ledger.core.project import Project
    from ledger.errors import UsageError
    from ledger.verify.items import PageModule

    try:
        project = Project.of(file_path, parent.config.rootpath)
    except UsageError as error:
        raise parent.CollectError(str(error)) from None
    return PageModule.of(parent, file_path, project) if project else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Put the blocks that were chosen in order, and set-up and tear-down around them."""
    yield
    if config.getoption("ledger_docs"):
        from ledger.verify.items import arranged

        items[:] = arranged(items, keep=config.getoption("ledger_keep"))


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the blocks of a page on one worker, where pytest-xdist would part them."""
    parts_pages = config.getoption("dist") in {"load", "worksteal", "loadgroup"}
    if not parts_pages or not config.getoption("ledger_docs"):
        return None
    from ledger.verify.workers import PageScheduling

    return PageScheduling(config, log)


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

    With `--ledger-cluster-uid` it is the one that $KUBECONFIG leads to, after proof of its UID.

    It is this run's alone: another run on it waits. Without one the test is skipped; with
    `--cluster-up` changed images are brought into it, or one is raised, and removed at the end with
    the Docker engine that was started for it; where none can be had, CI=true makes it a failure.
    """
    from ledger.verify.hold import hold

    option = request.config.getoption
    with hold(
        option("ledger_cluster"),
        _aloud(request.config),
        uid=option("ledger_cluster_uid"),
        up=option("cluster_up"),
        keep=option("ledger_keep"),
    ) as identity:
        yield identity


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


@pytest.fixture
def ledger_pages(request: pytest.FixtureRequest, tmp_path: Path) -> Pages:
    """Pages of a test's own: written into `tmp_path`, and run with the fixtures that it sees."""
    from ledger.verify.trial import Pages

    return Pages(request, tmp_path)


@pytest.fixture(scope="module")
def ledger_page_run(request: pytest.FixtureRequest) -> Iterator[PageRun]:
    """The page being run: one shell for all its blocks, once what it needs is there."""
    from ledger.verify.items import RUNS, PageModule
    from ledger.verify.record import write_record

    module = request.node
    assert isinstance(module, PageModule)  # noqa: S101
    whole = module.selected(request.session)
    run = _begun(request, module.project, module.page, whole=whole)
    try:
        if module.page.needs:
            request.getfixturevalue("ledger_needs").meet(run, request.getfixturevalue)
        yield run
    finally:
        try:
            run.finish(_aloud(request.config))
        finally:
            request.config.stash.setdefault(RUNS, []).append(run)
            if folder := request.config.getoption("ledger_record"):
                write_record(folder, run)


@pytest.fixture(scope="session")
def ledger_keep(request: pytest.FixtureRequest) -> bool:
    """Whether what pages and fixtures make is to stay after the run, for a person to look at."""
    keep: bool = request.config.getoption("ledger_keep")
    return keep


@pytest.fixture(scope="session")
def ledger_needs(request: pytest.FixtureRequest) -> Iterator[Needs]:
    """What pages need of other pages: made for the first, taken down at the end."""
    from ledger.verify.failure import NeedFailed
    from ledger.verify.needs import Needs

    say = _aloud(request.config)
    # By this request's own `cluster`, so that the cluster goes after what was made on it.
    needs = Needs(lambda project, page: _begun(request, project, page, whole=False), say)
    yield needs
    try:
        needs.close()
    except NeedFailed as failed:
        if request.session.exitstatus != pytest.ExitCode.INTERRUPTED:
            raise
        say(str(failed))


def _begun(request: pytest.FixtureRequest, project: Project, page: Page, *, whole: bool) -> PageRun:
    """Begin the run of a page, on the cluster unless it needs none."""
    from ledger.verify.items import BEGUN
    from ledger.verify.run import PageRun

    identity: Identity | None = None
    if page.needs_cluster:
        from ledger import cluster as clusters
        from ledger.verify.ready import require_images

        identity = request.getfixturevalue("cluster")
        # Again for each page: the kubeconfig or an image may have changed since the last one.
        clusters.prove(identity)
        require_images([page], identity)
    keep: bool = request.config.getoption("ledger_keep")
    run = PageRun(project, page, identity, whole=whole and not keep, keep=keep)
    request.config.stash.setdefault(BEGUN, []).append(run)
    return run
