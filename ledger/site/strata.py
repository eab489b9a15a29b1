"""The strata of the tests, as their own sources tell them: nothing is run or imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ledger.site import sources

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Module(NamedTuple):
    """One module of tests.

    Attributes:
        where: its path.
        scope: the first line of its docstring.
        tests: how many test functions it has; what parameters make of them only a run knows.
        marks: the marks of pytest that it puts on tests, such as `browser` or `skipif`.
    """

    where: str
    scope: str
    tests: int
    marks: frozenset[str]


class Stratum(NamedTuple):
    """The tests of one folder.

    Attributes:
        name: the folder's.
        modules: its modules, by path.
    """

    name: str
    modules: tuple[Module, ...]

    @property
    def tests(self) -> int:
        """How many test functions it has."""
        return sum(module.tests for module in self.modules)

    def marked(self, *marks: str) -> int:
        """How many of its modules put one of these marks on a test."""
        return sum(not module.marks.isdisjoint(marks) for module in self.modules)


def read() -> list[Stratum]:
    """Every folder below `tests/` that has tests, by name."""
    project = sources.project()
    folders = sorted(path for path in (project.root / "tests").glob("*") if path.is_dir())
    found = [
        Stratum(
            folder.name,
            tuple(
                _module(project.relative(path), path, path.stat().st_mtime_ns)
                for path in sorted(folder.rglob("test_*.py"))
            ),
        )
        for folder in folders
    ]
    return [stratum for stratum in found if stratum.tests]


@lru_cache(maxsize=4096)
def _module(where: str, path: Path, _changed: int) -> Module:
    tree = ast.parse(path.read_bytes())
    scope, _, _ = (ast.get_docstring(tree) or "").partition("\n")
    return Module(where, scope, sum(1 for _ in _tests(tree)), frozenset(_marks(tree)))


def _tests(tree: ast.Module) -> Iterator[ast.AST]:
    """The test functions of a module, and those of its test classes."""
    classes = [c for c in tree.body if isinstance(c, ast.ClassDef) and c.name.startswith("Test")]
    for node in [*tree.body, *(member for found in classes for member in found.body)]:
        if isinstance(node, _FUNCTIONS) and node.name.startswith("test"):
            yield node


def _marks(tree: ast.Module) -> Iterator[str]:
    """The name behind each `pytest.mark.` that is put on a module, a class or a test."""
    places: list[ast.expr] = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and _sets_marks(node)
    ]
    for node in ast.walk(tree):
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            places += node.decorator_list
    for node in (inner for place in places for inner in ast.walk(place)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "pytest.mark":
            yield node.attr


def _sets_marks(node: ast.Assign) -> bool:
    return any(isinstance(name, ast.Name) and name.id == "pytestmark" for name in node.targets)
