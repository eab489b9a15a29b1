"""How long a page of many small blocks takes: our shell, plain bash, other tools that run pages."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from bench.rivals import Rival, environment, install
from ledger.verify.session import Shell

BLOCKS: Final = 100
BASH: Final = ["bash", "--noprofile", "--norc"]

_MKTESTDOCS = "import mktestdocs; mktestdocs.check_md_file('page.md', lang='bash')"
# Each with its own form of one block, and what runs a page of them.
_RIVALS: Final = (
    (Rival("cram", "0.7", "pypi", "cram"), "  $ true\n\n", ["page.md"]),
    (Rival("byexample", "11.0.0", "pypi", "byexample"), "```shell\n$ true\n```\n\n", None),
    (
        Rival("mechanical-markdown", "0.8.0", "pypi", "mm.py"),
        "<!-- STEP\nname: a\n-->\n\n```bash\ntrue\n```\n\n<!-- END_STEP -->\n\n",
        ["page.md"],
    ),
    (Rival("mktestdocs", "0.2.5", "pypi", "python"), "```bash\ntrue\n```\n\n", ["-c", _MKTESTDOCS]),
    (
        Rival("pytest-codeblocks", "0.18.0", "pypi", "pytest"),
        "```bash\ntrue\n```\n\n",
        ["--codeblocks", "-q", "page.md"],
    ),
)


def cases(folder: Path, *, rivals: bool) -> tuple[dict[str, Callable[[], float]], dict[str, str]]:
    """The ways to run the blocks, and why other tools are missing among them.

    The first two and our shell run in this process; all else starts a process of its own.

    Args:
        folder: where projects are made, each in a new folder.
        rivals: whether other tools are installed and timed too.
    """
    found: dict[str, Callable[[], float]] = {
        "bash -c, one process a block": _processes,
        "a live bash, a status a line": _lines,
        "ledger's shell": _shell,
        "ledger verify": partial(_run, [_program("ledger"), "verify"], _project(folder)),
    }
    missing = {}
    for rival, block, arguments in _RIVALS if rivals else ():
        program, reason = install(rival)
        name = f"{rival.package} {rival.version}"
        if program is None:
            missing[name] = reason
            continue
        home = folder / f"page-{rival.package}"
        home.mkdir()
        (home / "page.md").write_text("# Page\n\n" + block * BLOCKS, "utf-8")
        command = [str(program), *(arguments or ["-l", "shell", "page.md"])]
        found[name] = partial(_run, command, home)
    return found, missing


def _processes() -> float:
    begun = time.perf_counter()
    for _ in range(BLOCKS):
        subprocess.run(["bash", "-c", "true"], stdin=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def _lines() -> float:
    """The least that a live bash can take: nothing is kept apart, nothing is judged."""
    begun = time.perf_counter()
    with subprocess.Popen(BASH, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as bash:
        assert bash.stdin is not None
        assert bash.stdout is not None
        for _ in range(BLOCKS):
            bash.stdin.write(b"true\necho $?\n")
            bash.stdin.flush()
            assert bash.stdout.readline() == b"0\n"
        bash.stdin.close()
    return time.perf_counter() - begun


def _shell() -> float:
    begun = time.perf_counter()
    with closing(Shell(os.environ)) as shell:
        for _ in range(BLOCKS):
            assert shell.run("true", timeout=60).status == 0
    return time.perf_counter() - begun


def _project(folder: Path) -> Path:
    root = folder / "page-ledger"
    (root / "docs").mkdir(parents=True)
    (root / "mkdocs.yml").write_text("site_name: Bench\n", "utf-8")
    blocks = (
        f"```bash {{.verify name=block-{number} expect=none}}\ntrue\n```\n\n"
        for number in range(BLOCKS)
    )
    page = "---\ncluster: false\n---\n\n" + "".join(blocks)
    (root / "docs" / "page.md").write_text(page, "utf-8")
    return root


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _run(command: Sequence[str], folder: Path) -> float:
    """Run a command to its end; the seconds it took.

    Raises:
        CalledProcessError: it failed, so its time would mean nothing.
    """
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True)
    taken = time.perf_counter() - begun
    done.check_returncode()
    return taken
