"""YAML and JSON on pages and in files: that they parse, and where each value of YAML stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from ledger.core.problem import Problem, Rule, Severity
from ledger.pages.attributes import read_info
from ledger.pages.fences import Fence
from ledger.pages.page import Page

NOT_YAML: Final = Rule(
    "V103",
    Severity.ERROR,
    "YAML that cannot be read, or a key that stands twice",
    "whoever applies it gets an error, or silently loses a value",
    "correct the line; what is only part of YAML goes into a text fence",
)
NOT_JSON: Final = Rule(
    "V104",
    Severity.ERROR,
    "JSON that cannot be read",
    "whoever sends it gets an error; an expectation with match=json can never be met",
    "correct the line; what is only part of JSON goes into a text fence",
)
_YAML: Final = ("yaml", "yml")
_STRING: Final = "tag:yaml.org,2002:str"


@dataclass(frozen=True)
class Document:
    """One YAML document.

    Attributes:
        where: its file, relative to the project.
        before: how many lines of the file stand above its text.
        node: its root.
        value: what it says.
        patch: whether it is laid over another and may leave out what it does not change.
    """

    where: str
    before: int
    node: yaml.Node
    value: Any
    patch: bool = False

    def line(self, path: Sequence[str | int] = ()) -> int:
        """Line, from 1, of the value at `path`; of the nearest one above it if there is none."""
        mark, node = self.node.start_mark, self.node
        for step in path:
            if isinstance(node, yaml.MappingNode):
                pairs = [pair for pair in node.value if pair[0].value == str(step)]
                if not pairs:
                    break
                mark, node = pairs[-1][0].start_mark, pairs[-1][1]
            elif isinstance(node, yaml.SequenceNode):
                node = node.value[int(step)]
                mark = node.start_mark
        return self.before + mark.line + 1


@dataclass
class Data:
    """The documents of some text, and why some of it could not be read."""

    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class _Loader(yaml.SafeLoader):
    """Takes a tag that it does not know as a text: it is some other program's."""


def _plain(loader: Any, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_Loader.add_constructor(None, _plain)
# To Kubernetes a day is a text.
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _plain)


def page_data(page: Page) -> Iterator[Data]:
    """The YAML and JSON fences of a page, and the JSON that a block must print."""
    for fence in page.fences:
        info = read_info(fence.info, fence.where)
        if info.language in _YAML and not info.kind:
            file, before = _place(fence)
            yield read_yaml(fence.text, file, before)
        elif info.values.get("match") == "json" or (info.language == "json" and not info.kind):
            yield _read_json(fence)


def read_yaml(text: str, where: str, before: int = 0, *, patch: bool = False) -> Data:
    """Read every document of a text.

    Args:
        text: YAML.
        where: its file, relative to the project.
        before: how many lines of the file stand above it.
        patch: whether the documents are laid over others.
    """
    data, loader = Data(), _Loader(text)
    try:
        while loader.check_node() and (node := loader.get_node()):
            for key in _twice(node):
                line = before + key.start_mark.line + 1
                data.problems.append(NOT_YAML.at(where, line, f"key {key.value} stands twice"))
            value = loader.construct_document(node)
            data.documents.append(Document(where, before, node, value, patch))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        told = getattr(error, "problem", None) or "it cannot be taken in"
        line = before + (mark.line if mark else 0) + 1
        data.problems.append(NOT_YAML.at(where, line, f"broken YAML: {told}"))
    finally:
        loader.dispose()
    return data


def _twice(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """Every key that stands in its mapping already."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag == _STRING:
                if key.value in seen:
                    yield key
                seen.add(key.value)
            yield from _twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item)


def _read_json(fence: Fence) -> Data:
    file, before = _place(fence)
    try:
        json.loads(fence.text)
    except ValueError as error:
        line = before + getattr(error, "lineno", 1)
        told = getattr(error, "msg", str(error))
        return Data(problems=[NOT_JSON.at(file, line, f"broken JSON: {told}")])
    return Data()


def _place(fence: Fence) -> tuple[str, int]:
    """The file of a fence, and how many of its lines stand above the fence's text."""
    file, _, line = fence.where.rpartition(":")
    return file, int(line)
