"""Times of several cases, taken in turns, so that a slow moment of the machine hits all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import truediv
from statistics import median
from typing import NamedTuple


class Times(NamedTuple):
    """What one case took.

    Attributes:
        median: of all rounds, in milliseconds.
        least: of all rounds, in milliseconds.
        ratio: to the first case, in the same round; the median of the rounds.
    """

    median: float
    least: float
    ratio: float


def measure(cases: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Times]:
    """Run each case once to warm up, then `rounds` times, one after the other in each round.

    Args:
        cases: each runs once and gives the seconds that it took; ratios are to the first.
        rounds: how often.
    """
    for case in cases.values():
        case()
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            taken[name].append(1000 * case())
    first = next(iter(taken.values()))
    return {
        name: Times(median(times), min(times), median(map(truediv, times, first)))
        for name, times in taken.items()
    }
