"""Which files of an input changed since a run: told by git, and proved by the digest of the run."""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

from ledger.core import git
from ledger.core.files import digest
from ledger.core.project import Project
from ledger.pages.evidence import lock_path
from ledger.pages.page import Page
from ledger.pages.state import Change
from ledger.verify.record import last_run


class FileChange(NamedTuple):
    """One file of an input.

    Attributes:
        file: its name, relative to the project.
        how: changed, added or removed.
    """

    file: str
    how: str


def changed_files(project: Project, page: Page, change: Change) -> list[FileChange]:
    """The files of an input that are not as they were in the run.

    Looks for the input as the run had it in the commit that holds the evidence, then in the one
    that was checked out for the last run here. Empty if neither holds it.

    Args:
        project: the project.
        page: the page.
        change: a change of one of its inputs.
    """
    for commit in _commits(project, page):
        with tempfile.TemporaryDirectory(prefix="ledger-") as folder:
            then = _checked_out(project.root, commit, change.name, Path(folder))
            if then and digest(then) == change.before:
                return _compared(then, project.root / change.name, change.name)
    return []


def _commits(project: Project, page: Page) -> list[str]:
    lock = lock_path(project, page).relative_to(project.root).as_posix()
    holds = git.output(project.root, "log", "-1", "--format=%H", "--", lock).decode().strip()
    ran = str(last_run(project, page).get("commit") or "").removesuffix("-dirty")
    return [commit for commit in dict.fromkeys((holds, ran)) if commit]


def _checked_out(root: Path, commit: str, name: str, folder: Path) -> Path | None:
    data = git.output(root, "archive", "--format=tar", commit, "--", name)
    if not data:
        return None
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder, filter="tar")
    return folder / name


def _compared(then: Path, now: Path, name: str) -> list[FileChange]:
    before, after = _files(then, name), _files(now, name)
    return [
        FileChange(file, _how(before.get(file), after.get(file)))
        for file in sorted({*before, *after})
        if before.get(file) != after.get(file)
    ]


def _how(before: str | None, after: str | None) -> str:
    if before is None:
        return "added"
    return "removed" if after is None else "changed"


def _files(path: Path, name: str) -> dict[str, str]:
    """The digest of each file of an input, by its name in the project."""
    if not path.is_dir():
        return {name: digest(path)} if path.exists() else {}
    found = (file for file in path.rglob("*") if file.is_symlink() or not file.is_dir())
    return {
        f"{name}/{file.relative_to(path).as_posix()}": digest(file)
        for file in found
        if "__pycache__" not in file.parts
    }
