"""What GitHub would refuse of a workflow, and what a stranger could make of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ledger.adopt import template
from ledger.core.clock import day
from tools.audit.subject import LeftOutError, Subject, ToolError

_FOLDER: Final = Path(".github/workflows")
_FOUND: Final = re.compile(r"^::\w+ file=(.+?),line=(\d+),title=(.+?)::\S+ (.+)$", re.MULTILINE)


def workflows(subject: Subject) -> Iterator[str]:
    """The workflows and the action, and the workflow of each kind of new project.

    Raises:
        LeftOutError: actionlint is not here.
        ToolError: a program cannot do its work.
    """
    if not (subject.tools / "actionlint").exists():
        raise LeftOutError("no actionlint in .ledger/audit/bin; make audit builds it with Go")
    with TemporaryDirectory() as place:
        files = list(_gathered(subject.project.root, Path(place)))
        flows = [file for file in files if file != "action.yml"]
        # shellcheck is on some machines only.
        done = subject.run("actionlint", "-shellcheck=", "-oneline", *flows, folder=place)
        if done.returncode > 1:
            raise ToolError(f"actionlint: {done.stderr.strip()}")
        yield from done.stdout.splitlines()
        done = subject.run("zizmor", "--offline", "--format=github", *files, folder=place)
        found = _FOUND.findall(done.stdout)
        if done.returncode and not found:
            raise ToolError(f"zizmor: {done.stderr.strip()}")
        yield from (f"{file}:{line}: {what} [{rule}]" for file, line, rule, what in found)


def _gathered(root: Path, place: Path) -> Iterator[str]:
    """Copy what is audited to one place, and name it: a template says nothing before it is used."""
    texts = {path.relative_to(root): path.read_bytes() for path in (root / _FOLDER).glob("*.yml")}
    texts[Path("action.yml")] = (root / "action.yml").read_bytes()
    for kind in template.TEMPLATES:
        name = _FOLDER / "runbooks.yml"
        new = template.files(kind, "x", day())[str(name)]
        texts["ledger/adopt/templates" / Path(kind) / name] = new
    for path, text in sorted(texts.items()):
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(text)
        yield str(path)
