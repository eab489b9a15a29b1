"""The pieces of a header, each with all the text that belongs to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

Kind = Literal["scalar", "text", "map", "list"]

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_EMPTY_AT: Final = re.compile(r":(?=[ \t]*(#|\r?\n|$))")


@dataclass(frozen=True)
class Part:
    """A key or a list's item, with all the text that belongs to it.

    Attributes:
        key: what finds it on another branch; unique among its neighbours.
        above: the comments and blank lines before it; in a flow collection its separator.
        head: the text up to the value.
        value: the value as written; empty for a collection that has parts.
        tail: the text behind the value: a comment, a closing bracket, the line's end.
        word: a scalar as YAML reads it.
        kind: what the value is; text is anything that is not taken apart.
        flow: whether it is written in brackets.
        parts: the parts of a collection.
    """

    key: str
    above: str = ""
    head: str = ""
    value: str = ""
    tail: str = ""
    word: str = ""
    kind: Kind = "text"
    flow: bool = False
    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """All its text."""
        return self.above + self.body

    @property
    def body(self) -> str:
        """Its text without what stands above."""
        if self.kind not in {"map", "list"}:
            return self.head + self.value + self.tail
        if not self.flow:
            head = self.head if self.parts or not self.key else self._empty_head()
            return head + "".join(part.text for part in self.parts) + self.tail
        first, *others = self.parts or (Part(""),)
        inner = first.body + "".join((part.above or ", ") + part.body for part in others)
        return self.head + inner + (self.tail if self.parts else self.tail.lstrip(","))

    @property
    def indent(self) -> str:
        """The blanks before its parts, if they stand on lines of their own."""
        return indent_of(self.parts[0].head) if self.parts and not self.flow else ""

    def find(self, key: str) -> Part | None:
        """The part of that key."""
        return next((part for part in self.parts if part.key == key), None)

    def laid_out(self, like: Part) -> Part:
        """The same parts, written as those of `like`: in its brackets, or at its indent."""
        if self.flow == like.flow and self.indent == like.indent:
            return self
        old, new = self.indent, like.indent
        dash = "- " if like.kind == "list" else ""
        end = "\r\n" if "\r\n" in like.body else "\n"

        def fit(part: Part) -> Part:
            if self.flow == like.flow:
                return part.shifted(old, new)
            if self.flow:
                return replace(part, above="", head=new + dash + part.head, tail=part.tail + end)
            return replace(part, above="", head=part.head.removeprefix(old + dash), tail="")

        return replace(self, flow=like.flow, parts=tuple(fit(part) for part in self.parts))

    def shifted(self, old: str, new: str) -> Part:
        """The same part with the indent `new` in place of `old` on each line."""
        pattern = re.compile(f"^{old}(?=[^\r\n])", re.MULTILINE)

        def shift(text: str) -> str:
            return pattern.sub(new, text)

        return replace(
            self,
            above=shift(self.above),
            head=shift(self.head),
            value=_after_first(self.value, shift),
            tail=_after_first(self.tail, shift),
            parts=self.parts if self.flow else tuple(part.shifted(old, new) for part in self.parts),
        )

    def _empty_head(self) -> str:
        return _EMPTY_AT.sub(": {}" if self.kind == "map" else ": []", self.head, count=1)


def lines_of(text: str) -> list[str]:
    """The lines of `text` with their ends; only a line feed ends one."""
    return _LINE.findall(text)


def indent_of(text: str) -> str:
    """The blanks that `text` begins with."""
    return text[: len(text) - len(text.lstrip(" "))]


def _after_first(text: str, change: Callable[[str], str]) -> str:
    """`text` with all its lines changed but the first, which does not begin in it."""
    first, line, rest = text.partition("\n")
    return first + line + change(rest)
