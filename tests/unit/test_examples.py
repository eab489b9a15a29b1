"""Each example runs as its folder says, and gives what it expects."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.cluster import Identity
from ledger.pages.block import Expectation
from ledger.verify.expect import compare

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
ROW = re.compile(r"^\| \[(?P<name>\w+)\]\((?P<page>\S+)\) \| .+ \| `(?P<command>.+)` \|$", re.M)
TOLD = {row["name"]: row for row in ROW.finditer((EXAMPLES / "README.md").read_text("utf-8"))}


def run(name: str, folder: Path, *more: str) -> None:
    """Run an example in a copy of its folder."""
    shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True)
    program, *options = shlex.split(TOLD[name]["command"])
    env = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *options, *more],
        cwd=folder,
        env=env | {"TMPDIR": str(folder.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    expected = (EXAMPLES / name / "expected.txt").read_text("utf-8")
    mismatch = compare(Expectation("contains", expected), done.stdout)
    assert mismatch is None, mismatch.diff


def test_every_example_is_told_and_its_page_is_there() -> None:
    assert set(TOLD) == {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    assert all((EXAMPLES / row["page"]).is_file() for row in TOLD.values())


@pytest.mark.parametrize("name", ["minimal", "fixtures"])
def test_without_a_cluster(name: str, tmp_path: Path) -> None:
    run(name, tmp_path / "example")


@pytest.mark.cluster
def test_on_the_cluster(cluster: Identity, tmp_path: Path) -> None:
    run("cluster", tmp_path / "example", "--cluster", cluster.name)
