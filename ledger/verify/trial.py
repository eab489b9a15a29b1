"""Pages that a test writes, run as pytest runs any page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from ledger.cluster import Identity
from ledger.core.project import Project
from ledger.pages.page import read_page
from ledger.verify.front import Account, Row, run_pages


@dataclass(frozen=True)
class BlockResult:
    """What became of one block.

    Attributes:
        name: the block.
        line: line of its opening fence, from 1.
        result: `passed`, `failed`, `skipped` or `not-run`.
        reason: why, one clause; empty if it passed.
        report: what pytest tells of a failure; empty if there was none.
        stdout: excerpt of its standard output, without secrets.
        stderr: excerpt of its standard error, without secrets.
    """

    name: str
    line: int
    result: str
    reason: str = ""
    report: str = ""
    stdout: str = ""
    stderr: str = ""


@dataclass(frozen=True)
class PageResult:
    """What became of a page.

    Attributes:
        blocks: its blocks, in order; what went wrong after the last one stands behind it.
    """

    blocks: tuple[BlockResult, ...]

    def __getitem__(self, name: str) -> BlockResult:
        """The block of this name; KeyError if the page has none that runs or is skipped."""
        return {block.name: block for block in self.blocks}[name]

    @property
    def results(self) -> dict[str, str]:
        """The result of each block, by name."""
        return {block.name: block.result for block in self.blocks}


class Pages:
    """Runs pages of a test's own; the fixture `ledger_pages` gives one.

    Attributes:
        folder: the test's `tmp_path`: what a page names in `inputs:` lies there.
    """

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self.folder = folder
        self._request = request

    def run(self, text: str, name: str = "page.md") -> PageResult:
        """Write a page and run it.

        The page may name every fixture that the test sees, in its module and its conftest files.
        They begin anew, but for `cluster`: without one the test is skipped.

        Args:
            text: the page, with its front matter.
            name: its file below `folder`.

        Raises:
            PageError: the page cannot be read.
        """
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        project = Project.of(path, self.folder) or Project(self.folder)
        page = read_page(project, path)
        if page.needs_cluster:
            self._request.getfixturevalue("cluster")
        with pytest.MonkeyPatch.context() as patch:
            # Left as it was: the run of the page must not take the options of the test's.
            patch.delenv("PYTEST_ADDOPTS", raising=False)
            account = run_pages(
                project,
                [page],
                on_start=lambda *_: None,
                on_row=lambda _: None,
                plugins=[_Surroundings(self._request)],
            )
        return PageResult(tuple(_result(account, row) for row in account.rows))


class _Surroundings:
    """Brings a test's fixtures to the run of a page, where pytest would load conftest files."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def pytest_load_initial_conftests(self, early_config: pytest.Config) -> None:
        # What comes later overrides; by their own names all conftest files would be one.
        plugins = (*self._conftests(), self._request.module, _Held(self._request))
        for number, plugin in enumerate(plugins):
            early_config.pluginmanager.register(plugin, f"ledger-surroundings-{number}")

    def _conftests(self) -> list[ModuleType]:
        """The conftest files that the test sees, the outermost first."""
        found = {
            Path(plugin.__file__): plugin
            for plugin in self._request.config.pluginmanager.get_plugins()
            if isinstance(plugin, ModuleType) and plugin.__file__
        }
        return [
            found[file]
            for file in sorted(found, key=lambda file: len(file.parts))
            if file.name == "conftest.py" and self._request.path.is_relative_to(file.parent)
        ]


class _Held:
    """The cluster that the test's own session holds: a second run on it would wait for ever."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    @pytest.fixture(scope="session")
    def cluster(self) -> Identity:
        """The cluster of the test's session."""
        identity: Identity = self._request.getfixturevalue("cluster")
        return identity


def _result(account: Account, row: Row) -> BlockResult:
    runs = (run for page in account.runs if page.page.where == row.page for run in page.blocks)
    run = next((run for run in runs if run.block.name == row.name), None)
    out = (run.stdout, run.stderr) if run else ("", "")
    return BlockResult(row.name, row.line, row.result, row.reason, row.report, *out)
