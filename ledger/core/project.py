"""Where the project is and where its folders are."""

# pathlib takes longer to load than a small command to run.
# ruff: noqa: PTH113, PTH118, PTH120
from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from ledger.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def root_folder(start: str | None = None) -> str:
    """Find the project: the nearest folder upwards that holds `mkdocs.yml`, links resolved.

    `LEDGER_ROOT` overrides the search.

    Raises:
        UsageError: no folder up to the file system's root holds one, or LEDGER_ROOT does not.
    """
    if override := os.environ.get("LEDGER_ROOT"):
        if not os.path.isfile(f"{override}/mkdocs.yml"):
            raise UsageError("no mkdocs.yml there", where=f"LEDGER_ROOT={override}")
        return os.path.realpath(override)
    here = folder = os.path.realpath(start or os.curdir)
    while not os.path.isfile(os.path.join(folder, "mkdocs.yml")):
        above = os.path.dirname(folder)
        if above == folder:
            raise UsageError(
                "no mkdocs.yml here or in any folder above",
                where=here,
                fix="run ledger inside a project, or set LEDGER_ROOT",
            )
        folder = above
    return folder


def find_root(start: Path | None = None) -> Path:
    """`root_folder`, as a path."""
    from pathlib import Path  # costs more than the search

    return Path(root_folder(str(start) if start else None))


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
        try:
            resolved = path.resolve()
        except (OSError, RuntimeError):  # links that lead to each other
            resolved = path.parent.resolve() / path.name
        if resolved.is_relative_to(self.root):
            return resolved.relative_to(self.root).as_posix()
        return str(path)
