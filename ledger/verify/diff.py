"""A short diff for a person: expected above got, the first difference first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import Final

SHOWN: Final = 5
# SequenceMatcher is quadratic; longer outputs are compared line by line.
_LONG: Final = 2000
NOTHING: Final = "(nothing)"

Pair = tuple[int, str | None, str | None]


def aligned(
    expected: Sequence[str],
    got: Sequence[str],
    same: Callable[[str, str], bool],
    key: Callable[[str], str],
    *,
    marked: bool,
) -> tuple[str, str]:
    """Describe how two texts differ.

    Args:
        expected: lines of the page.
        got: lines of the output.
        same: whether two lines count as equal.
        key: what of a line counts, the same for lines that count as equal; used to find where
            lines are missing or too many.
        marked: whether a mark shows where in a line the difference begins.

    Returns:
        The first difference in one line, and the first few at length.
    """
    pairs = min(
        ([pair for pair in way if not _equal(pair, same)] for way in _ways(expected, got, key)),
        key=len,
    )
    parts = [_part(*pair, key if marked else None) for pair in islice(pairs, SHOWN)]
    if len(pairs) > SHOWN:
        parts.append(f"and {len(pairs) - SHOWN} more lines differ")
    return _reason(*pairs[0]), "\n".join(parts)


def _equal(pair: Pair, same: Callable[[str, str], bool]) -> bool:
    _, expected, got = pair
    return expected is not None and got is not None and same(expected, got)


def _ways(
    expected: Sequence[str], got: Sequence[str], key: Callable[[str], str]
) -> Iterator[Iterable[Pair]]:
    """The ways to give lines a partner: line by line, and around those missing or too many."""
    short = max(len(expected), len(got)) <= _LONG
    if len(expected) == len(got) or not short:
        yield ((n, e, g) for n, (e, g) in enumerate(zip_longest(expected, got), 1))
    if short:
        yield _pairs(expected, got, key)


def _pairs(
    expected: Sequence[str], got: Sequence[str], key: Callable[[str], str]
) -> Iterator[Pair]:
    """Each line of one with its partner in the other, and the number of the output's line."""
    matcher = SequenceMatcher(None, [*map(key, expected)], [*map(key, got)], autojunk=False)
    for _, e0, e1, g0, g1 in matcher.get_opcodes():
        for offset, (e, g) in enumerate(zip_longest(expected[e0:e1], got[g0:g1])):
            yield g0 + offset + 1, e, g


def _reason(number: int, expected: str | None, got: str | None) -> str:
    if got is None:
        return f"line {number} is missing: {expected!r}"
    if expected is None:
        return f"line {number} is too much: {got!r}"
    return f"line {number} differs"


def _part(
    number: int, expected: str | None, got: str | None, key: Callable[[str], str] | None
) -> str:
    if expected is None or got is None or key is None:
        shown = [NOTHING if line is None else line for line in (expected, got)]
        mark = []
    else:
        *shown, column = _in_columns(expected, got, key)
        mark = [f"            {' ' * column}^"]
    return "\n".join(
        [f"line {number}", f"  expected: {shown[0]}", f"  got:      {shown[1]}", *mark]
    )


def _in_columns(expected: str, got: str, key: Callable[[str], str]) -> tuple[str, str, int]:
    """Both lines, one word under the other where only words count, and the first difference."""
    words = [*zip_longest(expected.split(), got.split(), fillvalue="")]
    first = next((n for n, (e, g) in enumerate(words) if key(e) != key(g)), None)
    if key is str or first is None:
        same = (e == g for e, g in zip_longest(expected, got))
        return expected, got, next((n for n, is_same in enumerate(same) if not is_same), 0)
    widths = [max(map(len, pair)) for pair in words]
    padded = [
        " ".join(word.ljust(width) for word, width in zip(side, widths, strict=True)).rstrip()
        for side in zip(*words, strict=True)
    ]
    return padded[0], padded[1], sum(widths[:first]) + first
