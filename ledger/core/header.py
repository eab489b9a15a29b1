"""The front matter of a file: where it is, what it says, and at which byte each value stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from ledger.errors import SkillError

BOM: Final = "\ufeff"
_OPENING = re.compile(r"---[ \t]*(\r\n|\n)")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"[ \t]+#[ \t]?(?P<text>[^\r\n]*)")
# Deep nesting ends the C parser, and with it the process; no person nests so deep.
_DEEPEST: Final = 100
_SHORT: Final = 10_000


class _Loader(yaml.CSafeLoader):
    """A loader to which a day that no calendar has is text: one wrong day must not hide a plan."""

    def day(self, node: yaml.ScalarNode) -> object:
        try:
            return self.construct_yaml_timestamp(node)
        except ValueError:
            return self.construct_scalar(node)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.day)


@dataclass(frozen=True)
class Value:
    """One scalar of a header and where it stands in the file's text.

    Attributes:
        text: the value as written, without quotes.
        start: index of its first character in the file's text.
        end: index after its last character.
        comment: the comment behind it on its line, without `#`; empty if none.
        line: its line in the file, from 1.
    """

    text: str
    start: int
    end: int
    comment: str
    line: int


class Header:
    """A file's front matter, read without changing a byte.

    Args:
        text: the whole file, line endings and byte order mark as they are.
        where: how errors name the file.

    Raises:
        SkillError: no front matter, or YAML that cannot be read; with `file:line`.
    """

    def __init__(self, text: str, where: str) -> None:
        self.where = where
        self.text = text
        self.start, self.end, self.body = _bounds(text, where)
        # Blank line ends so that YAML's positions stay those of the file.
        source = text[self.start : self.end].replace("\r\n", " \n")
        try:
            _refuse_depth(source)
            root = yaml.compose(source, Loader=yaml.CSafeLoader)
            data = yaml.load(source, Loader=_Loader)  # noqa: S506  # a CSafeLoader
            self.data: dict[str, Any] = _mapping(data)
        except yaml.YAMLError as error:
            raise self._broken(error) from None
        except ValueError as error:
            raise SkillError(f"broken YAML: {error}", where=f"{where}:1") from None
        except (AttributeError, IndexError, KeyError):  # !!bool x, !!int '', !!timestamp x
            raise SkillError(
                "broken YAML: a value is not what its tag says", where=f"{where}:1"
            ) from None
        self._root = root if isinstance(root, yaml.MappingNode) else yaml.MappingNode("map", [])
        self._refuse_twins(self._root)

    def entries(self, *path: str) -> dict[str, Value]:
        """The scalars of the mapping at `path`, in the file's order; empty if there is none."""
        node = self._find(path)
        if not isinstance(node, yaml.MappingNode):
            return {}
        scalars = ((k, v) for k, v in node.value if isinstance(v, yaml.ScalarNode))
        return {key.value: self._value(key, value) for key, value in scalars}

    def value(self, *path: str) -> Value | None:
        """The scalar at `path`; None where there is none."""
        return self.entries(*path[:-1]).get(path[-1])

    def line(self, *path: str) -> int:
        """The line in the file on which the key at `path` stands; 0 where there is none."""
        parent = self._find(path[:-1])
        pairs = parent.value if isinstance(parent, yaml.MappingNode) else []
        keys = (name for name, _ in pairs if name.value == path[-1])
        key = next(keys, None)
        return self._line(key.start_mark.line) if key else 0

    def _find(self, path: tuple[str, ...]) -> yaml.Node | None:
        node: yaml.Node | None = self._root
        for key in path:
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            node = next((value for name, value in pairs if name.value == key), None)
        return node

    def _value(self, key: yaml.ScalarNode, node: yaml.ScalarNode) -> Value:
        start, end = self.start + node.start_mark.index, self.start + node.end_mark.index
        if start == end:  # an empty value is reported where the next token stands
            start = end = self.start + key.end_mark.index + 1
        comment = _COMMENT.match(self.text, end)
        text = comment["text"].rstrip() if comment else ""
        return Value(node.value, start, end, text, self._line(key.start_mark.line))

    def _line(self, header_line: int) -> int:
        return self.text.count("\n", 0, self.start) + header_line + 1

    def _broken(self, error: yaml.YAMLError) -> SkillError:
        mark = getattr(error, "problem_mark", None)
        line = self._line(mark.line) if mark else 1
        if isinstance(error, yaml.reader.ReaderError):
            before = self.text[self.start : self.end].encode()[: error.position]
            line = self._line(before.count(b"\n"))
        problem = getattr(error, "problem", None) or str(error).split("\n")[0]
        fix = "mend the line, or one above it; quote a text that holds ': ' or ' #'"
        return SkillError(f"broken YAML: {problem}", where=f"{self.where}:{line}", fix=fix)

    def _refuse_twins(self, root: yaml.Node) -> None:
        waiting, known = [root], {id(root)}
        while waiting:
            node = waiting.pop()
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            seen: set[str] = set()
            for key, value in pairs:
                if str(key.value) in seen:
                    where = f"{self.where}:{self._line(key.start_mark.line)}"
                    raise SkillError(
                        f"key {key.value!r} twice", where=where, fix="keep one of them"
                    )
                seen.add(str(key.value))
                if id(value) not in known:  # an alias may lead back to where it stands
                    known.add(id(value))
                    waiting.append(value)


def _refuse_depth(source: str) -> None:
    if len(source) < _SHORT and sum(map(source.count, "[{-?")) < _DEEPEST:
        return
    depth = 0
    for event in yaml.parse(source, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError(f"more than {_DEEPEST} levels, one inside the other")


def _bounds(text: str, where: str) -> tuple[int, int, int]:
    """Where the YAML starts and ends and where the body starts, as indices into `text`."""
    opening = _OPENING.match(text, len(BOM) if text.startswith(BOM) else 0)
    if not opening:
        raise SkillError(
            "no front matter", where=f"{where}:1", fix="start the file with a --- block of YAML"
        )
    closing = _CLOSING.search(text.replace("\r\n", " \n"), opening.end())
    if not closing:
        raise SkillError(
            "front matter is never closed", where=f"{where}:1", fix="end it with a line ---"
        )
    return opening.end(), closing.start(), min(closing.end() + 1, len(text))


def _mapping(data: object) -> dict[str, Any]:
    if isinstance(data, Mapping):
        return dict(data)
    raise ValueError("the front matter is not a mapping of keys to values")
