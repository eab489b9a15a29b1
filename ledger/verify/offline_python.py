"""Python fences: they run, and print what the page says they print.

pytest-examples judges them, in a process of its own for each page: an example cannot end, change or
hang what checks it. In a fence `#> text` below a `print` is what it prints.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ledger.core.problem import Problem, Rule, Severity
from ledger.core.project import Project
from ledger.errors import UsageError
from ledger.pages.attributes import read_info
from ledger.pages.page import Page

FAILS: Final = Rule(
    "V102",
    Severity.ERROR,
    "a Python example that fails, or prints something else than it says",
    "whoever copies it gets an error, or another result",
    "correct the example; what cannot run goes into a text fence",
)
SECONDS: Final = 60.0
_PYTHON: Final = ("python", "py", "python3")


def python_problems(project: Project, pages: Iterable[Page]) -> list[Problem]:
    """Run the Python fences of some pages, in the project's folder.

    Raises:
        UsageError: pytest-examples is not installed.
    """
    return [problem for page in pages for problem in _page_problems(project.root, _examples(page))]


def _examples(page: Page) -> list[tuple[str, int, str]]:
    """File, line of the opening fence and text of each example."""
    found = []
    for fence in page.fences:
        info = read_info(fence.info, fence.where)
        if info.language in _PYTHON and not info.kind:
            file, _, line = fence.where.rpartition(":")
            found.append((file, int(line), fence.text + "\n"))
    return found


def _page_problems(root: Path, examples: list[tuple[str, int, str]]) -> list[Problem]:
    if not examples:
        return []
    with tempfile.TemporaryDirectory(prefix="ledger-") as folder:
        answers = Path(folder, "answers")
        answers.touch()
        command = [sys.executable, "-m", "ledger.verify.offline_examples", str(answers)]
        stopped = _run(command, root, json.dumps(examples))
        told = [json.loads(line) for line in answers.read_text("utf-8").splitlines()]
    problems = [
        FAILS.at(file, answer["line"], answer["what"])
        for (file, _, _), answer in zip(examples, told, strict=False)
        if answer["what"]
    ]
    if len(told) < len(examples):
        file, line, _ = examples[len(told)]
        problems.append(FAILS.at(file, line, f"this example {stopped}"))
    return problems


def _run(command: list[str], root: Path, text: str) -> str:
    """Run the examples; say how they ended, should one of them not come to its end."""
    try:
        done = subprocess.run(
            command,
            input=text,
            cwd=root,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"took longer than {SECONDS:g} s"
    if "No module named 'pytest_examples" in done.stderr:
        raise UsageError(
            "pytest-examples is not installed", fix="pip install 'phase-ledger[offline]'"
        )
    return f"ended Python with exit status {done.returncode}"
