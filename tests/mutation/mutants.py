"""Ways to break a page: each attribute, expectation, command and fence in turn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from ledger.core.project import Project
from ledger.pages.attributes import FLAGS, KEYS, KINDS, MATCHES, read_info
from ledger.pages.extensions import site_extensions
from ledger.pages.fences import Fence, parse
from ledger.pages.page import split_page

_MARK = re.compile(r"`{3,}|~{3,}")
_NEEDS = re.compile(r"needs: \{(?P<page>[^:]+): (?P<block>[^}]+)\}")
_BRACES = re.compile(r"\{(?P<attributes>.*)\}")
# To drop one of these changes nothing.
_DEFAULTS = ("timeout=60s", "timeout=1m", "match=exact", "exit=0")
# Another value that could be meant, and one that could not, by attribute.
_OTHER = {
    "timeout": ("7s", "60", "1h"),
    "until": ("7s", "60"),
    "every": ("300ms", "1", "9m"),
    "exit": ("4", "256", "x"),
    "expect": ("some",),
    "match": (*MATCHES, "fuzzy"),
    "for": ("Failed", "complete"),
    "of": ("job/other", "once"),
    "ns": ("default", "No"),
    "set": ("OTHER", "1X"),
}


class Mutant(NamedTuple):
    """A page with one fault.

    Attributes:
        kind: what was broken, for the table.
        line: where, from 1.
        what: how, in a few words.
        text: the whole page.
    """

    kind: str
    line: int
    what: str
    text: str


@dataclass(frozen=True)
class _Span:
    """A fence of this project's and the lines that it takes, from 0."""

    fence: Fence
    kind: str
    first: int
    last: int

    @property
    def runs(self) -> bool:
        """Whether something is claimed of its text: the page says of the others that it is not."""
        return self.kind in {"verify", "wait", "expect"}


def mutants(project: Project, path: Path) -> list[Mutant]:
    """Every mutant of a page; none has the text of the page or of another.

    A command that the page itself says is not run is broken in its attributes and its fence
    only: nothing is claimed of its text, its name or its presence.
    """
    page = path.read_text("utf-8")
    _, body = split_page(page, "")
    before = page.count("\n", 0, len(page) - len(body))
    lines = page.split("\n")
    spans = [
        _Span(fence, kind, before + fence.line - 1, before + fence.end - 1)
        for fence in parse(body, site_extensions(project.root), str, project.root)
        if (kind := read_info(fence.info, "").kind)
    ]
    made = {
        mutant.text: mutant
        for found in (_attributes, _marks, _texts, _places)
        for span in spans
        for mutant in found(lines, span, spans)
    }
    made |= {mutant.text: mutant for mutant in (*_orders(lines, spans), *_needs(lines, before))}
    made.pop(page, None)
    return list(made.values())


def _with(lines: list[str], kind: str, line: int, what: str, *new: str) -> Mutant:
    text = "\n".join([*lines[:line], *new, *lines[line + 1 :]])
    return Mutant(kind, line + 1, what, text)


def _attributes(lines: list[str], span: _Span, spans: list[_Span]) -> Iterator[Mutant]:
    opening = lines[span.first]
    braces = _BRACES.search(opening)
    assert braces
    tokens = braces["attributes"].split()
    names = [token[5:] for other in spans for token in other.fence.info.rstrip("}").split()
             if token.startswith("name=")]  # fmt: skip

    def made(kind: str, what: str, changed: list[str]) -> Mutant:
        head, tail = opening[: braces.start(1)], opening[braces.end(1) :]
        return _with(lines, kind, span.first, what, head + " ".join(changed) + tail)

    for number, token in enumerate(tokens):
        for kind, what, new in _changed(token, span, names):
            changed = [*tokens[:number], *new, *tokens[number + 1 :]]
            yield made(kind, f"{token}: {what}", changed)


def _changed(
    token: str, span: _Span, names: list[str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if token.startswith("."):
        yield "class", "dropped", ()
        yield "class", "misspelt", (token[:-1],)
        yield "class", "without its dot", (token[1:],)
        yield "class", "in capitals", (token.upper(),)
        for other in KINDS:
            yield "class", f"now .{other}", (f".{other}",)
        yield "class", "with .show", (token, ".show")
        return
    key, equals, value = token.partition("=")
    claimed = span.runs or key != "name"
    if claimed and token not in _DEFAULTS:
        yield "key", "dropped", ()
    yield "key", "misspelt", (f"{key[:-1]}{equals}{value}",)
    yield "key", "of another kind", (f"{_foreign(span.kind, key)}{equals}{value}",)
    yield "key", "twice", (token, token)
    if not equals:
        yield "value", "given to a flag", (f"{key}=yes",)
        return
    yield "value", "dropped", (f"{key}=",)
    yield "value", "quoted", (f'{key}="{value}"',)
    yield "value", "behind blanks", (key, "=", value)
    yield "value", "with a brace", (f"{key}={value}}}",)
    if key == "undo":
        for name in names:
            yield "value", f"now {name}", (f"undo={name}",)
    if claimed:
        for other in _OTHER.get(key, (f"{value}x",)):
            yield "value", f"now {other}", (f"{key}={other}",)


def _foreign(kind: str, key: str) -> str:
    """An attribute that another kind of block takes in the place of this one."""
    own = (*KEYS[kind], *FLAGS.get(kind, ()))
    other = (name for names in KEYS.values() for name in names if name not in own)
    return next(other, f"x{key}")


def _marks(lines: list[str], span: _Span, _: list[_Span]) -> Iterator[Mutant]:
    opening, closing = lines[span.first], lines[span.last]
    mark = _MARK.search(opening)
    assert mark
    inner = lines[span.first + 1 : span.last]
    other = "~" if mark[0][0] == "`" else "`"
    for what, new in {
        "opening shortened": opening.replace(mark[0], mark[0][1:]),
        "opening longer": opening.replace(mark[0], mark[0] + mark[0][0]),
        "opening of the other kind": opening.replace(mark[0], other * len(mark[0])),
        "opening behind a list mark": opening.replace(mark[0], f"- {mark[0]}"),
        "language dropped": re.sub(r"(`|~)\w+", r"\1", opening),
        "language misspelt": re.sub(r"(?<=[`~])(\w)(\w)", r"\2\1", opening),
        "language console": re.sub(r"(?<=[`~])\w+", "console", opening),
        "language in capitals": re.sub(r"(?<=[`~])\w+", lambda found: found[0].upper(), opening),
        "opening brace dropped": opening.replace("{", ""),
        "closing brace dropped": opening.replace("}", ""),
        "words behind the braces": f"{opening} more",
        "attributes dropped": _BRACES.sub("", opening).rstrip(),
    }.items():
        # The language of an output says how it is coloured, and nothing else.
        if span.kind != "expect" or "language" not in what or what == "language console":
            yield _with(lines, "fence", span.first, what, new)
    yield _with(lines, "fence", span.last, "closing dropped")
    yield _with(lines, "fence", span.last, "closing shortened", closing.replace(mark[0][:1], "", 1))
    yield _with(lines, "fence", span.last, "closing with words", f"{closing} x")
    if inner:
        yield _with(lines, "fence", span.first, "closed at once", opening, closing)


def _texts(lines: list[str], span: _Span, _: list[_Span]) -> Iterator[Mutant]:
    if not span.runs:
        return
    kind = "expected line" if span.kind == "expect" else "command"
    for line in range(span.first + 1, span.last):
        text = lines[line]
        if not text.strip():
            continue
        yield _with(lines, kind, line, "dropped")
        yield _with(lines, kind, line, "twice", text, text)
        yield _with(lines, kind, line, "commented out", re.sub(r"(\S)", r"# \1", text, count=1))
        for number, word in enumerate(re.finditer(r"\S+", text)):
            for what, new in {"dropped": "", "longer": f"{word[0]}q", "cut": word[0][:-1]}.items():
                changed = text[: word.start()] + new + text[word.end() :]
                if changed.strip() != text.strip():
                    yield _with(
                        lines, f"{kind}, a word", line, f"word {number + 1} {what}", changed
                    )
        if line + 1 < span.last:
            swapped = [*lines[:line], lines[line + 1], text, *lines[line + 2 :]]
            yield Mutant(kind, line + 1, "swapped with the next", "\n".join(swapped))


def _places(lines: list[str], span: _Span, _: list[_Span]) -> Iterator[Mutant]:
    if not span.runs:
        return
    own = lines[span.first : span.last + 1]

    def made(what: str, new: list[str]) -> Mutant:
        text = "\n".join([*lines[: span.first], *new, *lines[span.last + 1 :]])
        return Mutant("whole fence", span.first + 1, what, text)

    yield made("dropped", [])
    yield made("twice", [*own, "", *own])
    yield made("in a comment", ["<!--", *own, "-->"])
    yield made("hidden", ['<div hidden markdown="1">', "", *own, "", "</div>"])
    yield made("as indented code", ["Text.", "", *(" " * 12 + line for line in own), ""])
    yield made("in a longer fence", ["``````markdown", *own, "``````"])


def _needs(lines: list[str], end: int) -> Iterator[Mutant]:
    """Each entry of `needs:` in the front matter, on one line, changed."""
    for line, text in enumerate(lines[:end]):
        if not (found := _NEEDS.fullmatch(text)):
            continue
        page, block = found["page"], found["block"]
        for what, new in {
            "dropped": [],
            "the key misspelt": [text.replace("needs", "need", 1)],
            "no page of that name": [f"needs: {{{page}x: {block}}}"],
            "the page itself": [f"needs: {{page.md: {block}}}"],
            "no block of that name": [f"needs: {{{page}: {block}x}}"],
            "no block": [f"needs: {{{page}: }}"],
            "a list": [f"needs: [{page}]"],
        }.items():
            yield _with(lines, "need", line, what, *new)


def _orders(lines: list[str], spans: list[_Span]) -> Iterator[Mutant]:
    """Each fence that runs, or its expectation, changed with the next one that does."""
    running = [span for span in spans if span.runs]
    for one, two in pairwise(running):
        text = [
            *lines[: one.first],
            *lines[two.first : two.last + 1],
            *lines[one.last + 1 : two.first],
            *lines[one.first : one.last + 1],
            *lines[two.last + 1 :],
        ]
        yield Mutant("order", one.first + 1, "changed with the next", "\n".join(text))
