"""What pages of one type have in common: sections, anchors, the first screen, people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ledger.core.forest import skill_files
from ledger.core.problem import Problem
from ledger.core.project import Project
from ledger.pages.attributes import nearest
from ledger.pages.lint_rules import BAD_TYPE, LATE, NO_ANCHOR, NO_OWNER, NO_SECTION, NO_SKILL
from ledger.pages.page import Page
from ledger.pages.people import people
from ledger.pages.types import FIRST, TYPES, PageType, type_of

# Lines of Markdown below the front matter: what a screen shows of a page.
SCREEN: Final = 20
_LABEL: Final = re.compile(rf"^(?:\*\*|#{{1,6}} +)({'|'.join(FIRST)})\b", re.I | re.M)


def shape_problems(
    project: Project, page: Page, text: str, body: str, sections: Sequence[str]
) -> Iterator[Problem]:
    """What is wrong with the shape of a page.

    Args:
        project: the project that holds the page.
        page: the page.
        text: all of its file.
        body: its Markdown below the front matter.
        sections: the anchor of each heading of the second level, as written; empty if it has none.
    """
    found = type_of(project, page)
    yield from _skill(project, page, text)
    if not found:
        word, line = str(page.meta["type"]), line_of("type:", text)
        yield BAD_TYPE.at(page.where, line, f"no type {word!r}", nearest(word, TYPES))
        return
    if page.blocks:
        yield from _people(project, page, found)
    if found.first:
        yield from _anchors(page, text, sections)
        yield from _sections(page, text, found, sections)
        yield from _screen(page, text, body, found)


def line_of(words: str, text: str) -> int:
    """The first line that holds `words`; 1 if none does."""
    return next((n for n, line in enumerate(text.splitlines(), 1) if words in line), 1)


def _skill(project: Project, page: Page, text: str) -> Iterator[Problem]:
    name = page.meta.get("skill")
    names = [file.stem for file in skill_files(project)] if name else []
    if name and name not in names:
        line = line_of("skill:", text)
        yield NO_SKILL.at(page.where, line, f"no skill {name!r}", nearest(str(name), names))


def _people(project: Project, page: Page, of: PageType) -> Iterator[Problem]:
    told = people(project, page)
    for key in of.people:
        if key not in told:
            fix = f"add to the front matter: {key}: ..."
            yield NO_OWNER.at(page.where, 1, f"this page has no {key}", fix)


def _anchors(page: Page, text: str, sections: Sequence[str]) -> Iterator[Problem]:
    headings = [n for n, line in enumerate(text.splitlines(), 1) if line.startswith("## ")]
    for number, anchor in enumerate(sections):
        if not anchor:
            line = headings[number] if len(headings) == len(sections) else 1
            yield NO_ANCHOR.at(page.where, line, f"section {number + 1} has no anchor")


def _sections(page: Page, text: str, of: PageType, sections: Sequence[str]) -> Iterator[Problem]:
    rest = list(sections)
    for anchor in of.sections:
        if anchor in rest:
            del rest[: rest.index(anchor) + 1]
        elif anchor in sections:
            line = line_of(f"#{anchor} }}", text)
            yield NO_SECTION.at(page.where, line, f"section #{anchor} stands too early")
        else:
            fix = f"add ## {anchor.capitalize()} {{ #{anchor} }}"
            yield NO_SECTION.at(page.where, 1, f"no section #{anchor}", fix)


def _screen(page: Page, text: str, body: str, of: PageType) -> Iterator[Problem]:
    start = len(text.splitlines()) - len(body.splitlines())
    first = min((block.line - start for block in page.blocks), default=SCREEN)
    screen = "\n".join(body.splitlines()[: min(first, SCREEN + 1) - 1])
    told = {label[1].lower() for label in _LABEL.finditer(screen)}
    for word in of.first:
        if word not in told:
            yield LATE.at(page.where, start + 1, f"{word} is not on the first screen")
