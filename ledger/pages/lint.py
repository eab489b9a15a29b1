"""What is wrong with a page before anybody runs it: what a reader would stumble over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import markdown

from ledger.core.problem import Problem, Rule, Severity
from ledger.core.project import Project
from ledger.errors import LedgerError, PageError
from ledger.pages.block import Block
from ledger.pages.fences import site_extensions
from ledger.pages.page import Page, needed_pages, read_page, split_page

UNREADABLE: Final = Rule(
    "P101",
    Severity.ERROR,
    "the page or one of its blocks cannot be read",
    "no run and no reader can know what it means",
    "correct the line",
)
NO_TITLE: Final = Rule(
    "P102",
    Severity.ERROR,
    "no title",
    "the site's menu, its search and every report would name the file instead",
    "add to the front matter: title: ...",
)
NO_OWNER: Final = Rule(
    "P103",
    Severity.ERROR,
    "a runbook page without owner or escalate",
    "who follows it at night would not know whom to wake",
    "add to the front matter: owner: ... and escalate: ...",
)
PROMPT: Final = Rule(
    "P104",
    Severity.ERROR,
    "a shell's prompt in a command block",
    "pasted with the rest, the prompt is run as a command",
    "write the command alone; what comes back goes into a text fence",
)
PLACEHOLDER: Final = Rule(
    "P105",
    Severity.ERROR,
    "a placeholder in angle brackets in a command block",
    "the shell reads the brackets as files; pasted as it is, it may overwrite one",
    "use a shell parameter, ${NAME:?set NAME}, and explain it under parameters:",
)
DEAD_LINK: Final = Rule(
    "P106",
    Severity.ERROR,
    "a relative link or image that leads to no file of docs/",
    "the reader meets a page that is not there",
    "correct the link, or add the file",
)
BAD_NEED: Final = Rule(
    "P107",
    Severity.ERROR,
    "a need that no run can meet",
    "the page never runs: what it needs is not there, must not be asked, or needs the page itself",
    "name a page below docs/ and a block of it that only looks; let no page need itself",
)
RULES: Final = (UNREADABLE, NO_TITLE, NO_OWNER, PROMPT, PLACEHOLDER, DEAD_LINK, BAD_NEED)

_RUNBOOK: Final = "runbook"
_SHELL_PROMPT: Final = re.compile(r"^[ \t]*\$ ")
# Not the name of a group in a regular expression.
_ANGLE: Final = re.compile(r"(?<!\?)(?<!\?P)<(?P<name>[A-Za-z](?:[\w. -]*\w)?)>(?!\w)")
# What kubectl and Go print where there is nothing.
_PRINTED: Final = frozenset({"none", "unknown", "pending", "invalid", "nil", "no value"})
_MACROS: Final = re.compile(r"\s*(?:<!--\[.*?\]-->\s*)+", re.DOTALL)


def page_problems(project: Project, path: Path) -> list[Problem]:
    """Everything wrong with one page, in order; a page that cannot be read has one problem.

    Args:
        project: the project that holds the page.
        path: the page's file.
    """
    try:
        page = read_page(project, path)
    except LedgerError as error:
        return [UNREADABLE.at(*_place(error.where), error.what, error.fix)]
    text = path.read_text("utf-8-sig")
    _, body = split_page(text, page.where)
    extensions = site_extensions(project.root)
    seen = _Seen()
    seen.feed(markdown.markdown(body, extensions=list(extensions), extension_configs=extensions))
    named = page.meta.get("title") or seen.headed or _MACROS.fullmatch(body)
    found = [] if named else [NO_TITLE.at(page.where, 1, "this page has no title")]
    found += _unowned(project, page)
    found += _bad_needs(project, page)
    found += [problem for block in page.blocks for problem in _block_problems(block)]
    found += _dead_links(project, page, text, seen.targets)
    return sorted(found)


def _place(where: str) -> tuple[str, int]:
    """File and line of `file:line`; the first line where none is told."""
    name, _, line = where.rpartition(":")
    return (name, int(line)) if line.isdigit() else (where, 1)


class _Seen(HTMLParser):
    """Where a rendered page leads, and whether it has a heading of the first level."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.headed = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.headed = self.headed or tag == "h1"
        self.targets += [value for name, value in attrs if name in {"href", "src"} and value]


def _unowned(project: Project, page: Page) -> Iterator[Problem]:
    folder = project.docs.resolve() / _RUNBOOK
    if not page.blocks or not page.path.resolve().is_relative_to(folder):
        return
    for key in ("owner", "escalate"):
        if not page.meta.get(key):
            fix = f"add to the front matter: {key}: ..."
            yield NO_OWNER.at(page.where, 1, f"this runbook page has no {key}", fix)


def _bad_needs(project: Project, page: Page) -> Iterator[Problem]:
    """What is wrong with the needs of another page is told of that page."""
    try:
        needed_pages(project, page)
    except PageError as error:
        where, line = _place(error.where)
        if where == page.where:
            yield BAD_NEED.at(where, line, error.what, error.fix)


def _block_problems(block: Block) -> Iterator[Problem]:
    where, first = _place(block.where)
    for number, line in enumerate(block.text.splitlines(), first + 1):
        if _SHELL_PROMPT.match(line):
            yield PROMPT.at(where, number, "this command begins with the prompt '$ '")
        for match in _ANGLE.finditer(line):
            name = match["name"]
            if name not in _PRINTED and f"</{name}>" not in block.text:
                yield PLACEHOLDER.at(where, number, f"<{name}> is a placeholder")


def _dead_links(project: Project, page: Page, text: str, targets: list[str]) -> Iterator[Problem]:
    for target in dict.fromkeys(targets):
        if _is_dead(project, page, target):
            line = next((n for n, s in enumerate(text.splitlines(), 1) if target in s), 1)
            yield DEAD_LINK.at(page.where, line, f"{target} leads to no file of docs/")


def _is_dead(project: Project, page: Page, target: str) -> bool:
    try:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
            return False
        file = (page.path.parent / unquote(parts.path)).resolve()
    except ValueError:  # no URL, or no name of a file
        return True
    return not file.exists() or not file.is_relative_to(project.docs.resolve())
