"""Which page each plain runbook becomes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from ledger.core.project import Project
from ledger.errors import UsageError

# Where a link or an image of Markdown leads.
_LINK: Final = re.compile(r"\]\(\s*<?(?P<target>[^)\s>#?]+)")


def targets(project: Project, names: Sequence[str], output: str) -> dict[Path, Path]:
    """The page below docs/ that each file becomes, by file, in order.

    Args:
        project: the project.
        names: files, and folders whose Markdown files are meant.
        output: the folder below docs/ that they go to; empty to change them where they stand.

    Raises:
        UsageError: there is no such file, none in a folder, a page that is not below docs/, or
            two files that would become one page.
    """
    folder = Path(output).resolve() if output else None
    if folder and not folder.is_relative_to(project.docs.resolve()):
        raise UsageError("not a folder below docs/", where=output, fix="-o docs/imported")
    found: dict[Path, Path] = {}
    for name in names:
        for path, relative in _files(Path(name)):
            target = folder / relative if folder else path.resolve()
            if not target.is_relative_to(project.docs.resolve()):
                fix = "name a folder for the page: -o docs/imported"
                raise UsageError("not below docs/", where=str(path), fix=fix)
            if target in found.values() and found.get(path) != target:
                what = f"two files would become {project.relative(target)}"
                raise UsageError(what, where=str(path), fix="import them into two folders")
            found[path] = target
    return found


def _files(path: Path) -> Iterator[tuple[Path, Path]]:
    """Each Markdown file, and where it lies in the folder that was named."""
    if path.is_dir():
        inside = [file for file in sorted(path.rglob("*.md")) if file.is_file()]
        if not inside:
            raise UsageError("no Markdown file in this folder", where=str(path))
        yield from ((file, file.relative_to(path)) for file in inside)
    elif path.is_file() and path.suffix == ".md":
        yield path, Path(path.name)
    else:
        what = "not a Markdown file or a folder" if path.exists() else "no such file"
        raise UsageError(what, where=str(path), fix="name a file that ends in .md, or a folder")


def companions(source: Path, target: Path, data: bytes) -> dict[Path, Path]:
    """The files below a runbook's folder that it links to, pages left out, and where they belong.

    Args:
        source: the runbook.
        target: the page that it becomes.
        data: the page.
    """
    folder, found = source.resolve().parent, {}
    for link in _LINK.finditer(data.decode()):
        name = unquote(link["target"])
        file = folder / name
        # Not of pathlib: what no file can be called is no file.
        there = os.path.isfile(file)  # noqa: PTH113
        if there and file.suffix != ".md" and file.resolve().is_relative_to(folder):
            found[file] = target.parent / file.resolve().relative_to(folder)
    return {file: there for file, there in found.items() if not there.exists()}


def existing(project: Project, source: Path, target: Path, data: bytes) -> bytes:
    """What the page holds now; empty if it is not there.

    Raises:
        UsageError: it holds something else than the import of its source would give.
    """
    if not target.exists():
        return b""
    before = target.read_bytes()
    if before != data and source.resolve() != target.resolve():
        where = project.relative(target)
        what = "this page is there, and is not what the import gives"
        raise UsageError(what, where=where, fix=f"ledger import {where}, or remove it first")
    return before
