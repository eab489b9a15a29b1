"""What can be told of pages and manifests without a cluster: nothing of a page's commands runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.core.problem import Problem, Severity
from ledger.core.project import Project
from ledger.errors import PageError, UsageError
from ledger.pages.lint import page_problems
from ledger.pages.page import Page, read_page
from ledger.verify.offline_data import Data, page_data
from ledger.verify.offline_kube import Schemas
from ledger.verify.offline_manifests import manifest_data
from ledger.verify.offline_python import python_problems
from ledger.verify.offline_shell import shell_problems


@dataclass(frozen=True)
class Report:
    """What was checked, and what is wrong with it.

    Attributes:
        pages: how many pages.
        fences: how many fences of them.
        manifests: how many files below manifests/.
        resources: how many Kubernetes resources in all of them were checked.
        kubernetes: the minor version whose schemas were used.
        problems: what was found, in order.
    """

    pages: int
    fences: int
    manifests: int
    resources: int
    kubernetes: str
    problems: tuple[Problem, ...]

    def count(self, severity: Severity) -> int:
        """How many problems weigh this much."""
        return sum(problem.severity is severity for problem in self.problems)


def check(project: Project, names: Sequence[str]) -> Report:
    """Check the named pages, or every page below docs/ and every manifest.

    Raises:
        UsageError: no such page below docs/, or a tool is not installed.
        LedgerError: a tool could not run.
    """
    paths = _pages(project, names)
    problems = [problem for path in paths for problem in page_problems(project, path)]
    pages = _readable(project, paths)
    data = [found for page in pages for found in page_data(page)]
    files, manifests = (0, Data()) if names else manifest_data(project)
    schemas = Schemas.of(project)
    for found in (*data, manifests):
        problems += found.problems
        problems += schemas.problems(found.documents)
    problems += shell_problems(pages)
    problems += python_problems(project, pages)
    return Report(
        pages=len(paths),
        fences=sum(len(page.fences) for page in pages),
        manifests=files,
        resources=schemas.checked,
        kubernetes=schemas.version,
        problems=tuple(sorted(set(problems))),
    )


def _pages(project: Project, names: Sequence[str]) -> list[Path]:
    paths = [Path(name).resolve() for name in names] or sorted(project.docs.rglob("*.md"))
    for path in paths:
        if not (path.is_file() and path.suffix == ".md" and path.is_relative_to(project.docs)):
            what = "not a Markdown page below docs/" if path.exists() else "no such page"
            raise UsageError(what, where=project.relative(path), fix="name a page below docs/")
    return list(dict.fromkeys(paths))


def _readable(project: Project, paths: Sequence[Path]) -> list[Page]:
    """The pages that can be read; why another cannot, `page_problems` says."""
    pages = []
    for path in paths:
        try:
            pages.append(read_page(project, path))
        except PageError:
            continue
    return pages
