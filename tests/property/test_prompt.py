"""Whatever a skill says, its prompt is short, the same twice, and true to the header."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.phases import PHASES, read_status
from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.flow.evidence import gather
from ledger.flow.fit import BRIEF_LINES, MAX_LINES
from ledger.flow.prompt import build_prompt
from ledger.flow.shares import allocate, draw
from ledger.flow.stale import differences
from tests.fixtures.flow_project import DAY

PROJECT = Project(Path("/nonexistent"))
TITLES = (
    "Mission", "Tracks", "Activities", "Exit criteria", "Non-goals", "Halts", "Context", "Audience",
    "Strata", "Targets", "Decision", "Decisions", "Chunks", "Files", "Principles",
    "Branch candidates",
)  # fmt: skip
LINES = st.sampled_from(
    [
        "text", "", "- item", "1. step", "  more", "| a | b |", "| --- | --- |", "```", "~~~~",
        "#### Track A: Big (60%)", "#### Small", "- x (30%)", "⟂[BLOCKED:x] why", "> q", "---",
        "## TEST", "# Top", "{{ x }}", "{% if %}", "⟿[PLAN]", "... and 3 more lines, see y",
    ]
)  # fmt: skip
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
STATUSES = st.sampled_from(
    ["pending", "touched", "complete", "skipped", "deferred", "blocked", "done", "odd", None]
)
MONEY = st.decimals(0, 2, places=4).map(str)


@st.composite
def headers(draw_: st.DrawFn) -> dict[str, Any]:
    """A header with lists of any length and texts with any characters."""
    names = st.lists(WORDS, max_size=60)
    header: dict[str, Any] = {
        "phase_ledger": draw_(st.dictionaries(st.sampled_from(PHASES), STATUSES)),
        "entropy": draw_(st.fixed_dictionaries({"planned": MONEY, "spent": MONEY})),
        "handles": draw_(st.dictionaries(WORDS, WORDS, max_size=60)),
        "branches": draw_(st.lists(st.dictionaries(st.sampled_from(["name", "when"]), WORDS))),
    }
    header |= {key: draw_(names) for key in ("blocking", "enables", "docs", "slis")}
    keys = ("session_notes", "sprint", "span", "parent")
    header |= {key: draw_(WORDS) for key in keys}
    if draw_(st.booleans()):
        header["session_notes"] = "note\n" * draw_(st.integers(0, 300))
    return header


@st.composite
def skills(draw_: st.DrawFn) -> Skill:
    phase = draw_(st.sampled_from(PHASES))
    parts = [f"---\n{yaml.safe_dump(draw_(headers()), allow_unicode=True)}---\n\n# Plan\n"]
    for level in (f"\n## {phase}\n", "\n## Others\n"):
        parts.append(level)
        for title in draw_(st.lists(st.sampled_from(TITLES), max_size=8)):
            lines = draw_(st.lists(LINES, max_size=30)) * draw_(st.integers(1, 8))
            parts.append(f"\n### {title}\n\n" + "\n".join(lines) + "\n")
    return Skill(Path("skills/plan.md"), "skills/plan.md", "".join(parts))


@settings(max_examples=60)
@given(skill=skills(), phase=st.sampled_from(PHASES), brief=st.booleans())
def test_prompt_is_short_and_true(skill: Skill, phase: str, brief: bool) -> None:
    evidence = gather(PROJECT, skill, DAY)
    prompt = build_prompt(PROJECT, skill, phase, evidence, today=DAY, brief=brief)
    lines = prompt.splitlines()
    assert len(lines) <= (BRIEF_LINES if brief else MAX_LINES)
    assert prompt == build_prompt(PROJECT, skill, phase, evidence, today=DAY, brief=brief)
    assert lines[0].startswith(f"concept.forest.manifest[phase={phase}][sprint=")
    shown = next(line for line in lines if line.startswith("ledger: "))
    assert re.findall(r"([A-Z-]+):(\w+)", shown) == [
        (e.phase, str(read_status(e.raw) or "pending")) for e in skill.ledger[: len(PHASES)]
    ]
    assert lines.count(f"entropy: {skill.budget}") == 1
    assert [line[:2] for line in lines if line.startswith("⟂[ENTROPY_DEPLETED]")] == ["⟂["]
    said = differences(PROJECT, skill, phase, evidence, "next.md", prompt)
    assert [d for d in said if d.what in {"phase", "entropy"} or d.what.startswith("ledger")] == []


@given(
    remaining=(st.integers(-5, 40) | st.integers(40, 200)).map(lambda n: Decimal(n) / 1000)
    | st.decimals(0, 2, places=6),
    settled=st.sets(st.sampled_from(PHASES)),
    phase=st.sampled_from(PHASES),
)
def test_a_draw_is_covered_and_leaves_no_rest_that_halts(
    remaining: Decimal, settled: set[str], phase: str
) -> None:
    rows = "".join(f"  {p}: {'touched' if p in settled else 'pending'}\n" for p in PHASES)
    skill = Skill(
        Path("a.md"), "a.md", f"---\nphase_ledger:\n{rows}entropy: {{planned: {remaining}}}\n---\n"
    )
    amount = draw(skill, phase)
    assert 0 <= amount <= max(remaining, Decimal(0))
    left = remaining - amount
    if amount and any(p not in settled and p != phase for p in PHASES):
        assert left == 0 or left >= Decimal("0.01")


@given(
    amount=st.decimals(0, 1, places=3) | st.decimals(0, 3, places=6),
    weights=st.lists(st.integers(0, 100), max_size=12).filter(lambda w: not w or sum(w)),
)
def test_allocations_sum_to_the_draw_exactly(amount: Decimal, weights: list[int]) -> None:
    rows = allocate(amount, [(str(number), weight) for number, weight in enumerate(weights)])
    assert bool(rows) == bool(amount and weights)
    if rows:
        assert sum(part for _, part in rows) == amount
        assert all(part >= 0 for _, part in rows)
        assert len(rows) == min(len(weights), 6)
