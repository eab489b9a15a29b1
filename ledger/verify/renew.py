"""What a page should expect, from what it expected and what came back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Any, Final

from ledger.errors import PageError
from ledger.pages.block import Expectation
from ledger.verify.expect import compare
from ledger.verify.like import canonical

_LEFT_OUT: Final = "..."
_SPECIAL: Final = re.compile(r"[\\.^$*+?{}\[\]|()]")
_BLANK: Final = re.compile(r"[ \t\r\n]*")
# Aligning patterns is quadratic.
_LONG: Final = 1000

Span = tuple[int, int]


class ByHand(PageError):  # noqa: N818
    """An expectation that no rule renews: a person must."""


def renewed(expectation: Expectation, stdout: str) -> str:
    """The text that makes an output the expected one.

    What of the old text still matches stays as it is written.

    Args:
        expectation: what the page expects; its output differs.
        stdout: what came back.

    Raises:
        ByHand: no rule gives such a text.
    """
    got = [line.rstrip() for line in stdout.strip("\n").rstrip().splitlines()]
    if not got:
        raise ByHand("nothing came back", fix="mend the block, or write expect=none")
    text = _RULES[expectation.match](expectation.text, got)
    if compare(Expectation(expectation.match, text), stdout):
        raise ByHand(f"no rule makes a match={expectation.match} of this output")
    return text


def _exact(_: str, got: Sequence[str]) -> str:
    return "\n".join(got)


def _like(expected: str, got: Sequence[str]) -> str:
    old = expected.splitlines()
    keys = [canonical(line) for line in old]
    matcher = SequenceMatcher(None, keys, [canonical(line) for line in got], autojunk=False)
    lines: list[str] = []
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        lines += old[start:end] if tag == "equal" else got[new_start:new_end]
    return "\n".join(lines)


def _regex(expected: str, got: Sequence[str]) -> str:
    patterns = expected.splitlines()
    if len(patterns) * len(got) > _LONG**2:
        raise ByHand("the output is too long to align with patterns")
    kept = dict(_aligned(patterns, got, lambda p, g: re.fullmatch(p.rstrip(), g) is not None))
    return "\n".join(kept.get(n, _SPECIAL.sub(r"\\\g<0>", line)) for n, line in enumerate(got))


def _aligned(
    patterns: Sequence[str], got: Sequence[str], same: Callable[[str, str], bool]
) -> Iterator[tuple[int, str]]:
    """The most patterns that match lines in order: number of the line, pattern."""
    rows, columns = len(patterns), len(got)
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    hits = [[same(pattern, line) for line in got] for pattern in patterns]
    for p in reversed(range(rows)):
        for g in reversed(range(columns)):
            with_both = 1 + best[p + 1][g + 1] if hits[p][g] else 0
            best[p][g] = max(with_both, best[p + 1][g], best[p][g + 1])
    p = g = 0
    while p < rows and g < columns:
        if hits[p][g] and best[p][g] == 1 + best[p + 1][g + 1]:
            yield g, patterns[p]
            p, g = p + 1, g + 1
        elif best[p][g] == best[p + 1][g]:
            p += 1
        else:
            g += 1


def _contains(expected: str, got: Sequence[str]) -> str:
    """Lines that are found stay; each other becomes the nearest line in its place."""
    lines, position = [], 0
    wanted = expected.splitlines()
    for number, line in enumerate(wanted):
        if line.strip() in {"", _LEFT_OUT}:
            lines.append(line)
            continue
        found = _find(line, got, position)
        if found is None:
            end = next(
                (at for later in wanted[number + 1 :] if (at := _find(later, got, position))),
                len(got),
            )
            near = get_close_matches(line.strip(), got[position:end], n=1, cutoff=0.5)
            if not near:
                raise ByHand(f"no line of the output is near {line.strip()!r}")
            found, line = got.index(near[0], position), near[0].strip()
        lines.append(line)
        position = found + 1
    return "\n".join(lines)


def _find(line: str, got: Sequence[str], position: int) -> int | None:
    """The first line from `position` on that holds `line` as the engine sees it."""
    if line.strip() in {"", _LEFT_OUT}:
        return None
    expectation = Expectation("contains", line)
    places = range(position, len(got))
    return next((n for n in places if compare(expectation, got[n]) is None), None)


def _json(expected: str, got: Sequence[str]) -> str:
    """Only values that differ are replaced; the page's own layout stays."""
    try:
        wanted, found = json.loads(expected), json.loads("\n".join(got))
    except ValueError as error:
        raise ByHand(f"no JSON: {error}") from None
    spans: dict[str, Span] = {}
    _note_spans(expected, 0, "$", spans)
    text = expected
    for where, value in sorted(_values(wanted, found, "$"), key=lambda v: -spans[v[0]][0]):
        start, end = spans[where]
        text = text[:start] + json.dumps(value, ensure_ascii=False) + text[end:]
    return text


def _values(wanted: Any, got: Any, where: str) -> Iterator[tuple[str, Any]]:
    """The places where other values must stand, and these."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key, value in wanted.items():
            if key not in got:
                raise ByHand(f"{where}.{key} is not in the output")
            yield from _values(value, got[key], f"{where}.{key}")
    elif compare(Expectation("json", json.dumps(wanted)), json.dumps(got)) is None:
        return
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for number, (item, other) in enumerate(zip(wanted, got, strict=True)):
            yield from _values(item, other, f"{where}[{number}]")
    else:
        yield where, got


def _note_spans(text: str, start: int, where: str, spans: dict[str, Span]) -> int:
    """Note where each value of a JSON text stands, by its path; give the end of this one."""
    begin = _skip(text, start)
    opening = text[begin]
    if opening in "{[":
        at, number = _skip(text, begin + 1), 0
        while text[at] not in "}]":
            inner = f"{where}[{number}]"
            if opening == "{":
                key, at = json.JSONDecoder().raw_decode(text, at)
                inner, at = f"{where}.{key}", _skip(text, at) + 1
            at = _skip(text, _note_spans(text, at, inner, spans))
            at = _skip(text, at + 1) if text[at] == "," else at
            number += 1
        end = at + 1
    else:
        end = json.JSONDecoder().raw_decode(text, begin)[1]
    spans[where] = (begin, end)
    return end


def _skip(text: str, start: int) -> int:
    blank = _BLANK.match(text, start)
    return blank.end() if blank else start


_RULES: Final[dict[str, Callable[[str, Sequence[str]], str]]] = {
    "exact": _exact,
    "like": _like,
    "regex": _regex,
    "contains": _contains,
    "json": _json,
}
