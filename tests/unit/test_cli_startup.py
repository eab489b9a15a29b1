"""What the command loads before it knows that it needs it: nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ledger.cli import COMMANDS
from tests.fixtures.flow_project import Fake

# What costs more than a small command does, and nobody needs to list skills.
LIBRARIES = {"click", "frontmatter", "jinja2", "kubernetes", "markdown", "pytest", "rich", "ruamel"}
LIBRARIES |= {"typer", "yaml"}
HEAVY = LIBRARIES | {"asyncio", "dataclasses", "inspect", "tomllib"}


def loaded(root: Path, *words: str) -> set[str]:
    """The heavy modules that the command has loaded when it ends."""
    # What the interpreter itself loads at its start does not count.
    code = (
        "import atexit, sys; sys.argv[0] = 'ledger';"
        "before = set(sys.modules);"
        "atexit.register(lambda: print('LOADED', *(set(sys.modules) - before), file=sys.stderr));"
        "from ledger.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    names = done.stderr.rpartition("LOADED ")[2].split()
    return {name.partition(".")[0] for name in names} & HEAVY


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Fake(tmp_path).root


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("status",), ("status", "--json")])
def test_nothing_heavy_is_loaded(root: Path, words: tuple[str, ...]) -> None:
    assert loaded(root, *words) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_loads_no_library(root: Path, name: str) -> None:
    assert loaded(root, name, "--help") & LIBRARIES == set()


def test_a_header_that_only_yaml_can_tell_loads_yaml(root: Path) -> None:
    text = "---\na: &x 1\nb: *x\nphase_ledger:\n  PLAN: done\n---\n"
    (root / "skills/odd.md").write_text(text, "utf-8")
    assert "yaml" in loaded(root, "status")
