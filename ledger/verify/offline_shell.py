"""Shell blocks, read and never run: by `bash -n`, and by shellcheck as the session that they are.

All blocks of a page run in one shell, so shellcheck reads them as one script: what an earlier block
sets is known in a later one. A `.show` block is read by itself.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ledger.core.bash import complaint
from ledger.core.problem import Problem, Rule, Severity
from ledger.errors import LedgerError, UsageError
from ledger.pages.attributes import Info, read_info
from ledger.pages.block import RUN
from ledger.pages.fences import Fence
from ledger.pages.page import Page

SYNTAX: Final = Rule(
    "V101",
    Severity.ERROR,
    "a block that bash cannot read",
    "whoever pastes it gets an error, or a shell that waits for more",
    "complete the command; what is no shell goes into a text fence",
)
# How a run sets the shell up: what shellcheck knows of it, it does not ask for again.
_STRICT: Final = ("#!/bin/bash", "set -eEo pipefail", "shopt -s inherit_errexit")
# What a run hands on from its own environment, and shellcheck does not know.
_GIVEN: Final = "export KUBECONFIG DOCKER_HOST SSL_CERT_FILE SSL_CERT_DIR"
# `exit` ends the block and not the page (SC2317); a file that is sourced is there only in a run.
_NOT_ASKED: Final = "SC1090,SC1091,SC2317"
# An example by itself sets what it does not use, and uses what the text around it speaks of.
_ALONE: Final = ("#!/bin/bash", "# shellcheck disable=SC2034,SC2154")
_SEVERITIES: Final = {"error": Severity.ERROR, "warning": Severity.WARNING, "info": Severity.INFO}
# A variable that nobody set is empty, and the command does something else than the page says.
_WORSE: Final = frozenset({2154})
_BASH_LINE: Final = re.compile(r"line (\d+): (.*)")


class Line(NamedTuple):
    """One line of a script, and the `file:line` where its author wrote it."""

    text: str
    where: str


Script = list[Line]


def shell_problems(pages: Iterable[Page]) -> list[Problem]:
    """What bash and shellcheck have to say of the shell blocks of some pages.

    Raises:
        UsageError: one of the two is not installed.
        LedgerError: shellcheck could not run.
    """
    problems: list[Problem] = []
    scripts: list[Script] = []
    for page in pages:
        session = _opening(page)
        for info, block in _blocks(page):
            if broken := _unreadable(block):
                # Left out of the session, which shellcheck could not read to its end.
                problems.append(broken)
            elif info.kind == "show":
                scripts.append([Line(text, block[0].where) for text in _ALONE] + block)
            else:
                session += block
                if name := info.values.get("set"):
                    session.append(Line(f"export {name}=output", block[-1].where))
        scripts.append(session)
    return problems + _shellcheck(scripts)


def _opening(page: Page) -> Script:
    """What stands before the first block in effect: the run's shell, and the page's parameters."""
    parameters = (f"export {name}=example" for name in page.parameters)
    return [Line(text, f"{page.where}:1") for text in (*_STRICT, _GIVEN, *parameters)]


def _blocks(page: Page) -> Iterator[tuple[Info, Script]]:
    for fence in page.fences:
        info = read_info(fence.info, fence.where)
        if info.language in RUN:
            yield info, _lines(fence)


def _lines(fence: Fence) -> Script:
    file, _, line = fence.where.rpartition(":")
    texts = enumerate(fence.text.split("\n"), int(line) + 1)
    return [Line(text, f"{file}:{number}") for number, text in texts]


def _unreadable(block: Script) -> Problem | None:
    """The first thing that bash cannot read in a block, which it must be able to by itself."""
    said = complaint("\n".join(line.text for line in block))
    if not said:
        return None
    told = _BASH_LINE.search(said)
    number, what = (int(told[1]), told[2]) if told else (1, said.strip())
    # A quote that is never closed is told behind the last line.
    line = block[min(number, len(block)) - 1]
    return SYNTAX.at(*_place(line.where), f"bash cannot read this block: {what}")


def _shellcheck(scripts: Sequence[Script]) -> list[Problem]:
    if not scripts:
        return []
    with tempfile.TemporaryDirectory(prefix="ledger-") as folder:
        names = [f"{number}.bash" for number in range(len(scripts))]
        for name, script in zip(names, scripts, strict=True):
            Path(folder, name).write_text("".join(f"{line.text}\n" for line in script), "utf-8")
        options = ("--norc", "--format=json1", "--severity=info", f"--exclude={_NOT_ASKED}")
        done = subprocess.run(
            [_tool(), *options, "--enable=check-unassigned-uppercase", *names],
            cwd=folder,
            env={key: value for key, value in os.environ.items() if key != "SHELLCHECK_OPTS"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode not in {0, 1}:
        raise LedgerError(f"shellcheck could not run: {done.stderr.strip()}")
    return [
        _problem(comment, scripts[int(Path(comment["file"]).stem)])
        for comment in json.loads(done.stdout)["comments"]
    ]


def _tool() -> str:
    beside = str(Path(sys.executable).parent)
    found = shutil.which("shellcheck", path=beside) or shutil.which("shellcheck")
    if not found:
        raise UsageError("shellcheck is not installed", fix="pip install 'phase-ledger[offline]'")
    return found


def _problem(comment: dict[str, str | int], script: Script) -> Problem:
    code = int(comment["code"])
    severity = Severity.ERROR if code in _WORSE else _SEVERITIES[str(comment["level"])]
    where, line = _place(script[min(int(comment["line"]), len(script)) - 1].where)
    return Problem(
        where,
        line,
        f"SC{code}",
        severity,
        str(comment["message"]).rstrip("."),
        f"see https://www.shellcheck.net/wiki/SC{code}",
        f"mend it, or put above the command: # shellcheck disable=SC{code}",
    )


def _place(where: str) -> tuple[str, int]:
    file, _, line = where.rpartition(":")
    return file, int(line)
