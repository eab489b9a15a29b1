"""Compare what came back with what the page shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from ledger.pages.block import Expectation
from ledger.verify.diff import NOTHING, aligned
from ledger.verify.like import canonical


@dataclass(frozen=True)
class Mismatch:
    """Why an output is not the expected one.

    Attributes:
        reason: the first difference, in one line.
        diff: the differences for a person, the first one first.
    """

    reason: str
    diff: str


def compare(expectation: Expectation, stdout: str) -> Mismatch | None:
    """Compare a block's output with its expectation; None if it is as expected.

    Blanks at the end of a line, and blank lines at the end, do not count.
    """
    return _MATCHERS[expectation.match](expectation.text, stdout)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _by_line(key: Callable[[str], str]) -> Callable[[str, str], Mismatch | None]:
    def match(expected: str, stdout: str) -> Mismatch | None:
        return _differences(_lines(expected), _lines(stdout), lambda e, g: key(e) == key(g), key)

    return match


def _differences(
    expected: Sequence[str],
    got: Sequence[str],
    same: Callable[[str, str], bool],
    key: Callable[[str], str],
    *,
    marked: bool = True,
) -> Mismatch | None:
    if len(expected) == len(got) and all(map(same, expected, got)):
        return None
    return Mismatch(*aligned(expected, got, same, key, marked=marked))


def _regex(expected: str, stdout: str) -> Mismatch | None:
    patterns = _lines(expected)
    for number, pattern in enumerate(patterns, 1):
        try:
            re.compile(pattern)
        except re.error as error:
            return Mismatch(f"expected line {number} is no regular expression: {error}", pattern)

    def key(line: str) -> str:
        return next((p for p in patterns if p == line or re.fullmatch(p, line)), line)

    return _differences(
        patterns,
        _lines(stdout),
        lambda e, g: re.fullmatch(e, g) is not None,
        key,
        marked=False,
    )


def _contains(expected: str, stdout: str) -> Mismatch | None:
    got = [" ".join(line.split()) for line in _lines(stdout)]
    position = 0
    for line in _lines(expected):
        wanted = " ".join(line.split())
        if wanted in {"", "..."}:
            continue
        # Whole words: `1/1` is not found in `11/1`, nor `ready` in `not-ready`.
        pattern = re.compile(rf"(?<![\w.-]){re.escape(wanted)}(?![\w/-]|\.\w)")
        found = next((i for i, g in enumerate(got[position:], position) if pattern.search(g)), None)
        if found is None:
            behind = f" after line {position}" if position else ""
            rest = _lines(stdout)[position:]
            near = get_close_matches(wanted, rest, n=1)
            shown = [f"expected: {line}", *(f"nearest:  {text}" for text in near)]
            shown += [f"got{behind}:", _indented("\n".join(rest[:10]) or NOTHING)]
            return Mismatch(f"no line{behind} holds {wanted!r}", "\n".join(shown))
        position = found + 1
    return None


def _json(expected: str, stdout: str) -> Mismatch | None:
    try:
        wanted = json.loads(expected)
    except ValueError as error:
        return Mismatch(f"the expectation is no JSON: {error}", expected)
    try:
        got = json.loads(stdout)
    except ValueError as error:
        return Mismatch(f"the output is no JSON: {error}", _indented(stdout[:500]))
    if difference := _missing(wanted, got, "$"):
        where, inner, outer = difference
        lines = f"at {where}\nexpected: {json.dumps(inner)}\ngot:      {_shown(outer)}"
        return Mismatch(f"{where} differs", lines)
    return None


class _Absent:
    """What stands for a value that is not there."""


def _shown(value: Any) -> str:
    if isinstance(value, _Absent):
        return "(not there)"
    text = json.dumps(value)
    return text if len(text) <= 500 else f"{text[:500]}..."


def _missing(wanted: Any, got: Any, where: str) -> tuple[str, Any, Any] | None:
    """Where `got` does not hold all of `wanted`, and both values there."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key, value in wanted.items():
            if found := _missing(value, got.get(key, _Absent()), f"{where}.{key}"):
                return found
        return None
    if wanted and isinstance(wanted, list) and isinstance(got, list):
        return _missing_items(wanted, got, where)
    # In Python, True == 1.
    same = type(wanted) is type(got) or not {type(wanted), type(got)} - {int, float}
    return None if same and wanted == got else (where, wanted, got)


def _missing_items(wanted: list[Any], got: list[Any], where: str) -> tuple[str, Any, Any] | None:
    """Each wanted item is there, in this order; others may stand between."""
    if len(wanted) == len(got) == 1:
        return _missing(wanted[0], got[0], f"{where}[0]")
    rest = iter(got)
    for number, item in enumerate(wanted):
        if all(_missing(item, other, where) for other in rest):
            return f"{where}[{number}]", item, got
    return None


_MATCHERS: Final[dict[str, Callable[[str, str], Mismatch | None]]] = {
    "exact": _by_line(str),
    "like": _by_line(canonical),
    "contains": _contains,
    "regex": _regex,
    "json": _json,
    "none": lambda _expected, _stdout: None,
}


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
