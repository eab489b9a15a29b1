"""What the site reads: the project, its pages, and where each page will stand.

Some engines call the macros' entry point once a page, so what is slow is kept here, by the time of
the file's last change: a server that watches the sources shows each change.
"""

from __future__ import annotations

import posixpath
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import quote, unquote

from ledger.core.clock import day
from ledger.core.project import Project
from ledger.errors import PageError
from ledger.pages.page import Page, read_page
from ledger.pages.state import BlockState, page_states, variant_states


@cache
def project() -> Project:
    """The project that is being built."""
    return Project.here()


def page(where: str) -> Page:
    """Read a page by its path from the root, such as `docs/runbook/x.md`.

    Raises:
        PageError: no such page below `docs/`, or a block that cannot be trusted.
    """
    path = _path(where)
    config = project().root / "mkdocs.yml"
    return _page(path, path.stat().st_mtime_ns, config.stat().st_mtime_ns)


@lru_cache(maxsize=1024)
def _page(path: Path, _changed: int, _config_changed: int) -> Page:
    return read_page(project(), path)


def states(found: Page) -> list[BlockState]:
    """The state of each block of a page that is a procedure, on the day of the build."""
    return page_states(project(), found, day())


def variants(found: Page) -> dict[str, list[BlockState]]:
    """The same in each variant that the page declares."""
    return variant_states(project(), found, day())


def source_of(url: str) -> str:
    """The page that stands at `url` of the site, as a path from the root.

    Args:
        url: relative to the site's own; `a/b/` or `a/b.html`, empty for the home page.

    Raises:
        PageError: no file of `docs/` gives that URL.
    """
    stem = unquote(url).removesuffix(".html").strip("./")
    stem = "" if stem == "index" else stem.removesuffix("/index")
    names = (f"{stem}.md", f"{stem}/index.md", f"{stem}/README.md")
    for name in names:
        path = project().docs / name.lstrip("/")
        if path.is_file():
            return project().relative(path)
    raise PageError(f"no page gives the URL {url!r}", where="docs/")


def href(where: str, url: str) -> str:
    """The link from the page at `url` to the page `where`, in the same form of URL.

    Raises:
        PageError: there is no such page.
    """
    path = _path(where)
    stem = path.relative_to(project().docs).with_suffix("").as_posix()
    flat = url.endswith(".html")
    if not flat and path.stem in {"index", "README"}:
        stem = posixpath.dirname(stem)
    here = posixpath.dirname(unquote(url)) or "."
    link = quote(posixpath.relpath(stem or ".", here))
    return f"{link}.html" if flat else f"{link}/"


def _path(where: str) -> Path:
    path = (project().root / where).resolve()
    if not path.is_file() or not path.is_relative_to(project().docs):
        raise PageError("no such page", where=where, fix="name a file below docs/")
    return path
