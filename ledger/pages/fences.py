"""Fenced blocks exactly as the site renders them.

superfences itself is the parser: the page is rendered with the site's own Markdown extensions and
a formatter that leaves a marker in place of each fence. A marker that reaches the HTML outside a
comment is a block that the reader sees; anything else is not one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element

import markdown
from markdown.treeprocessors import InlineProcessor
from markdown.util import HTML_PLACEHOLDER_RE
from pymdownx.superfences import SuperFencesBlockPreprocessor, SuperFencesCodeExtension

from ledger.errors import PageError
from ledger.pages.extensions import SUPERFENCES
from ledger.pages.places import Places

# No text of an author's is ever taken for a marker.
_NONCE: Final = secrets.token_hex(8)
_MARKER = f"ledger-fence-{_NONCE}-{{}}-"
MARKED: Final = re.compile(rf"ledger-fence-{_NONCE}-(\d+)-")
COMMENT: Final = re.compile(r"<!--(?:-?>|.*?(?:--!?>|\Z))", re.DOTALL)
# What a browser reads in one piece: a comment, text that it shows to nobody, a tag, a marker.
_PIECE: Final = re.compile(
    rf"{COMMENT.pattern}|<(?P<raw>script|style|textarea|noscript|iframe)\b.*?"
    r"(?:</(?P=raw)\s*>|\Z)|<(?P<end>/?)(?P<tag>[a-z][\w-]*)"
    r"""(?P<rest>(?:"[^"]*"|'[^']*'|[^'">])*)>|"""
    rf"(?P<mark>{MARKED.pattern})",
    re.DOTALL | re.IGNORECASE,
)
_HIDDEN: Final = re.compile(
    r"\s(?:hidden\b(?!=)|hidden=|style=[^>]*display:\s*none)", re.IGNORECASE
)
_CODE: Final = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
_FENCE_LINE: Final = re.compile(
    r"^(?P<before>(?:[ \t>]|[-*+:][ \t]|\d+[.)][ \t])*)(?:`{3,}(?P<info>[^`]*)|~{3,}(?P<tilde>.*))$"
)
_MARK: Final = re.compile(r"`{3,}|~{3,}")
# The info string of a fence with attributes, or of a command.
_OPENS: Final = re.compile(r"^(?:\S+[ \t]*)?\{.*\}$|^(?:bash|sh|shell|console|zsh)$")
_VOID: Final = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)
# superfences' first look, where tabs are kept.
_RAW: Final = "fenced_raw_block"
# Of Markdown's own processor of what stands within lines.
_SPANS_PRIORITY: Final = 20
_PROBE: Final = f"ledger-probe-{_NONCE}-{{}}-"


@dataclass(frozen=True)
class Fence:
    """One fenced block that the reader sees.

    Attributes:
        info: what stands behind the opening fence: language and attributes.
        text: its lines as rendered, without the container's indentation.
        line: line of the opening fence, from 1, in the text that was parsed; of a fence in a
            snippet, the line that includes it.
        end: line of the closing fence, likewise.
        where: `file:line` of the opening fence, for errors.
    """

    info: str
    text: str
    line: int
    end: int
    where: str = ""


class Recorder:
    """Notes each fence that superfences takes, and where it stood.

    Attributes:
        found: the fences, in the order in which superfences takes them.
        lines: the lines in which it looked for them.
    """

    def __init__(self) -> None:
        self.found: list[Fence] = []
        self.lines: list[str] = []
        self._text = ""

    def format(self, src: str, **_: Any) -> str:
        """Stand in for superfences' own formatter: leave a marker, keep the text."""
        self._text = src
        return _MARKER.format(len(self.found))

    def attach(self, md: markdown.Markdown) -> Callable[..., str]:
        """Listen to superfences; give its own formatter, which this one stands in for.

        Raises:
            PageError: superfences is not among the extensions.
        """
        for extension in md.registeredExtensions:
            if isinstance(extension, SuperFencesCodeExtension):
                self._listen(md.preprocessors["fenced_code_block"])
                if _RAW in md.preprocessors:
                    _keep_empty(md.preprocessors[_RAW])
                formatter: Callable[..., str] = extension.superfences[0]["formatter"]
                extension.superfences[0]["formatter"] = self.format
                return formatter
        raise PageError(f"{SUPERFENCES} is missing", where="mkdocs.yml", fix="list it")

    def prepare(self, lines: list[str]) -> list[str]:
        """The lines in which to look for fences."""
        return lines

    def _listen(self, preprocessor: SuperFencesBlockPreprocessor) -> None:
        search, store = preprocessor.search_nested, preprocessor._store

        def listening_search(lines: list[str]) -> list[str]:
            self.lines = self.prepare(lines)
            return list(search(self.lines))

        def listening_store(source: str, code: str, start: int, end: int) -> None:
            if MARKED.match(code):
                info = _info(self.lines[start]) or ""
                self.found.append(Fence(info, self._text, start + 1, end))
            store(source, code, start, end)

        preprocessor.search_nested = listening_search
        preprocessor._store = listening_store


def _keep_empty(preprocessor: SuperFencesBlockPreprocessor) -> None:
    """Have superfences give back a fence of no line as it was, and not with an empty one in it."""
    store = preprocessor._store

    def exact_store(source: str, code: str, start: int, end: int) -> None:
        store(source if end - start > 2 else "", code, start, end)

    preprocessor._store = exact_store


def parse(
    body: str,
    extensions: dict[str, dict[str, Any]],
    where: Callable[[int], str],
    root: Path = Path(),
) -> list[Fence]:
    """The fences of a Markdown body, in the order in which the reader meets them.

    Args:
        body: Markdown without front matter.
        extensions: names with their settings.
        where: gives `file:line` for a line of `body`.
        root: the folder that errors name snippets from.

    Raises:
        PageError: a line looks like a fence and is not rendered as one, or an extension is not
            installed.
    """
    recorder, places = Recorder(), Places(root)
    html = render(body, extensions, recorder, places)
    if lost := _lost(body, extensions, recorder):
        place = places[lost]
        raise PageError(
            "this fence is not rendered as code: unclosed, not on a line of its own, or its "
            "attributes are malformed",
            where=place.where or where(place.line),
            fix="close it, and write ```bash {.verify name=... timeout=...}",
        )

    def placed(fence: Fence) -> Fence:
        start, end = places[fence.line], places[fence.end]
        here = start.where or where(start.line)
        return replace(fence, line=start.line, end=end.line, where=here)

    fences = [recorder.found[number] for number in visible(html)]
    for fence in fences:
        _refuse_swallowed(placed(fence), recorder.lines[fence.line - 1 : fence.end - 1])
    return [placed(fence) for fence in fences]


def _refuse_swallowed(fence: Fence, lines: Sequence[str]) -> None:
    """Fail on a fence that goes on where another one begins: its own end is missing."""
    mark = _MARK.search(lines[0])
    for line in lines[1:]:
        other = _MARK.search(line)
        info = _info(line)
        if mark and other and info and other[0].startswith(mark[0]) and _OPENS.search(info):
            raise PageError(
                f"this fence is not closed where another begins: {line.strip()}",
                where=fence.where,
                fix="close it; to show a fence inside, give the outer one longer marks",
            )


def visible(html: str) -> list[int]:
    """The numbers of the fences that the reader sees, in order.

    In a comment, in an attribute and in an element that is hidden he sees none.
    """
    seen: list[int] = []
    hiding: list[str] = []  # the tags that are open from the outermost hidden one on
    for piece in _PIECE.finditer(html):
        if piece["mark"] and not hiding:
            seen.append(int(MARKED.fullmatch(piece["mark"])[1]))  # type: ignore[index]
        tag = (piece["tag"] or "").lower()
        if not tag or tag in _VOID:
            continue
        if not piece["end"] and (hiding or tag == "template" or _HIDDEN.search(piece["rest"])):
            hiding.append(tag)
        elif piece["end"] and tag in hiding:
            del hiding[len(hiding) - 1 - hiding[::-1].index(tag) :]
    return seen


def render(
    body: str,
    extensions: dict[str, dict[str, Any]],
    recorder: Recorder,
    places: Places | None = None,
) -> str:
    """Render a Markdown body, with a marker in the place of each fence.

    Args:
        body: Markdown without front matter.
        extensions: names with their settings.
        recorder: notes the fences; `visible` says which of them the reader sees.
        places: notes where the lines stand.

    Raises:
        PageError: an extension is not installed.
    """
    try:
        md = markdown.Markdown(extensions=list(extensions), extension_configs=extensions)
    except ModuleNotFoundError as error:
        what, fix = f"no Markdown extension {error.name}", "install it, or take it out of the file"
        raise PageError(what, where="mkdocs.yml", fix=fix) from None
    recorder.attach(md)
    if places:
        places.attach(md)
        md.treeprocessors.register(_Spans(md), "inline", _SPANS_PRIORITY)
    return md.convert(body)


class _Spans(InlineProcessor):
    """Renders what stands within lines, a third of the work, only where it may decide on a fence.

    A tag within a line hides all that follows it, also in other paragraphs. Anything else has to
    stand beside the fence.
    """

    def run(self, tree: Element, ancestors: list[str] | None = None) -> Element:
        """Render the spans if there is a tag, or text beside a fence."""
        if any(map(_decides, (text for e in tree.iter() for text in (e.text, e.tail) if text))):
            return super().run(tree, ancestors)
        return tree


def _decides(text: str) -> bool:
    rest = HTML_PLACEHOLDER_RE.sub("", text)
    return "<" in text or (rest != text and bool(rest.strip()))


class _Probing(Recorder):
    """Puts a word in the place of some lines, to see where they come to stand."""

    def __init__(self, words: Mapping[int, str]) -> None:
        super().__init__()
        self._words = words

    def prepare(self, lines: list[str]) -> list[str]:
        """The lines, with words in the place of some."""
        return [self._words.get(number, line) for number, line in enumerate(lines, 1)]


def _lost(body: str, extensions: dict[str, dict[str, Any]], recorder: Recorder) -> int:
    """The first line of a fence that the reader would see as running text; 0 if there is none.

    What stands in a comment or in an indented code block is what the author wants to show.
    """
    covered = {line for fence in recorder.found for line in range(fence.line, fence.end + 1)}
    words = {}
    for number, line in enumerate(recorder.lines, 1):
        opening = _FENCE_LINE.match(line.rstrip())
        if opening and number not in covered:
            words[number] = opening["before"] + _PROBE.format(number)
    if not words:
        return 0
    html = render(body, extensions, _Probing(words))
    text = _CODE.sub("", COMMENT.sub("", html))
    return next((number for number in words if _PROBE.format(number) in text), 0)


def _info(line: str) -> str | None:
    """What stands behind the fence that a line opens or closes; None if it is no such line."""
    parts = _FENCE_LINE.match(line.rstrip())
    return (parts["info"] or parts["tilde"] or "").strip() if parts else None
