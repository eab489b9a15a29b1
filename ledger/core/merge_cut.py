"""A header taken apart into pieces that together are its text again, byte for byte."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, NamedTuple

import yaml

from ledger.core.header import Header
from ledger.core.merge_parts import Kind, Part, indent_of, lines_of
from ledger.errors import SkillError

_Item = yaml.Node | tuple[yaml.Node, yaml.Node]

_REST: Final = re.compile(r"[ \t]*(#[^\r\n]*)?(\r?\n|$)")
_MAP_LEAD: Final = re.compile(r" *")
_LIST_LEAD: Final = re.compile(r" *-[ \t]+")
# An anchor, an alias or a tag: its meaning is elsewhere, so it is only ever moved as a whole.
_PROPERTIES: Final = ("&", "*", "!")


class Pieces(NamedTuple):
    """A file: what opens the header, the header, what closes it, the body."""

    opening: str
    root: Part
    closing: str
    body: str


def take_apart(text: str, where: str) -> Pieces:
    """Take a file apart; an empty one has empty pieces.

    Raises:
        SkillError: no front matter, or a header that cannot be taken apart without loss.
    """
    if not text:
        return Pieces("", Part("", kind="map"), "", "")
    header = Header(text, where)
    source = text[header.start : header.end]
    # The loader is not told of the carriage returns, so that its positions stay the file's.
    node = yaml.compose(source.replace("\r\n", " \n"), Loader=yaml.CSafeLoader)
    cut = _Cutter(source).block(node, 0, len(source)) if node else None
    if cut is None:
        raise SkillError("the front matter is not written line by line", where=where)
    root = Part("", kind="map", parts=cut[0], tail=cut[1])
    if root.body != source:
        raise SkillError("the front matter cannot be taken apart", where=where)
    return Pieces(
        text[: header.start], root, text[header.end : header.body], header.text[header.body :]
    )


class _Cutter:
    """Cuts the text of a header at the marks that the YAML loader gives."""

    def __init__(self, text: str) -> None:
        self.text = text

    def block(self, node: yaml.Node, start: int, end: int) -> tuple[tuple[Part, ...], str] | None:
        """The parts of a collection of whole lines and what follows the last; None if it is odd."""
        if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
            return None
        lead = _MAP_LEAD if isinstance(node, yaml.MappingNode) else _LIST_LEAD
        firsts = [_first(item) for item in node.value]
        lines = [self.text.rfind("\n", 0, first) + 1 for first in firsts]
        leads = {self.text[a:b] for a, b in zip(lines, firsts, strict=True)}
        columns = {len(indent_of(text)) for text in leads}
        odd = len(columns) > 1 or not all(lead.fullmatch(text) for text in leads)
        if odd or lines != sorted(set(lines)) or lines[0] < start:
            return None
        column, parts, above = columns.pop(), [], start
        for item, line, stop in zip(node.value, lines, [*lines[1:], end], strict=True):
            below = self._trailing(line, stop, column)
            part = self._item(item, line, below)
            parts.append(replace(part, above=self.text[above:line]))
            above = below
        return _unique(parts), self.text[above:end]

    def _item(self, item: _Item, start: int, end: int) -> Part:
        if isinstance(item, tuple):
            key, node = item
            after = self.text.find(":", key.end_mark.index, end) + 1
            if not after:  # a key of a set, or one that is an alias
                return Part(key.value, value=self.text[start:end])
            return self._part(key.value, node, start, after, end)
        return self._part(_name(item), item, start, item.start_mark.index, end)

    def _part(self, key: str, node: yaml.Node, start: int, after: int, end: int) -> Part:
        """Cut `start:end`, whose value begins behind `after`."""
        first, last = node.start_mark.index, node.end_mark.index
        text = Part(key, head=self.text[start:after], value=self.text[after:end])
        if first == last:
            first = last = after
        elif first < after or self.text.startswith(_PROPERTIES, first):
            return text
        if isinstance(node, yaml.ScalarNode):
            if "\n" in self.text[first:last]:
                return text
            head, value, tail = self.text[start:first], self.text[first:last], self.text[last:end]
            return Part(key, "", head, value, tail, node.value, "scalar")
        if isinstance(node, yaml.CollectionNode) and node.flow_style:
            return self._flow(key, node, start, end) or text
        below = _REST.match(self.text, after)
        cut = self.block(node, below.end(), end) if below else None
        if not below or not cut:
            return text
        head = self.text[start : below.end()]
        return Part(key, "", head, "", cut[1], "", _kind(node), False, cut[0])

    def _flow(self, key: str, node: yaml.CollectionNode, start: int, end: int) -> Part | None:
        parts: list[Part] = []
        above = inner = node.start_mark.index + 1
        for item in node.value:
            first, last = _first(item), _last(item)
            part = self._item(item, first, last) if first >= above and last > first else None
            if part is None or part.kind == "text" or not part.body:
                return None
            parts.append(replace(part, above=self.text[above:first] if parts else ""))
            inner, above = (inner if len(parts) > 1 else first), last
        head, tail = self.text[start:inner], self.text[above:end]
        return Part(key, "", head, "", tail, "", _kind(node), True, _unique(parts))

    def _trailing(self, start: int, end: int, column: int) -> int:
        """Where the blank lines and comments of what follows begin, which end `start:end`."""
        lines = lines_of(self.text[start:end])
        while len(lines) > 1 and _is_trailing(lines[-1], column):
            end -= len(lines.pop())
        return end


def _is_trailing(line: str, column: int) -> bool:
    words = line.lstrip(" \t")
    return not words.strip() or (words.startswith("#") and len(line) - len(words) <= column)


def _first(item: _Item) -> int:
    return int((item[0] if isinstance(item, tuple) else item).start_mark.index)


def _last(item: _Item) -> int:
    return int((item[1] if isinstance(item, tuple) else item).end_mark.index)


def _kind(node: yaml.Node) -> Kind:
    return "map" if isinstance(node, yaml.MappingNode) else "list"


def _name(node: yaml.Node) -> str:
    """What finds a list's item again: its word, its `name`, or else all that it says."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.MappingNode):
        names = (v.value for k, v in node.value if k.value == "name")
        if name := next(names, None):
            return f"name: {name}"
    return yaml.serialize(node)


def _unique(parts: list[Part]) -> tuple[Part, ...]:
    seen: dict[str, int] = {}

    def numbered(part: Part) -> Part:
        seen[part.key] = count = seen.get(part.key, 0) + 1
        return replace(part, key=f"{part.key}\n{count}") if count > 1 else part

    return tuple(numbered(part) for part in parts)
