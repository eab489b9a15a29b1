"""The page of all commands is what their `--help` prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.cli import COMMANDS
from tools.reference.__main__ import PAGE, page

LEDGER = Path(sys.executable).with_name("ledger")
DEEP = [["cluster", "up"], ["evidence", "show"], ["site", "build"]]


def same(text: str) -> str:
    """The text without what depends on the release of Python: line ends, `-o DIR, --output`."""
    return re.sub(r"(-\w) [A-Z]+, --", r"\1, --", " ".join(text.split()))


def test_the_page_is_what_the_generator_writes() -> None:
    assert same(page()) == same(PAGE.read_text("utf-8")), "run: make reference"


@pytest.mark.parametrize("words", [[], *([name] for name in sorted(COMMANDS)), *DEEP])
def test_each_command_prints_what_the_page_says(words: list[str]) -> None:
    done = subprocess.run(
        [LEDGER, *words, "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    title = " ".join(["ledger", *words])
    head = f" {title} {{ #{title.replace(' ', '-')} }}\n\n```text\n"
    section = PAGE.read_text("utf-8").partition(head)[2].partition("\n```\n")[0]
    assert same(section) == same(done.stdout)
