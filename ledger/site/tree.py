"""What waits on what, as a picture made of lines of text: a row a plan, rails on its left.

A row is as high as its words need, so the picture fits a phone, prints, and is a list to whoever
hears it read out. Rails run from a plan down to all that wait on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import Final, NamedTuple

from ledger.core import graph
from ledger.core.forest import facts
from ledger.core.skill import Skill

WAITS: Final = "waits"
PART: Final = "part"


class Rail(NamedTuple):
    """A line from a node to what waits on it, or is part of it.

    Attributes:
        kind: WAITS or PART.
        top: the row that it starts in.
        ends: the rows that it leads to.
    """

    kind: str
    top: int
    ends: tuple[int, ...]


class Tree(NamedTuple):
    """The picture.

    Attributes:
        nodes: skills by their file, and what is named and is no skill here; first what others
            wait on.
        cells: for each node the classes of its cells, from the left: the kind of the rail in it,
            `up` and `down`, and `joint` where it leads to the node; `in` to the right, or `over`
            from the left to the right, where a rail runs to the node, with `by-` its kind.
        rings: files of skills that wait on each other; no rail is drawn between them.
    """

    nodes: list[str]
    cells: list[list[str]]
    rings: list[list[str]]


def tree(skills: Sequence[Skill]) -> Tree:
    """Draw all skills with what they wait on and what they are part of."""
    edges = sorted(set(_edges(skills)))
    rings = graph.cycles([(first, then) for first, then, _ in edges])
    broken = {pair for ring in rings for pair in pairwise(ring)}
    edges = [edge for edge in edges if edge[:2] not in broken]
    before: dict[str, list[str]] = {skill.where: [] for skill in skills}
    for first, then, _ in edges:
        before[then].append(first)
    nodes = list(TopologicalSorter(before).static_order())
    lanes = _lanes(nodes, edges)
    return Tree(nodes, [_row(row, lanes) for row in range(len(nodes))], rings)


def _edges(skills: Sequence[Skill]) -> Iterator[tuple[str, str, str]]:
    """Two nodes and what joins them: the second waits on the first, or is part of it."""
    names: dict[str, list[str]] = defaultdict(list)
    for skill in skills:
        names[skill.name].append(skill.where)
    linked, _ = graph.link([facts(skill) for skill in skills])
    yield from ((first, then, WAITS) for first, then in linked)
    for skill in skills:
        for entry in skill.strings("blocking"):
            if not graph.resolve(entry, names):
                yield entry, skill.where, WAITS
        if parent := str(skill.header.data.get("parent") or ""):
            wholes = graph.resolve(parent, names) or [parent]
            yield from ((whole, skill.where, PART) for whole in wholes)


def _lanes(nodes: Sequence[str], edges: Sequence[tuple[str, str, str]]) -> list[list[Rail]]:
    """The rails, each in the first lane that is free from its row on."""
    row = {node: number for number, node in enumerate(nodes)}
    ends: dict[tuple[int, str], list[int]] = defaultdict(list)
    for first, then, kind in edges:
        ends[row[first], kind].append(row[then])
    lanes: list[list[Rail]] = []
    for (top, kind), found in sorted(ends.items()):
        lane = next((lane for lane in lanes if lane[-1].ends[-1] < top), None)
        if lane is None:
            lanes.append(lane := [])
        lane.append(Rail(kind, top, tuple(sorted(found))))
    return lanes


def _row(row: int, lanes: Sequence[Sequence[Rail]]) -> list[str]:
    """The classes of a node's cells; `by` is the rail that runs to the node through a cell."""
    cells, by = [], ""
    for lane in lanes:
        words = ["over", by] if by else []
        rail = next((rail for rail in lane if rail.top <= row <= rail.ends[-1]), None)
        if rail:
            words += [rail.kind, *(["up"] if rail.top < row else [])]
            words += ["down"] if row < rail.ends[-1] else []
            if row in {rail.top, *rail.ends}:
                words += ["joint"] if by else ["joint", "in", f"by-{rail.kind}"]
                by = by or f"by-{rail.kind}"
        cells.append(" ".join(words))
    return cells
