"""Whatever a dashboard looks like, the row is added to it once, and nothing else changes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tools.dashboard import splice
from tools.dashboard.__main__ import BUILT

ROW: list[dict[str, Any]] = json.loads(BUILT.read_text())["panels"]
WORDS = st.text(st.sampled_from('ab "\\[]{},:\n\r\té\u2028'), max_size=8)
PLACES = st.fixed_dictionaries({"y": st.integers(0, 99), "h": st.integers(1, 9)})
PANELS = st.fixed_dictionaries(
    {"type": st.sampled_from(["row", "stat"]), "title": WORDS},
    optional={"id": st.integers(1, 99), "gridPos": PLACES, "options": st.lists(WORDS)},
)
DASHBOARDS = st.builds(
    lambda head, panels, tail: {**head, "panels": panels, **tail},
    st.dictionaries(WORDS, WORDS, max_size=3),
    st.lists(PANELS, max_size=4),
    st.dictionaries(WORDS, st.none() | st.lists(WORDS), max_size=3),
)


@given(
    DASHBOARDS,
    st.sampled_from([None, 0, 2, "\t"]),
    st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", " \n\n"]),
)
def test_a_row_is_added_once_and_nothing_else_changes(
    dashboard: dict[str, Any],
    indent: int | str | None,
    separators: tuple[str, str],
    newline: str,
    end: str,
) -> None:
    text = json.dumps(dashboard, indent=indent, separators=separators).replace("\n", newline) + end
    added = splice.add(text, ROW)
    assert splice.add(added, ROW) == added
    found = json.loads(added)
    there = len(dashboard["panels"])
    assert {**found, "panels": found["panels"][:there]} == dashboard
    assert [panel["title"] for panel in found["panels"][there:]] == [row["title"] for row in ROW]
    assert "\n" not in added.replace("\r\n", "") or newline == "\n" or end
