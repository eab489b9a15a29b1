"""The table of error texts names what the tool really says, and leaves out no exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nats_backup.errors import Exit

from ledger.core.project import Project
from ledger.pages.page import read_page

ROOT = Path(__file__).parents[2]
INDEX = ROOT / "docs/troubleshooting/index.md"
TOOL = ROOT / "images/nats-backup/nats_backup"
ROWS = re.findall(r"^\| (.+?) \| ([\d, ]+) \|", INDEX.read_text("utf-8"), re.MULTILINE)
TEXTS = [text.strip("`") for text, _ in ROWS if text.startswith("`")]


@pytest.fixture(scope="module")
def seen() -> str:
    """What the tool's code says, and what the pages show of the programs that it drives."""
    project = Project(ROOT)
    folders = (ROOT / "docs/troubleshooting", ROOT / "docs/degraded")
    pages = [read_page(project, path) for folder in folders for path in folder.glob("*.md")]
    shown = [b.expectation.text for page in pages for b in page.blocks if b.expectation]
    return "\n".join([*(path.read_text("utf-8") for path in TOOL.glob("*.py")), *shown])


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_the_table_is_one_that_comes_out(text: str, seen: str) -> None:
    assert text in seen


def test_each_exit_code_is_in_the_table() -> None:
    named = {int(code) for _, codes in ROWS for code in codes.split(",")}
    assert named == set(Exit) - {Exit.DONE}
