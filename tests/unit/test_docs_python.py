"""Python on the pages runs, and prints what the page says it prints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import frontmatter
import pytest
from pytest_examples import CodeExample, EvalExample

from ledger.pages.fences import parse, site_extensions

ROOT = Path(__file__).parents[2]


def examples() -> Iterator[CodeExample]:
    """The Python fences that the reader sees: pytest-examples' own search pairs nested fences."""
    extensions = site_extensions(ROOT)
    for path in sorted((ROOT / "docs").rglob("*.md")):
        text = path.read_text("utf-8-sig")
        body = frontmatter.loads(text).content
        before = text.count("\n", 0, text.find(body))
        for fence in parse(body, extensions, str):
            if fence.info.split()[:1] == ["python"]:
                start = before + fence.line
                yield CodeExample(
                    source=fence.text + "\n",
                    path=path,
                    start_line=start,
                    end_line=before + fence.end,
                    start_index=0,
                    end_index=0,
                    prefix="python",
                    indent=0,
                    group=uuid4(),
                )


EXAMPLES = list(examples())


def test_there_are_some() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_python_on_pages(
    example: CodeExample, eval_example: EvalExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    eval_example.run_print_check(example)
