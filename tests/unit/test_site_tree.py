"""The picture of what waits on what: rails lead from each plan to all that wait on it."""

from __future__ import annotations

from pathlib import Path

from ledger.core.skill import Skill
from ledger.site.tree import Tree, tree


def skill(name: str, header: str = "") -> Skill:
    text = f"---\n{header}\nphase_ledger: {{PLAN: pending}}\n---\n\n# {name}\n"
    return Skill(Path(f"skills/{name}.md"), f"skills/{name}.md", text)


def joined(drawn: Tree) -> list[tuple[str, str, str]]:
    """Follow every rail by its cells alone: from where it leads where, and as what."""
    found = []
    for lane in zip(*drawn.cells, strict=True):
        top = ""
        for node, cell in zip(drawn.nodes, lane, strict=True):
            words = cell.split()
            kind = next((word for word in words if word in {"waits", "part"}), "")
            if {"joint", "up"} <= set(words):
                found.append((top, node, kind))
            if {"joint", "down"} <= set(words) and "up" not in words:
                top = node
    return sorted(found)


def test_rails_lead_from_each_plan_to_all_that_wait_on_it() -> None:
    drawn = tree(
        [
            skill("a", "enables: [b]"),
            skill("b", "blocking: [money]\nparent: map"),
            skill("c", "blocking: [a, skills/b.md]\nparent: a"),
            skill("alone"),
        ]
    )
    assert joined(drawn) == [
        ("map", "skills/b.md", "part"),
        ("money", "skills/b.md", "waits"),
        ("skills/a.md", "skills/b.md", "waits"),
        ("skills/a.md", "skills/c.md", "part"),
        ("skills/a.md", "skills/c.md", "waits"),
        ("skills/b.md", "skills/c.md", "waits"),
    ]
    assert sorted(drawn.nodes) == [
        "map",
        "money",
        *(f"skills/{n}.md" for n in ("a", "alone", "b", "c")),
    ]
    row = dict(zip(drawn.nodes, drawn.cells, strict=True))
    assert not any("joint" in cell for cell in row["skills/alone.md"])


def test_a_rail_reaches_its_node_through_every_cell_on_its_right() -> None:
    drawn = tree([skill("a", "enables: [d]"), skill("b", "enables: [c]"), skill("c"), skill("d")])
    for cells in drawn.cells:
        first = next((n for n, cell in enumerate(cells) if "in" in cell.split()), len(cells))
        assert all("over" not in cell for cell in cells[: first + 1])
        assert all("over" in cell.split() for cell in cells[first + 1 :])


def test_a_lane_is_used_again() -> None:
    pairs = [
        skill(f"{n}a", f"enables: [{n}b]\nblocking: [{before}]")
        for n, before in [("1", "x"), ("2", "1b")]
    ]
    drawn = tree([*pairs, skill("1b"), skill("2b")])
    assert len(joined(drawn)) == 4
    assert {len(cells) for cells in drawn.cells} == {2}


def test_plans_in_a_ring_are_told_and_drawn() -> None:
    drawn = tree([skill("a", "enables: [b]"), skill("b", "enables: [a, c]"), skill("c")])
    assert drawn.rings == [["skills/a.md", "skills/b.md", "skills/a.md"]]
    assert joined(drawn) == [("skills/b.md", "skills/c.md", "waits")]
    assert tree([]).nodes == []
