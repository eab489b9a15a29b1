"""What waits on what, and how it is drawn."""

from __future__ import annotations

import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.graph import Edge, cycles, dot, link, mermaid, waits
from ledger.core.scan import Facts


def facts(where: str, blocking: tuple[str, ...] = (), enables: tuple[str, ...] = ()) -> Facts:
    name = where.rpartition("/")[2].removesuffix(".md")
    return Facts(name, where, name, (), {}, "", "", "", blocking, enables)


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("b", ["skills/b.md"]),
        ("b.md", ["skills/b.md"]),
        ("plans/saas/b", ["skills/b.md"]),
        ("skills/b.md", ["skills/b.md"]),
        ("c", ["skills/one/c.md", "skills/two/c.md"]),
        ("skills/two/c", ["skills/two/c.md"]),
        ("decision/b", []),
        ("external/b", []),
        ("context/x/b", []),
        ("B", []),
        ("", []),
    ],
)
def test_entries_name_skills_by_name_or_path(entry: str, found: list[str]) -> None:
    others = [facts("skills/b.md"), facts("skills/one/c.md"), facts("skills/two/c.md")]
    edges, dangling = link([facts("skills/a.md", enables=(entry,)), *others])
    assert edges == [("skills/a.md", where) for where in found]
    assert dangling == ([] if found else [("skills/a.md", entry)])
    edges, dangling = link([facts("skills/a.md", blocking=(entry,)), *others])
    assert edges == [(where, "skills/a.md") for where in found]
    assert dangling == []


def test_an_edge_told_by_both_ends_is_one() -> None:
    edges, _ = link([facts("a.md", enables=("b",)), facts("b.md", blocking=("a",))])
    assert edges == [("a.md", "b.md")]
    assert waits(edges) == {"b.md": ["a.md"]}


@pytest.mark.parametrize(
    ("edges", "rings"),
    [
        ("", []),
        ("ab bc ac", []),
        ("aa", ["aa"]),
        ("ab ba", ["aba"]),
        ("ab bc ca", ["abca"]),
        ("ab ba cd dc bd", ["aba", "cdc"]),
    ],
)
def test_rings(edges: str, rings: list[str]) -> None:
    found = cycles((pair[0], pair[1]) for pair in edges.split())
    assert sorted(map("".join, found)) == rings


@given(st.sets(st.tuples(*[st.sampled_from("abcdef")] * 2)))
def test_rings_are_made_of_edges_and_none_is_left_without_them(edges: set[Edge]) -> None:
    found = cycles(sorted(edges))
    used = [pair for ring in found for pair in pairwise(ring)]
    assert len(set(used)) == len(used)
    assert set(used) <= edges
    assert all(ring[0] == ring[-1] for ring in found)
    assert cycles(sorted(edges - set(used))) == []


NODES = [("a.md", 'a "b" <c> \\', "active"), ("b.md", "b", "dormant")]


def test_mermaid_escapes_labels() -> None:
    lines = mermaid(NODES, [("a.md", "b.md")]).splitlines()
    assert lines[:4] == [
        "graph LR",
        '  s0["a &quot;b&quot; &lt;c> \\"]:::active',
        '  s1["b"]:::dormant',
        "  s0 --> s1",
    ]
    assert len([line for line in lines if line.startswith("  classDef ")]) == 5


def test_dot_escapes_labels() -> None:
    text = dot(NODES, [("a.md", "b.md")])
    assert '  "a.md" [label="a \\"b\\" <c> \\\\", penwidth=2];' in text
    assert '  "a.md" -> "b.md";' in text


@pytest.mark.skipif(not shutil.which("dot"), reason="no Graphviz here")
def test_graphviz_reads_it() -> None:
    drawn = subprocess.run(
        ["dot", "-Tplain"], input=dot(NODES, [("a.md", "b.md")]), text=True, capture_output=True
    )
    assert (drawn.returncode, drawn.stdout.count("node ")) == (0, 2)
