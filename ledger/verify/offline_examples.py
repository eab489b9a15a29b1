"""The process that runs the Python fences of one page; `offline_python` starts it.

It reads the examples as JSON from standard input, and writes a line of JSON for each into the file
that its argument names.
"""

from __future__ import annotations

import json
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import pytest
from pytest_examples import CodeExample
from pytest_examples.config import ExamplesConfig
from pytest_examples.run_code import run_code


def judge(example: CodeExample, folder: Path) -> tuple[int, str]:
    """Run an example; give the line of what is wrong with it and what it is, else no text."""
    file = folder / f"{example.module_name}.py"
    file.write_text(example.source, "utf-8")
    settings: dict[str, Any] = {"loader": None, "module_globals": None, "call": None}
    settings |= {"print_callback": None, "include_print": None, "enable_print_mock": True}
    try:
        prints, _ = run_code(example=example, python_file=file, config=ExamplesConfig(), **settings)
        printed = prints.updated_print_statements(example)
    except KeyboardInterrupt:
        raise
    except (Exception, SystemExit, pytest.fail.Exception) as error:
        return _line(error, example), f"{type(error).__name__}: {error}".rstrip(": ")
    return (example.start_line, "") if printed is None else _difference(example, printed)


def _line(error: BaseException, example: CodeExample) -> int:
    """The line of the page on which an example failed; pytest-examples puts it into the frames."""
    if isinstance(error, SyntaxError) and error.lineno:
        return example.start_line + error.lineno
    frames = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename == str(example.path)]
    return lines[-1] if lines else example.start_line


def _difference(example: CodeExample, printed: str) -> tuple[int, str]:
    """The first line that would be another if the example said what it prints."""
    said, told = example.source.splitlines(), printed.splitlines()
    same = 0
    while said[same : same + 1] == told[same : same + 1]:
        same += 1
    here = told[same].strip() if same < len(told) else "nothing more"
    there = said[same].strip() if same < len(said) else "the end"
    return example.start_line + same + 1, f"it prints {here!r}, the page says {there!r}"


def _main() -> None:
    given = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder, Path(sys.argv[1]).open("w") as answers:
        for file, line, source in given:
            example = CodeExample.create(source, path=Path(file), start_line=line)
            found, what = judge(example, Path(folder))
            answers.write(json.dumps({"line": found, "what": what}) + "\n")
            answers.flush()


if __name__ == "__main__":
    _main()
