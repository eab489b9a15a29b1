"""Laws of merging: symmetry, idempotence, nothing lost, exact sums; over generated plans."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledger.core.merge import Merged, merge
from ledger.core.merge_cut import take_apart
from ledger.core.merge_notes import arrange
from ledger.core.phases import PHASES, Status
from ledger.errors import SkillError
from tests.property.test_edit import files

Plan = dict[str, Any]

CLAUSES = st.sampled_from(["read", "9 blocks", "no bucket, no money", "asked: twice", "für später"])
NAMES = st.sampled_from(["a", "b", "dns", "cost approval", "é"])
FIGURES = st.integers(0, 300).map(lambda figure: str(Decimal(figure) / 1000))


@st.composite
def words(draw: st.DrawFn) -> tuple[str, str]:
    """A phase's status and its note."""
    status = draw(st.sampled_from([*Status, "done", "not_started"]))
    note = "; ".join(draw(st.lists(CLAUSES, max_size=2, unique=True)))
    owes = status in ("skipped", "deferred", "blocked")
    return status, f"reason: {note}" if owes and note else note


PARTS: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(["pending", "active", "dormant"]),
    "progress": st.integers(0, 100),
    "last_touched": st.integers(1, 30).map(lambda day: f"2026-11-{day:02}"),
    "blocking": st.lists(NAMES, unique=True),
    "enables": st.lists(NAMES, unique=True),
    "handles": st.dictionaries(st.sampled_from(["x", "y", "z"]), NAMES),
    "planned": FIGURES,
    "spent": FIGURES,
    "returned": FIGURES,
    "above": st.lists(CLAUSES, max_size=2, unique=True),
    **{phase: words() for phase in PHASES},
}
PLANS = st.fixed_dictionaries(PARTS)


@st.composite
def branch(draw: st.DrawFn, base: Plan) -> Plan:
    """The base with some of its keys and phases changed."""
    changed = draw(st.sets(st.sampled_from([*PARTS]), max_size=8))
    return base | {key: draw(PARTS[key]) for key in PARTS if key in changed}


@st.composite
def triples(draw: st.DrawFn) -> tuple[Plan, Plan, Plan]:
    """A base and two branches of it."""
    base = draw(PLANS)
    return base, draw(branch(base)), draw(branch(base))


def write(plan: Plan, body: str = "# A plan\n") -> str:
    """The plan as a file, in lines and in brackets."""
    lines = [f"# {text}" for text in plan["above"]]
    lines += [f"{key}: {plan[key]}" for key in ("status", "progress", "last_touched")]
    lines += ["blocking:", *(f"  - {name}  # why" for name in plan["blocking"])]
    if not plan["blocking"]:
        lines[-1] += " []"
    lines.append(f"enables: [{', '.join(plan['enables'])}]")
    lines.append(f"handles: {{{', '.join(f'{k}: {v}' for k, v in plan['handles'].items())}}}")
    lines.append("phase_ledger:  # all eleven")
    for phase in PHASES:
        status, note = plan[phase]
        lines.append(f"  {phase}: {status}" + (f"  # {note}" if note else ""))
    lines += ["entropy:", *(f"  {key}: {plan[key]}" for key in ("planned", "spent", "returned"))]
    return "---\n" + "\n".join(lines) + "\n---\n" + body


def three(*texts: str) -> Merged:
    def lines(*_: str) -> tuple[str, bool]:
        raise AssertionError("nothing here is only text")

    base, ours, theirs = texts
    return merge(base, ours, theirs, lines)


def read(text: str) -> Plan:
    """What a merged file says, with what has no order as sets."""
    header = yaml.load(text.split("---\n")[1], Loader=yaml.CBaseLoader)
    rows = re.findall(r"^  ([A-Z-]+): \S+(?:  # (.*))?$", text, re.MULTILINE)
    notes = {phase: clauses(note) for phase, note in rows}
    lists = {key: sorted(header.pop(key)) for key in ("blocking", "enables")}
    above = {line for line in text.splitlines() if line.startswith("# ")}
    return {**header, **lists, "notes": notes, "above": above}


def clauses(note: str) -> set[str]:
    return set(note.removeprefix("reason: ").replace("; reason: ", "; ").split("; ")) - {""}


@given(triples())
def test_which_side_is_ours_does_not_matter(plans: tuple[Plan, Plan, Plan]) -> None:
    base, ours, theirs = map(write, plans)
    found, mirrored = three(base, ours, theirs), three(base, theirs, ours)
    assert sorted(found.conflicts) == sorted(mirrored.conflicts)
    if not found.conflicts:
        assert read(found.text) == read(mirrored.text)


@given(triples())
def test_a_side_that_left_the_header_alone_changes_nothing(plans: tuple[Plan, Plan, Plan]) -> None:
    base, ours = write(plans[0]), write(plans[1])
    other = write(plans[0], "# Another body\n")
    assert three(base, base, ours) == three(base, ours, base) == three(ours, ours, ours)
    for found in (three(base, ours, other), three(base, other, ours)):
        assert found == Merged(write(plans[1], "# Another body\n"))


@given(triples())
def test_merging_again_changes_nothing(plans: tuple[Plan, Plan, Plan]) -> None:
    base, ours, theirs = map(write, plans)
    found = three(base, ours, theirs)
    assume(not found.conflicts)
    assert three(ours, found.text, ours) == three(theirs, theirs, found.text) == Merged(found.text)


@given(triples())
@settings(max_examples=200)
def test_nothing_is_lost(plans: tuple[Plan, Plan, Plan]) -> None:
    base, ours, theirs = plans
    found = three(*map(write, plans))
    assume(not found.conflicts)
    merged = read(found.text)
    for key in ("blocking", "enables"):
        kept = set(ours[key]) & set(theirs[key])
        added = (set(ours[key]) | set(theirs[key])) - set(base[key])
        assert set(merged[key]) == kept | added
        assert len(merged[key]) == len(set(merged[key]))
    for phase in PHASES:
        before, *sides = (plan[phase] for plan in plans)
        assert merged["phase_ledger"][phase] in {status for status, _ in (before, *sides)}
        new = set().union(*(clauses(note) for _, note in sides)) - clauses(before[1])
        assert new <= merged["notes"][phase]
        if before == sides[0]:
            assert merged["phase_ledger"][phase] == sides[1][0]
    for mark in (set(ours["above"]) | set(theirs["above"])) - set(base["above"]):
        assert f"# {mark}" in merged["above"]
    for key in ours["handles"].keys() | theirs["handles"].keys():
        assert key in merged["handles"] or key in base["handles"]


@given(triples())
def test_sums_are_exact(plans: tuple[Plan, Plan, Plan]) -> None:
    base, ours, theirs = plans
    found = three(*map(write, plans))
    assume(ours != theirs)
    for key in ("spent", "returned"):
        total = Decimal(ours[key]) + Decimal(theirs[key]) - Decimal(base[key])
        if total < 0:
            assert f"entropy.{key}" in found.conflicts
        elif not found.conflicts:
            merged = read(found.text)["entropy"][key]
            assert Decimal(merged) == total
            assert len(merged) <= len("0.1234")


@given(triples())
def test_a_conflict_is_marked_and_has_two_ends(plans: tuple[Plan, Plan, Plan]) -> None:
    found = three(*map(write, plans))
    marks = [
        found.text.count(f"{mark}\n") for mark in ("<<<<<<< ours", "=======", ">>>>>>> theirs")
    ]
    assert len({*marks, found.text.count("||||||| base\n")}) == 1
    assert bool(marks[0]) == bool(found.conflicts)
    ours = re.sub(r"\|\|\|\|\|\|\| base\n.*?>>>>>>> theirs\n", "", found.text, flags=re.DOTALL)
    theirs = re.sub(r"<<<<<<< ours\n.*?=======\n", "", found.text, flags=re.DOTALL)
    take_apart(ours.replace("<<<<<<< ours\n", ""), "f.md")
    take_apart(theirs.replace(">>>>>>> theirs\n", ""), "f.md")


@given(files())
def test_a_header_taken_apart_is_its_text(text: str) -> None:
    try:
        pieces = take_apart(text, "f.md")
    except SkillError:
        return
    assert pieces.opening + pieces.root.body + pieces.closing + pieces.body == text


@given(files(), files())
def test_any_two_files_merge_to_a_file_or_a_conflict(ours: str, theirs: str) -> None:
    found = merge("", ours, theirs, lambda _base, one, _two: (one, False))
    if found.conflicts:
        return
    take_apart(found.text, "f.md")


ITEMS = st.lists(st.sampled_from("abcdef"), unique=True)


@given(ITEMS, ITEMS, ITEMS)
def test_lists_merge_as_sets_in_our_order(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    found = arrange(base, ours, theirs)
    both = set(ours) & set(theirs)
    assert set(found) == both | (set(ours) ^ set(theirs)) - set(base)
    assert [item for item in found if item in ours] == [item for item in ours if item in found]
    assert arrange(ours, found, ours) == found
