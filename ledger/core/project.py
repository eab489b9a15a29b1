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
            fix = "set it to the folder of a project, or unset it"
            raise UsageError("no mkdocs.yml there", where=f"LEDGER_ROOT={override}", fix=fix)
        return os.path.realpath(override)
    here = folder = os.path.realpath(start or os.curdir)
    while not os.path.isfile(os.path.join(folder, "mkdocs.yml")):
        above = os.path.dirname(folder)
        if above == folder:
            raise UsageError(
                "no mkdocs.yml here or in any folder above",
                where=here,
                fix="ledger init makes a project here; or go to yours, or set LEDGER_ROOT",
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
    pages: str = "docs"

    @classmethod
    def here(cls) -> Project:
        """The project around the current folder."""
        return cls(find_root())

    @classmethod
    def of(cls, page: Path, rootdir: Path) -> Project | None:
        """The project that a Markdown file is a page of; None if it is no page.

        Where a site is, its `docs/` holds the pages. Without one every Markdown file is a page.

        Args:
            page: the file.
            rootdir: the project's folder if the file belongs to no site.

        Raises:
            UsageError: LEDGER_ROOT is no project.
        """
        try:
            site = cls(find_root(page.parent))
        except UsageError:
            if os.environ.get("LEDGER_ROOT"):
                raise
            return cls._without_site(page, rootdir)
        if page.resolve().is_relative_to(site.docs):
            return site
        # A site around it all, as in a monorepo, says nothing of what lies here.
        root = rootdir.resolve()
        inside = root != site.root and root.is_relative_to(site.root)
        return cls._without_site(page, rootdir) if inside else None

    @classmethod
    def _without_site(cls, page: Path, rootdir: Path) -> Project:
        root, folder = rootdir.resolve(), page.parent.resolve()
        return cls(root if folder.is_relative_to(root) else folder, ".")

    @property
    def skills(self) -> Path:
        """Skill files, one a plan."""
        return self.root / "skills"

    @property
    def docs(self) -> Path:
        """The site's sources; without a site, the project's folder."""
        return self.root / self.pages

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
