"""Where the keys and values of a header stand, and what to splice in to add, drop or rename one."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import yaml

from ledger.core.header import Header
from ledger.core.phases import PHASES

_COMMENT: Final = re.compile(r"(?P<indent>[ \t]*)#")


class Splice(NamedTuple):
    """New text in place of the characters from `start` up to `end`."""

    start: int
    end: int
    new: str


class Pair(NamedTuple):
    """A key and its value, as indices into the file's text; each end is exclusive."""

    key_start: int
    key_end: int
    start: int
    end: int
    node: yaml.Node


class Layout:
    """Where the keys and values of a header stand in its file's text.

    Args:
        header: the header as it now is.
    """

    def __init__(self, header: Header) -> None:
        self.text = header.text
        self._offset = header.start
        # Blank line ends keep the parser's positions those of the file.
        source = header.text[header.start : header.end].replace("\r\n", " \n")
        self._root = yaml.compose(source, Loader=yaml.CSafeLoader)

    def pairs(self, *path: str) -> dict[str, Pair]:
        """The keys of the mapping at `path`, in the file's order; empty if none is there."""
        nodes = self._nodes(path)
        node = nodes[-1] if nodes else None
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        return {key.value: self._pair(key, value) for key, value in pairs}

    def in_braces(self, *path: str) -> bool:
        """Whether the mapping at `path`, or one around it, is written as `{key: value}`."""
        return any(getattr(node, "flow_style", False) for node in self._nodes(path))

    def insertion(self, *path: str, to: str) -> Splice | None:
        """What adds `key: to`: a phase in order, a key of the plan before its ledger, others last.

        None where there is no mapping to add it to.
        """
        *parents, key = path
        nodes, pairs = self._nodes(tuple(parents)), self.pairs(*parents)
        if not nodes or not isinstance(nodes[-1], yaml.MappingNode):
            return None
        if not pairs:
            at = self._offset + nodes[-1].start_mark.index + 1
            return Splice(at, at, f"{key}: {to}")
        name, behind = _neighbour(tuple(parents), key, list(pairs))
        beside = pairs[name]
        if self.in_braces(*parents):
            at = beside.end if behind else beside.key_start
            return Splice(at, at, f", {key}: {to}" if behind else f"{key}: {to}, ")
        start = self._line_start(beside.key_start)
        indent = self.text[start : beside.key_start]
        at = self._next_line(beside.end) if behind else self._above(start, len(indent))
        return Splice(at, at, f"{indent}{key}: {to}{self._ending(at)}")

    def addition(self, key: str, item: str) -> Splice | None:
        """What adds `item` to the list `key`, which is made if it is absent or empty.

        None where `key` is no list.
        """
        pair = self.pairs().get(key)
        if pair is None:
            absent = self.insertion(key, to="")
            if absent is None:
                return None
            ending = self._ending(absent.start)
            return absent._replace(new=f"{key}:{ending}  - {item}{ending}")
        if isinstance(pair.node, yaml.SequenceNode) and pair.node.value:
            return self._next_item(pair, pair.node, item)
        if isinstance(pair.node, yaml.SequenceNode) or pair.start == pair.end:
            return self._first_item(pair, item)
        return None

    def removal(self, *path: str) -> Splice | None:
        """What drops the key at `path` with its value; None if it is absent."""
        pairs = self.pairs(*path[:-1])
        if path[-1] not in pairs:
            return None
        pair = pairs[path[-1]]
        if not self.in_braces(*path[:-1]):
            return Splice(self._line_start(pair.key_start), self._next_line(pair.end), "")
        keys, index = list(pairs.values()), list(pairs).index(path[-1])
        if index + 1 < len(keys):
            return Splice(pair.key_start, keys[index + 1].key_start, "")
        return Splice(keys[index - 1].end if index else pair.key_start, pair.end, "")

    def _nodes(self, path: tuple[str, ...]) -> list[yaml.Node]:
        """The nodes from the header down to `path`; empty if it is absent."""
        nodes: list[yaml.Node] = [self._root] if self._root else []
        for key in path:
            pairs = nodes[-1].value if nodes and isinstance(nodes[-1], yaml.MappingNode) else []
            child = next((value for name, value in pairs if name.value == key), None)
            if child is None:
                return []
            nodes.append(child)
        return nodes

    def _pair(self, key: yaml.Node, value: yaml.Node) -> Pair:
        first, last = self._offset + key.start_mark.index, self._offset + key.end_mark.index
        start, end = self._offset + value.start_mark.index, self._offset + _end(value)
        # An alias has its anchor's place, and an empty value that of whatever follows.
        if start < first or start == end:
            start = end = last + 1
        return Pair(first, last, start, end, value)

    def _first_item(self, pair: Pair, item: str) -> Splice:
        start, end = len(self.text[: pair.start].rstrip(" ")), self._next_line(pair.end)
        rest, ending = self.text[pair.end : end], self._ending(end)
        column = self._line_start(pair.key_start)
        indent = self.text[column : pair.key_start]
        return Splice(start, end, f"{rest}{indent}  - {item}{ending}")

    def _next_item(self, pair: Pair, node: yaml.SequenceNode, item: str) -> Splice:
        if node.flow_style:
            at = self._offset + node.value[-1].end_mark.index
            return Splice(at, at, f", {item}")
        at = self._next_line(pair.end)
        indent = self.text[self._line_start(pair.start) : pair.start]
        return Splice(at, at, f"{indent}- {item}{self._ending(at)}")

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _next_line(self, end: int) -> int:
        """The start of the line after the one on which a value ends."""
        return self.text.index("\n", end - 1) + 1

    def _ending(self, at: int) -> str:
        """The line ending of the line that ends just before `at`."""
        return "\r\n" if self.text.endswith("\r\n", 0, at) else "\n"

    def _above(self, start: int, depth: int) -> int:
        """The start of the comments directly above a line; a deeper one ends what precedes."""
        while start > self._offset:
            above = self._line_start(start - 1)
            comment = _COMMENT.match(self.text, above, start)
            if not comment or len(comment["indent"]) > depth:
                break
            start = above
        return start


def _neighbour(parents: tuple[str, ...], key: str, keys: list[str]) -> tuple[str, bool]:
    """The key beside which a new one belongs, and whether behind it."""
    if parents == ("phase_ledger",) and key in PHASES:
        at = PHASES.index(key)
        if earlier := [phase for phase in PHASES[:at] if phase in keys]:
            return earlier[-1], True
        if later := [phase for phase in PHASES[at:] if phase in keys]:
            return later[0], False
    if not parents and "phase_ledger" in keys:
        return "phase_ledger", False
    return keys[-1], True


def _end(node: yaml.Node) -> int:
    """The index after the last character of a value: a block's node ends where the next begins."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    key, value = last if isinstance(last, tuple) else (node, last)
    known = key.end_mark.index + 1 if isinstance(last, tuple) else node.start_mark.index
    aliased = value.start_mark.index <= key.start_mark.index
    empty = value.start_mark.index == value.end_mark.index
    return int(known) if aliased or empty else _end(value)
