"""Readers of all skill files of a folder: ours, and what there is to read front matter with.

`python -m bench.readers NAME FOLDER` reads them once and prints the seconds that it took. Each run
is a process of its own, so that no reader finds what it kept from the run before.
"""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.skills import COUNT, write_skills


def _ledger(folder: Path) -> Callable[[], int]:
    from ledger.core.forest import survey

    return lambda: len(survey(str(folder))[0])


def _frontmatter(folder: Path) -> Callable[[], int]:
    import frontmatter

    return lambda: _count(frontmatter.load(str(path)).metadata for path in _files(folder))


def _frontmatter_pure(folder: Path) -> Callable[[], int]:
    import frontmatter
    import yaml
    from frontmatter.default_handlers import YAMLHandler

    class Pure(YAMLHandler):
        def load(self, fm: str, **_: object) -> Any:
            return yaml.load(fm, Loader=yaml.SafeLoader)

    handler = Pure()
    return lambda: _count(
        frontmatter.load(str(path), handler=handler).metadata for path in _files(folder)
    )


def _yaml_c(folder: Path) -> Callable[[], int]:
    import yaml

    return lambda: _count(yaml.load(h, Loader=yaml.CSafeLoader) for h in _headers(folder))


def _yaml_pure(folder: Path) -> Callable[[], int]:
    import yaml

    return lambda: _count(yaml.load(h, Loader=yaml.SafeLoader) for h in _headers(folder))


def _ruamel(folder: Path) -> Callable[[], int]:
    from ruamel.yaml import YAML

    reader = YAML()
    return lambda: _count(reader.load(io.StringIO(header)) for header in _headers(folder))


READERS: Final = {
    "ledger status, line reader": _ledger,
    "PyYAML, C loader": _yaml_c,
    "python-frontmatter, C loader": _frontmatter,
    "PyYAML, pure Python": _yaml_pure,
    "python-frontmatter, pure Python": _frontmatter_pure,
    "ruamel.yaml, round trip": _ruamel,
}


def cases(folder: Path) -> dict[str, Callable[[], float]]:
    """The readers to time over one forest, made in `folder`."""
    write_skills(folder / "skills")
    return {name: partial(_run, name, folder) for name in READERS}


def _run(name: str, folder: Path) -> float:
    command = [sys.executable, "-m", "bench.readers", name, str(folder)]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "skills").glob("*.md"))


def _headers(folder: Path) -> list[str]:
    return [path.read_text("utf-8").split("\n---\n", 1)[0] for path in _files(folder)]


def _count(headers: Any) -> int:
    return sum("phase_ledger" in header for header in headers)


def _main(name: str, folder: str) -> None:
    read = READERS[name](Path(folder))
    start = time.perf_counter()
    found = read()
    taken = time.perf_counter() - start
    if found != COUNT:
        sys.exit(f"{name} read {found} of {COUNT} files")
    print(taken)


if __name__ == "__main__":
    _main(*sys.argv[1:])
