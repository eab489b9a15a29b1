"""The same sources, built by MkDocs and by Zensical."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

_STRICT = re.compile(r"^strict: true$", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_ISSUE = re.compile(r"^Warning: (?P<what>.+)\n.*?\[ (?P<where>\S+) \]", re.MULTILINE)


class BuildError(Exception):
    """A build that did not come to its end."""


def copy(root: Path, target: Path) -> None:
    """Copy what git knows or could know of a project, and the records of its runs."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, _run(root, *command).split("\0")):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    if (root / ".ledger/runs").is_dir():
        shutil.copytree(root / ".ledger/runs", target / ".ledger/runs")


def mkdocs(project: Path, target: Path) -> None:
    """Build a project as its own site is built."""
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(target))
    _run(project, *command, NO_MKDOCS_2_WARNING="1")


def zensical(project: Path, program: Path, target: Path) -> list[str]:
    """Build a project with Zensical, and give what it warned of.

    It looks for links before macros have run, so that one which a macro writes is dead to it.
    Not strict, it warns of those and goes on.

    Args:
        project: a copy; its `mkdocs.yml` is changed.
        program: the command.
        target: where the site goes.
    """
    config = project / "mkdocs.yml"
    config.write_text(_STRICT.sub("strict: false", config.read_text("utf-8")), "utf-8")
    # The project, its Markdown and its highlighter are those that MkDocs uses.
    path = os.pathsep.join([str(project), sysconfig.get_path("purelib")])
    told = _run(project, str(program), "build", PYTHONPATH=path)
    shutil.move(project / "site", target)
    return [f"{issue['where']}: {issue['what']}" for issue in _ISSUE.finditer(told)]


def _run(folder: Path, *command: str, **more: str) -> str:
    environment: Mapping[str, str] = {**os.environ, **more}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(str(error)) from None
    told = _COLOUR.sub("", done.stdout)
    if done.returncode:
        last = "\n  ".join(told.strip().splitlines()[-5:])
        raise BuildError(f"{Path(command[0]).name} ended with {done.returncode}\n  {last}")
    return told
