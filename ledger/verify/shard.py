"""A part of the pages for each of several machines, so that all of them end at about one time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from heapq import heapreplace
from statistics import median
from typing import Final, NamedTuple

from ledger.errors import UsageError

# What a page counts for where no run of any page is on record.
_UNKNOWN: Final = 10.0


class Shard(NamedTuple):
    """Which part of the pages: the `number`th, from 1, of `total`."""

    number: int
    total: int

    @classmethod
    def read(cls, text: str) -> Shard:
        """Read `k/n`.

        Raises:
            UsageError: it is something else, or there is no such part.
        """
        parts = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
        shard = cls(int(parts[1]), int(parts[2])) if parts else cls(0, 0)
        if not 1 <= shard.number <= shard.total:
            raise UsageError(f"no shard {text!r}", fix="write k/n, such as 1/3 for the first of 3")
        return shard

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"


def assign(seconds: Mapping[str, float | None], count: int) -> dict[str, int]:
    """Which shard runs each page: the longest first, each to the shard with the least to do.

    The same durations give the same parts on every machine.

    Args:
        seconds: how long each page takes, by name; None where nobody knows, which counts as the
            median of the others.
        count: how many shards there are.

    Returns:
        The number of the shard, from 1, by page.
    """
    known = [took for took in seconds.values() if took is not None]
    unknown = median(known) if known else _UNKNOWN
    cost = {page: unknown if took is None else took for page, took in seconds.items()}
    # Seconds, pages, number: sorted, and so a heap.
    parts, found = [(0.0, 0, number) for number in range(1, count + 1)], {}
    for page in sorted(cost, key=lambda page: (-cost[page], page)):
        total, pages, number = parts[0]
        heapreplace(parts, (total + cost[page], pages + 1, number))
        found[page] = number
    return found


def others(parts: Mapping[str, int], shard: Shard, pages: Sequence[str]) -> dict[str, str]:
    """Why each page that another shard runs is left out here, in the order of `pages`."""
    return {
        page: f"runs in shard {parts[page]}/{shard.total}"
        for page in pages
        if parts[page] != shard.number
    }
