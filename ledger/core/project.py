"""Where the project is and where its folders are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from ledger.errors import UsageError


def find_root(start: Path | None = None) -> Path:
    """Find the project: the nearest folder upwards that holds `mkdocs.yml`.

    `LEDGER_ROOT` overrides the search.

    Raises:
        UsageError: no folder up to the file system's root holds one, or LEDGER_ROOT does not.
    """
    if override := os.environ.get("LEDGER_ROOT"):
        if not (Path(override) / "mkdocs.yml").is_file():
            raise UsageError("no mkdocs.yml there", where=f"LEDGER_ROOT={override}")
        return Path(override).resolve()
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "mkdocs.yml").is_file():
            return folder
    raise UsageError(
        "no mkdocs.yml here or in any folder above",
        where=str(here),
        fix="run ledger inside a project, or set LEDGER_ROOT",
    )


class Project(NamedTuple):
    """The folders of one project; paths in files are relative to `root`, with `/`."""

    root: Path

    @classmethod
    def here(cls) -> Project:
        """The project around the current folder."""
        return cls(find_root())

    @property
    def skills(self) -> Path:
        """Skill files, one a plan."""
        return self.root / "skills"

    @property
    def docs(self) -> Path:
        """The site's sources."""
        return self.root / "docs"

    @property
    def evidence(self) -> Path:
        """The committed locks, one a page."""
        return self.root / "evidence"

    @property
    def epilogues(self) -> Path:
        """What each settled phase left behind."""
        return self.root / "epilogues"

    @property
    def runs(self) -> Path:
        """Run records of this machine; not committed."""
        return self.root / ".ledger" / "runs"

    def relative(self, path: Path) -> str:
        """`path` as files name it: from the root, with forward slashes; as it is if outside."""
        resolved = path.resolve()
        if resolved.is_relative_to(self.root):
            return resolved.relative_to(self.root).as_posix()
        return str(path)
