"""Where each line that superfences sees stands: in the page, or in a snippet that it includes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import markdown
from markdown.preprocessors import Preprocessor

_SNIPPETS = "snippet"
# superfences' first look is at 31.05, the snippets' at 32.
_BEFORE, _BEHIND = 32.5, 31.9


class Place(NamedTuple):
    """Where a line stands.

    Attributes:
        line: its line in the page, from 1; of a snippet's line, the line that includes it.
        where: `file:line` in a snippet; empty for a line of the page itself.
    """

    line: int
    where: str = ""


class Places:
    """Follows the lines of a page through the inclusion of snippets.

    Args:
        root: the folder that the names of snippets are told from.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._found: list[Place] = []
        self._open: list[_Walked] = []

    def attach(self, md: markdown.Markdown) -> None:
        """Mark each line before snippets are included, and read the marks afterwards."""
        md.preprocessors.register(_Step(_marked), "ledger_marks", _BEFORE)
        md.preprocessors.register(_Step(self._note), "ledger_places", _BEHIND)
        if _SNIPPETS in md.preprocessors:
            self._follow(md.preprocessors[_SNIPPETS])

    def __getitem__(self, line: int) -> Place:
        """Where line `line`, from 1, of what superfences sees stands."""
        return self._found[line - 1]

    def _follow(self, snippets: Any) -> None:
        include = snippets.parse_snippets

        def following(lines: list[str], file: str | None = None, **settings: bool) -> list[str]:
            if file:
                here = self._open[-1].place
                names = self._names(file, lines, is_url=settings.get("is_url", False))
                lines = [
                    _Line.at(line, Place(here.line, name))
                    for line, name in zip(lines, names, strict=True)
                ]
            self._open.append(_Walked(lines))
            try:
                return list(include(self._open[-1], file, **settings))
            finally:
                self._open.pop()

        snippets.parse_snippets = following

    def _names(self, file: str, lines: list[str], *, is_url: bool) -> list[str]:
        if is_url:
            return [f"{file}:{number}" for number in range(1, len(lines) + 1)]
        name = os.path.relpath(file, self._root)
        whole = Path(file).read_text("utf-8").split("\n")
        return [f"{name}:{number}" for number in _numbers(lines, whole)]

    def _note(self, lines: list[str]) -> list[str]:
        place = Place(1)
        self._found = [place := getattr(line, "place", place) for line in lines]
        return lines


class _Line(str):
    """A line that knows its place, also when it is indented or unescaped."""

    place: Place

    @classmethod
    def at(cls, text: str, place: Place) -> _Line:
        line = cls(text)
        line.place = place
        return line

    def __radd__(self, indent: str) -> _Line:
        return self.at(indent + str(self), self.place)

    def replace(self, *arguments: Any) -> _Line:
        return self.at(super().replace(*arguments), self.place)


class _Walked(list[str]):
    """Lines that know how far a walk through them has come."""

    place = Place(1)

    def __iter__(self) -> Iterator[str]:
        for line in super().__iter__():
            self.place = getattr(line, "place", self.place)
            yield line


class _Step(Preprocessor):
    """A preprocessor of one function."""

    def __init__(self, step: Callable[[list[str]], list[str]]) -> None:
        super().__init__()
        self._step = step

    def run(self, lines: list[str]) -> list[str]:
        return self._step(lines)


def _marked(lines: list[str]) -> list[str]:
    return [_Line.at(line, Place(number)) for number, line in enumerate(lines, 1)]


def _numbers(lines: Sequence[str], whole: Sequence[str]) -> list[int]:
    """Which lines of a file these are: one run of them, or several runs, each in order."""
    wanted, there = [line.strip() for line in lines], [line.strip() for line in whole]
    for start in range(len(there) - len(wanted) + 1):
        if there[start : start + len(wanted)] == wanted:
            return list(range(start + 1, start + len(wanted) + 1))
    numbers, last = [], 0
    for line in wanted:
        ahead = (*range(last, len(there)), *range(last))
        last = next((index + 1 for index in ahead if there[index] == line), last)
        numbers.append(last)
    return numbers
