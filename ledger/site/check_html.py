"""What a built page holds: anchors, links, what a browser loads by itself, commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from lxml import etree

# Elements with an address that a browser fetches without being asked, and where it stands.
_LOADS: Final = {
    **dict.fromkeys(("script", "img", "iframe", "source", "audio", "video", "embed"), "src"),
    **{"link": "href", "object": "data", "use": "href", "image": "href", "input": "src"},
}
_MORE: Final = ("poster", "background")
# A link element of these kinds is a note for machines, not something that is fetched.
_NOTES: Final = frozenset(("canonical", "alternate", "prev", "next", "license", "author"))
_CSS: Final = re.compile(r"""url\(\s*["']?(?!data:|["']?#)([^"')]+)|@import\s+["']([^"']+)""")
_BLOCK: Final = "div[contains(concat(' ', normalize-space(@class), ' '), ' lg-block ')]"


def _path(path: str) -> etree.XPath:
    # Texts that know their element would keep the whole page in memory.
    return etree.XPath(path, smart_strings=False)


_IDS: Final = _path("//@id")
_NAMES: Final = _path("//@name")
_LINKS: Final = _path("(//a | //area)[@href]")
_STYLED: Final = _path("//*[@style or @poster or @background]")
_CANONICAL: Final = _path("//link[contains(concat(' ', @rel, ' '), ' canonical ')]/@href")
_COMMANDS: Final = _path(f"//{_BLOCK}[not(ancestor::{_BLOCK})]")
_CODE: Final = _path("(.//code)[last()]")


class At(NamedTuple):
    """Something on a page, and its line."""

    text: str
    line: int


class Command(NamedTuple):
    """A command as a built page has it.

    Attributes:
        shown: the text that a reader sees.
        copied: what a copy button is told to give.
        line: its line.
    """

    shown: str
    copied: str
    line: int


class BuiltPage:
    """One page of a built site, read from its HTML.

    Attributes:
        anchors: every id and name that a link can lead to.
        links: where a reader can go.
        loads: what a browser fetches by itself.
        commands: the command blocks, in order.
        canonical: the page's own address on the web; empty if it tells none.
    """

    def __init__(self, html: str) -> None:
        parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        tree = etree.fromstring(html.encode(), parser)
        if tree is None:  # nothing but blanks
            tree = etree.Element("html")
        self.anchors: set[str] = {*_IDS(tree), *_NAMES(tree)} - {""}
        self.links = [At(found.get("href"), found.sourceline) for found in _LINKS(tree)]
        self.loads = [At(url, found.sourceline) for found, url in _loads(tree)]
        self.commands = [_command(block) for block in _COMMANDS(tree)]
        self.canonical: str = next(iter(_CANONICAL(tree)), "")


def _command(block: Any) -> Command:
    """The last code of a block is its command: what stands above it tells of it."""
    shown = "".join(text for code in _CODE(block) for text in code.itertext())
    return Command(shown.strip("\n"), block.get("data-copy", ""), block.sourceline)


def _loads(tree: Any) -> Iterator[tuple[Any, str]]:
    """Every element that makes a browser fetch something, with its address."""
    for found in tree.iter(*_LOADS):
        url = found.get(_LOADS[found.tag])
        if url and _NOTES.isdisjoint(found.get("rel", "").split()):
            yield found, url
    for found in tree.iter("img", "source"):
        parts = found.get("srcset", "").split(",")
        yield from ((found, part.split()[0]) for part in parts if part.strip())
    for found in _STYLED(tree):
        yield from ((found, url) for url in map(found.get, _MORE) if url)
        yield from ((found, url) for url in css_loads(found.get("style", "")))
    for found in tree.iter("style"):
        yield from ((found, url) for url in css_loads("".join(found.itertext())))


def css_loads(text: str) -> Iterator[str]:
    """Every address that a style sheet makes a browser fetch."""
    for match in _CSS.finditer(text):
        yield (match[1] or match[2]).strip()
