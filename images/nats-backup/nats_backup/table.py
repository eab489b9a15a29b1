"""Columns of text, and figures as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta


def render(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, each column as wide as its widest cell."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()


def age(seconds: int) -> str:
    """An age as kubectl prints it: two units at most; `-2h` is still to come."""
    if seconds < 0:
        return f"-{age(-seconds)}"
    span = timedelta(seconds=seconds)
    hours, rest = divmod(span.seconds, 3600)
    minutes, secs = divmod(rest, 60)
    units = [(span.days, "d"), (hours, "h"), (minutes, "m"), (secs, "s")]
    while len(units) > 1 and units[0][0] == 0:
        units.pop(0)
    return "".join(f"{count}{unit}" for count, unit in units[:2] if count) or "0s"


def size(count: int) -> str:
    """A number of bytes as kubectl writes quantities."""
    value, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f}{unit}"
