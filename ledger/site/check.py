"""What is wrong with a built site: where its links lead, what it loads, what its commands say."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from ledger.core.problem import Problem, Rule, Severity
from ledger.core.project import Project
from ledger.errors import UsageError
from ledger.pages.page import Page, read_page
from ledger.site.check_html import BuiltPage, css_loads

DEAD: Final = Rule(
    "S101",
    Severity.ERROR,
    "a link that leads to no page, or to no anchor on it; also in raw HTML",
    "the reader meets a page that is not there, or its top in place of the step",
    "correct the link, or give the heading that anchor",
)
OUTSIDE: Final = Rule(
    "S102",
    Severity.ERROR,
    "a page loads something from another host",
    "without a network it is missing, and that host learns who reads which runbook",
    "take it into docs/assets",
)
MISSING: Final = Rule(
    "S103",
    Severity.ERROR,
    "a page loads a file that the site does not have",
    "an image, a script or a style is missing from the page",
    "correct the name, or add the file below docs/",
)
OTHER: Final = Rule(
    "S104",
    Severity.ERROR,
    "what a page shows, or what its copy button gives, is not the command that runs",
    "the reader pastes what nobody has ever run",
    "build the site again; keep macros and raw HTML away from command blocks",
)
RULES: Final = (DEAD, OUTSIDE, MISSING, OTHER)

_ORIGIN: Final = "https://site.invalid/"
# Of these a server makes what it likes: it stands for any address.
_ANY_ADDRESS: Final = "404.html"
# A browser goes there of itself: the top of the page, and where the theme's skip link leads.
_ALWAYS: Final = frozenset(("", "top", "__skip"))


class Checked(NamedTuple):
    """What was looked at, and what is wrong.

    Attributes:
        pages: HTML pages.
        links: links on them.
        commands: command blocks on them.
        problems: by file and line.
    """

    pages: int
    links: int
    commands: int
    problems: list[Problem]


def check(
    project: Project, folder: Path, read: Callable[[Project, Path], Page] = read_page
) -> Checked:
    """Check a built site against its sources, and each of its pages against the others.

    Args:
        project: its sources.
        folder: the site.
        read: reads a page of the sources; who has just built the site need not read it again.

    Raises:
        UsageError: there is no site.
        PageError: a source that cannot be read.
    """
    built = {
        path.relative_to(folder).as_posix(): BuiltPage(path.read_text("utf-8"))
        for path in sorted(folder.rglob("*.html"))
    }
    if not built:
        fix = "build it: ledger site build"
        raise UsageError("no site there", where=str(folder), fix=fix)
    address = built["index.html"].canonical if "index.html" in built else ""
    site = _Site(folder, built, address, cache(lambda path: (folder / path).is_file()))
    problems = [problem for name in built for problem in site.page(name)]
    problems += site.sheets()
    pages = (read(project, path) for path in sorted(project.docs.rglob("*.md")))
    problems += _commands(project, folder, pages, built)
    problems = [found._replace(where=project.relative(Path(found.where))) for found in problems]
    links = sum(len(page.links) for page in built.values())
    return Checked(
        len(built), links, sum(len(p.commands) for p in built.values()), sorted(problems)
    )


class _Site(NamedTuple):
    folder: Path
    pages: Mapping[str, BuiltPage]
    address: str
    has: Callable[[str], bool]

    def page(self, name: str) -> Iterator[Problem]:
        """What is wrong with one page by itself."""
        page = self.pages[name]
        for url, line in page.loads:
            yield from self._load(name, url, line)
        for url, line in page.links if name != _ANY_ADDRESS else ():
            if why := self._dead(name, url):
                yield DEAD.at(str(self.folder / name), line, f"{url} leads to {why}")

    def sheets(self) -> Iterator[Problem]:
        """What is wrong with the style sheets."""
        for path in sorted(self.folder.rglob("*.css")):
            for url in css_loads(path.read_text("utf-8")):
                yield from self._load(path.relative_to(self.folder).as_posix(), url, 1)

    def _load(self, name: str, url: str, line: int) -> Iterator[Problem]:
        where = str(self.folder / name)
        if urlsplit(url).scheme == "data":
            return
        path, _ = self._inside(name, url)
        if path is None:
            yield OUTSIDE.at(where, line, f"{url} is loaded from another host")
        elif name != _ANY_ADDRESS and not self.has(path):
            yield MISSING.at(where, line, f"{url} is no file of the site")

    def _dead(self, name: str, url: str) -> str:
        """What a link leads to in place of a page; empty if it is alive, or leads elsewhere."""
        path, anchor = self._inside(name, url)
        if path is None:
            return ""
        if not self.has(path):
            return "no page"
        known = self.pages.get(path)
        lost = known and anchor not in _ALWAYS and anchor not in known.anchors
        return "no anchor of that page" if lost else ""

    def _inside(self, name: str, url: str) -> tuple[str | None, str]:
        """The file of the site, and the anchor in it, that an address on a page leads to."""
        if self.address and url.startswith(self.address):
            url = _ORIGIN + url.removeprefix(self.address)
        # The menus of neighbours lead to the same places: from the folder above, in the same words.
        base, rest = name, url
        while "/" in base and rest.startswith("../"):
            base, rest = posixpath.dirname(posixpath.dirname(base)), rest[3:]
            base = f"{base}/" if base else ""
        return _resolved(base, url if rest is url else f"./{rest}")


@lru_cache(maxsize=2**16)
def _resolved(base: str, url: str) -> tuple[str | None, str]:
    parts = urlsplit(urljoin(_ORIGIN + base, url))
    if f"{parts.scheme}://{parts.netloc}/" != _ORIGIN:
        return None, ""
    path = unquote(parts.path).lstrip("/")
    if not path or path.endswith("/"):
        path = posixpath.join(path, "index.html")
    return path, unquote(parts.fragment)


def _commands(
    project: Project, folder: Path, pages: Iterable[Page], built: Mapping[str, BuiltPage]
) -> Iterator[Problem]:
    """Compare each page's commands with those that run, and with what is copied."""
    for page in pages:
        stem = page.path.relative_to(project.docs).with_suffix("")
        folder_form = stem.parent if stem.name in {"index", "README"} else stem
        names = (f"{stem.as_posix()}.html", (folder_form / "index.html").as_posix())
        name = next((name for name in names if name in built), None)
        if name:
            yield from _same(page, str(folder / name), built[name])
        elif page.blocks:
            what = f"{page.where} is not on the site, and its commands run"
            yield OTHER.at(str(folder), 1, what)


def _same(page: Page, where: str, built: BuiltPage) -> Iterator[Problem]:
    for block, command in zip_longest(page.blocks, built.commands):
        line = command.line if command else 1
        if block is None:
            yield OTHER.at(where, line, f"a command that does not run: {command.shown!r}")
        elif command is None:
            yield OTHER.at(where, line, f"the command of {block.where} is not shown")
        elif command.shown != block.text:
            yield OTHER.at(where, line, f"{command.shown!r} is shown, {block.where} runs")
        elif command.copied != block.text:
            yield OTHER.at(where, line, f"{command.copied!r} is copied, {block.where} runs")
