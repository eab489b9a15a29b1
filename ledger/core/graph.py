"""Which skills wait on which: the graph of `blocking` and `enables`, and how it is drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from ledger.core.scan import Facts

# Entries of these types name no skill.
_OUTSIDE: Final = frozenset({"decision", "external", "context"})


# Two files of skills: the second waits on the first.
Edge = tuple[str, str]


def link(skills: Sequence[Facts]) -> tuple[list[Edge], list[tuple[str, str]]]:
    """Resolve what each skill waits on and what waits on it, as far as it names skills here.

    Returns:
        The edges, each once, in order; and the file and the entry of each `enables` that names no
        skill here.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for skill in skills:
        names[skill.name].append(skill.where)
    edges: set[Edge] = set()
    dangling: list[tuple[str, str]] = []
    for skill in skills:
        for entry in skill.blocking:
            edges.update((where, skill.where) for where in resolve(entry, names))
        for entry in skill.enables:
            found = resolve(entry, names)
            edges.update((skill.where, where) for where in found)
            if not found:
                dangling.append((skill.where, entry))
    return sorted(edges), dangling


def waits(edges: Iterable[Edge]) -> Mapping[str, Sequence[str]]:
    """The files that each skill waits on, by its own file."""
    found: dict[str, list[str]] = defaultdict(list)
    for first, then in edges:
        found[then].append(first)
    return found


def cycles(edges: Iterable[Edge]) -> list[list[str]]:
    """Rings of skills that wait on each other: the files of each, the first one again at its end.

    No two rings share an edge, and without their edges no ring would be left.
    """
    from graphlib import CycleError, TopologicalSorter

    left, found = list(edges), []
    while True:
        try:
            TopologicalSorter(waits(left)).prepare()
        except CycleError as error:
            ring: list[str] = error.args[1][:-1]
            start = ring.index(min(ring))
            ring = [*ring[start:], *ring[: start + 1]]
            found.append(ring)
            gone = set(pairwise(ring))
            left = [edge for edge in left if edge not in gone]
        else:
            return found


def mermaid(nodes: Sequence[tuple[str, str, str]], edges: Iterable[Edge]) -> str:
    """Draw for Mermaid; a node is its file, its label and its group."""
    ids = {where: f"s{index}" for index, (where, _, _) in enumerate(nodes)}
    lines = ["graph LR"]
    lines += [f'  {ids[w]}["{_escape(label)}"]:::{group}' for w, label, group in nodes]
    lines += [f"  {ids[first]} --> {ids[then]}" for first, then in edges]
    lines += [f"  classDef {group} {style}" for group, (style, _) in _STYLES.items()]
    return "\n".join(lines) + "\n"


def dot(nodes: Sequence[tuple[str, str, str]], edges: Iterable[Edge]) -> str:
    """Draw for Graphviz; a node is its file, its label and its group."""
    lines = ["digraph skills {", "  rankdir=LR;", "  node [shape=box];"]
    lines += [
        f"  {_quote(where)} [label={_quote(label)}, {_STYLES[group][1]}];"
        for where, label, group in nodes
    ]
    lines += [f"  {_quote(first)} -> {_quote(then)};" for first, then in edges]
    return "\n".join([*lines, "}"]) + "\n"


# A group's look in Mermaid and in Graphviz: by line and not by colour alone.
_STYLES: Final = {
    "active": ("stroke-width:3px", "penwidth=2"),
    "blocked": (
        "stroke:#b00,stroke-width:3px,stroke-dasharray:2 2",
        'style="dotted", color="#b00"',
    ),
    "dormant": ("stroke-dasharray:6 4", "style=dashed"),
    "complete": ("fill:#dfd,color:#000", 'style=filled, fillcolor="#ddffdd"'),
    "unreadable": ("fill:#fdd,color:#000", 'style=filled, fillcolor="#ffdddd"'),
}


def resolve(entry: str, names: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The files that an entry names, by name or by path; a path that fits decides.

    Args:
        entry: what `blocking`, `enables` or `parent` says.
        names: the files of the skills here, by name.
    """
    kind, _, name = entry.removesuffix(".md").rpartition("/")
    if kind.partition("/")[0] in _OUTSIDE or name not in names:
        return []
    exact = [where for where in names[name] if where == f"{kind}/{name}.md"]
    return exact or names[name]


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
