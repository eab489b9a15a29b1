"""What a built page holds: anchors, links, what a browser loads by itself, commands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Final, NamedTuple

# Elements with an address that a browser fetches without being asked, and where it stands.
_LOADS: Final = {
    **dict.fromkeys(("script", "img", "iframe", "source", "audio", "video", "embed"), "src"),
    **{"link": "href", "object": "data", "use": "href", "image": "href", "input": "src"},
}
_MORE: Final = ("poster", "background")
# A link element of these kinds is a note for machines, not something that is fetched.
_NOTES: Final = frozenset(("canonical", "alternate", "prev", "next", "license", "author"))
_CSS: Final = re.compile(r"""url\(\s*["']?(?!data:|["']?#)([^"')]+)|@import\s+["']([^"']+)""")
_VOID: Final = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link"))
_BLOCK: Final = "lg-block"


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


class BuiltPage(HTMLParser):
    """One page of a built site, read from its HTML.

    Attributes:
        anchors: every id and name that a link can lead to.
        links: where a reader can go.
        loads: what a browser fetches by itself.
        commands: the command blocks, in order.
        canonical: the page's own address on the web; empty if it tells none.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[At] = []
        self.loads: list[At] = []
        self.commands: list[Command] = []
        self.canonical = ""
        self._depth = 0  # of div elements, within a command block
        self._code: list[str] | None = None
        self._style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element is and where it leads."""
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[key] for key in ("id", "name") if found.get(key)}
        if tag in {"a", "area"} and "href" in found:
            self.links.append(At(found["href"], self.getpos()[0]))
        self._note_loads(tag, found)
        self._style = tag == "style"
        if tag == "div" and (self._depth or _BLOCK in found.get("class", "").split()):
            if not self._depth:
                self.commands.append(Command("", found.get("data-copy", ""), self.getpos()[0]))
            self._depth += 1
        elif tag == "code" and self._depth:
            self._code = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element of SVG that has no content."""
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        """Keep the text of code, and what a style loads."""
        if self._code is not None:
            self._code.append(data)
        elif self._style:
            self.loads += [At(url, self.getpos()[0]) for url in css_loads(data)]

    def handle_endtag(self, tag: str) -> None:
        """The last code of a block is its command: what stands above it tells of it."""
        if tag == "code" and self._code is not None:
            self.commands[-1] = self.commands[-1]._replace(shown="".join(self._code).strip("\n"))
            self._code = None
        elif tag == "div" and self._depth:
            self._depth -= 1
        elif tag == "style":
            self._style = False

    def _note_loads(self, tag: str, found: Mapping[str, str]) -> None:
        here = self.getpos()[0]
        kinds = set(found.get("rel", "").split())
        if tag == "link" and "canonical" in kinds:
            self.canonical = found.get("href", "")
        names = (_LOADS[tag],) if tag in _LOADS and not kinds & _NOTES else ()
        self.loads += [At(found[name], here) for name in (*names, *_MORE) if found.get(name)]
        if tag in {"img", "source"}:
            parts = found.get("srcset", "").split(",")
            self.loads += [At(part.split()[0], here) for part in parts if part.strip()]
        self.loads += [At(url, here) for url in css_loads(found.get("style", ""))]


def css_loads(text: str) -> Iterator[str]:
    """Every address that a style sheet makes a browser fetch."""
    for match in _CSS.finditer(text):
        yield (match[1] or match[2]).strip()
