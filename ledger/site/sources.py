"""What the site reads: the project, its pages, and where each page will stand.

Some engines call the macros' entry point once a page, so what is slow is kept here, by the time of
the file's last change: a server that watches the sources shows each change.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from ledger.core.clock import day
from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.errors import PageError
from ledger.flow.evidence import PageEvidence
from ledger.pages.evidence import input_digests
from ledger.pages.page import Page, read_page
from ledger.pages.state import BlockState, page_states
from ledger.site import readings

# What one build has read: digests of inputs by their names, states by page and variant.
_known: Final[dict[str, str]] = {}
_states: Final[dict[tuple[str, str], list[BlockState]]] = {}


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


def read(_project: Project, path: Path) -> Page:
    """`read_page` of this project, for who asks again for a page that the build has read.

    Raises:
        PageError: a block that cannot be trusted.
    """
    return page(project().relative(path))


@lru_cache(maxsize=1024)
def _page(path: Path, _changed: int, _config_changed: int) -> Page:
    return read_page(project(), path, readings.parse)


def states(found: Page) -> list[BlockState]:
    """The state of each block of a page that is a procedure, on the day of the build."""
    key = (found.where, found.variant)
    if key not in _states:
        _states[key] = page_states(project(), found, day(), _digests)
    return _states[key]


def variants(found: Page) -> dict[str, list[BlockState]]:
    """The same in each variant that the page declares."""
    return {name: states(found.as_variant(name)) for name in found.variants}


def renew() -> None:
    """Begin a build: evidence and what it depends on are read again, once for all pages."""
    _known.clear()
    _states.clear()


def _digests(here: Project, names: Sequence[str], where: str) -> dict[str, str]:
    _known.update(input_digests(here, (name for name in names if name not in _known), where))
    return {name: _known[name] for name in names}


def evidence(skill: Skill) -> tuple[PageEvidence, ...]:
    """What the pages of a skill prove on the day of the build.

    Raises:
        PageError: it answers for a page that does not exist, or that cannot be trusted.
    """
    pages = (page(where) for where in skill.strings("docs"))
    return tuple(PageEvidence(found.where, tuple(states(found))) for found in pages)


def procedures() -> list[Page]:
    """Every page with a command that a reader is asked to run, by path."""
    found = (page(project().relative(path)) for path in sorted(project().docs.rglob("*.md")))
    return [one for one in found if any(block.kind != "show" for block in one.blocks)]


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


def href_or_none(where: str, url: str) -> str | None:
    """`href`, or None where the site has no such page."""
    return href(where, url) if (project().root / where).is_file() else None


def _path(where: str) -> Path:
    path = (project().root / where).resolve()
    if not path.is_file() or not path.is_relative_to(project().docs):
        raise PageError("no such page", where=where, fix="name a file below docs/")
    return path
