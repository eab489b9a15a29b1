"""Two branches' versions of a skill become one: by what the header means, in its own text."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final

import pytest
import yaml

from ledger.core.merge import Merged, merge
from ledger.core.merge_git import merge_lines
from ledger.core.phases import PHASES, RANK, Status
from ledger.core.plan import derived
from ledger.errors import SkillError

BASE: Final = """\
---
# the plan of Orders
status: active
progress: 0
last_touched: 2026-11-01
touched_by: ana
blocking:
  - cost_approval  # ~$340/month
enables: [dns, standby]
session_notes: |
  First line.
  Second line.
  Third line.
handles: {page: docs/page.md}
branches:
  - {name: s3, class: deferred, phase: PLAN}
phase_ledger:
  PLAN: pending
  RESEARCH: pending
  DEVELOP: pending
  STRATEGIZE: pending
  CROSS-SYNERGIZE: pending
  IMPLEMENT: pending
  QA: pending
  TEST: pending  # waits for a cluster
  EDUCATE: pending
  MEASURE: deferred  # reason: no metrics; owner: ops; until: 2026-12-31
  REFLECT: pending
entropy:
  planned: 0.20
  spent: 0.02
  returned: 0
---

# Backup of Orders

One.

Two.

Three.
"""


def three(base: str, ours: str, theirs: str) -> Merged:
    return merge(base, ours, theirs, lambda *texts: merge_lines(texts, "f.md", 7), where="f.md")


def swap(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def merged(ours: tuple[str, str], theirs: tuple[str, str]) -> Merged:
    """Merge the base with one replacement on each side."""
    return three(BASE, swap(BASE, ours), swap(BASE, theirs))


def line(text: str, key: str) -> str:
    """The one line that begins with `key`, without its indent."""
    (found,) = (row.strip() for row in text.splitlines() if row.strip().startswith(f"{key}:"))
    return found


def moved(base: str, phase: str, status: str, note: str, spent: str) -> str:
    """A branch on which `phase` moves and something is spent."""
    (old,) = (row for row in base.splitlines() if row.startswith(f"  {phase}:"))
    new = f"  {phase}: {status}" + (f"  # {note}" if note else "")
    return base.replace(f"{old}\n", f"{new}\n").replace("spent: 0.02", f"spent: {spent}")


def note(status: Status, side: str) -> str:
    return f"reason: {side} says so" if status.needs_reason else f"2026-11-02: {side} did it"


def words(text: str) -> dict[str, str]:
    header = yaml.load(text.split("---\n")[1], Loader=yaml.CSafeLoader)
    return {key: str(value) for key, value in header["phase_ledger"].items()}


PHASES_ALONE: Final = "".join(
    ["---\nstatus: active\nprogress: 0\nphase_ledger:\n"]
    + [f"  {phase}: pending\n" for phase in PHASES]
    + ["entropy: {planned: 0.20, spent: 0.02}\n---\n"]
)


@pytest.mark.parametrize("phase", PHASES)
def test_every_pair_of_moves_of_two_phases(phase: str) -> None:
    others = PHASES[PHASES.index(phase) + 1 :]
    for other, one, two in itertools.product(others, Status, Status):
        ours = moved(PHASES_ALONE, phase, one, note(one, "ana"), "0.05")
        theirs = moved(PHASES_ALONE, other, two, note(two, "bob"), "0.021")
        found = three(PHASES_ALONE, ours, theirs)
        statuses = {**dict.fromkeys(PHASES, Status.PENDING), phase: one, other: two}
        assert not found.conflicts
        assert words(found.text) == statuses
        assert line(found.text, phase).endswith(f"# {note(one, 'ana')}")
        assert line(found.text, other).endswith(f"# {note(two, 'bob')}")
        assert "{planned: 0.20, spent: 0.051}" in found.text
        if Status.PENDING not in (one, two):
            meant = derived([statuses[p] for p in PHASES], {"status": "active", "progress": 0})
            assert line(found.text, "status") == f"status: {meant['status']}"
            assert line(found.text, "progress") == f"progress: {meant['progress']}"


# From the most careful on, as the reference says it.
CAREFUL: Final = ("blocked", "pending", "in_progress", "deferred", "skipped", "touched", "complete")


def expected(before: Status, one: Status, two: Status) -> Status:
    """The status that stands when both sides moved one phase."""
    if before in (one, two):
        return two if one == before else one
    stops = [s for s in (one, two) if s.needs_reason or RANK[s] < RANK[before]]
    if stops:
        return min(stops, key=CAREFUL.index)
    return max((one, two), key=lambda s: RANK[s])


@pytest.mark.parametrize(
    ("phase", "before"),
    [(phase, Status.PENDING) for phase in PHASES] + [("TEST", before) for before in Status],
)
def test_every_pair_of_moves_of_one_phase(phase: str, before: Status) -> None:
    base = moved(PHASES_ALONE, phase, before, "", "0.02")
    for one, two in itertools.product(Status, Status):
        ours = moved(base, phase, one, note(one, "ana") if one != before else "", "0.03")
        theirs = moved(base, phase, two, note(two, "bob") if two != before else "", "0.03")
        found = three(base, ours, theirs)
        assert not found.conflicts
        assert words(found.text)[phase] == expected(before, one, two), (before, one, two)
        if one != before and two != before:
            assert "ana" in line(found.text, phase)
            assert "bob" in line(found.text, phase)
        # Two equal files are one change, not two: no branch spent what the other did not.
        assert f"spent: {'0.03' if ours == theirs else '0.04'}}}" in found.text


@pytest.mark.parametrize(
    ("ours", "theirs", "result"),
    [
        # a reason joins a reason, and stays one that the tool reads
        ("blocked  # reason: no bucket", "blocked  # reason: no money",
         "blocked  # reason: no bucket; no money"),
        ("deferred  # reason: a; owner: ana; until: 2027-02-01",
         "deferred  # reason: b; owner: bob; until: 2027-01-01",
         "deferred  # reason: a; b; owner: ana; bob; until: 2027-01-01"),
        # what stands comes first, what yields is still told
        ("touched  # 2026-11-02: 9 blocks", "blocked  # reason: no bucket; owner: ops",
         "blocked  # 2026-11-02: 9 blocks; reason: no bucket; owner: ops"),
        ("touched  # seen", "complete  # proven", "complete  # proven; seen"),
        ("touched  # seen", "touched  # seen", "touched  # seen"),
        ("touched  # seen", "touched  # seen; twice", "touched  # seen; twice"),
        # a halt without a reason is no word against progress
        ("deferred", "touched", "touched  # "),
        # an alias is read as what it means, and the proper word preferred
        ("done  # a", "complete  # b", "complete  # b; a"),
        ("done  # a", "touched  # b", "done  # a; b"),
        ('"touched"  # a', "touched  # b", '"touched"  # a; b'),
    ],
)  # fmt: skip
def test_two_words_for_one_phase(ours: str, theirs: str, result: str) -> None:
    old = "TEST: pending  # waits for a cluster"
    found = merged((old, f"TEST: {ours}"), (old, f"TEST: {theirs}"))
    assert not found.conflicts
    assert line(found.text, "TEST") == f"TEST: {result}".removesuffix("  # ")


def test_a_renewed_reason_halts_and_an_owner_alone_does_not() -> None:
    old = "MEASURE: deferred  # reason: no metrics; owner: ops; until: 2026-12-31"
    done = (old, "MEASURE: touched  # 2026-11-02: read")
    renewed = merged(done, (old, old.replace("no metrics", "no Prometheus")))
    assert line(renewed.text, "MEASURE").startswith("MEASURE: deferred  # 2026-11-02: read; reason")
    handed = merged(done, (old, old.replace("ops", "sre")))
    assert line(handed.text, "MEASURE").startswith("MEASURE: touched  # 2026-11-02: read")


def test_the_side_that_stands_keeps_its_reason() -> None:
    old = "MEASURE: deferred  # reason: no metrics; owner: ops; until: 2026-12-31"
    found = merged((old, "MEASURE: touched  # read"), (old, old.replace("deferred", "blocked")))
    blocked = old.replace("deferred  # ", "blocked  # read; ")
    assert line(found.text, "MEASURE") == blocked


def test_what_a_rule_decided_is_told() -> None:
    found = merged(
        ("TEST: pending  # waits for a cluster", "TEST: touched  # 9 blocks"),
        ("TEST: pending  # waits for a cluster", "TEST: blocked  # reason: no bucket"),
    )
    (decision,) = found.decisions
    assert decision == ("phase_ledger.TEST", "blocked", "beats touched")


def test_a_word_that_is_no_status_is_not_overruled() -> None:
    found = merged(("QA: pending", "QA: phase2_complete"), ("QA: pending", "QA: touched"))
    assert found.conflicts == ("phase_ledger.QA",)
    assert "<<<<<<< ours\n  QA: phase2_complete\n||||||| base\n  QA: pending\n" in found.text
    assert "=======\n  QA: touched\n>>>>>>> theirs\n  TEST: pending" in found.text


@pytest.mark.parametrize(
    ("ours", "theirs", "key", "result"),
    [
        (("2026-11-01", "2026-11-05"), ("2026-11-01", "2026-11-03"), "last_touched", "2026-11-05"),
        (("2026-11-01", "2026-11-05"), ("2026-11-01", "2026-11-30"), "last_touched", "2026-11-30"),
        (("spent: 0.02", "spent: 0.03"), ("spent: 0.02", "spent: 0.03"), "spent", "0.03"),
        (("spent: 0.02", "spent: 0.1"), ("spent: 0.02", "spent: 0.020001"), "spent", "0.100001"),
        (("spent: 0.02", "spent: 0"), ("spent: 0.02", "spent: 0.03  # x"), "spent", "0.01  # x"),
        (("status: active", "status: dormant"), ("status: active", "status: complete"),
         "status", "dormant"),
        (("progress: 0", "progress: 50"), ("progress: 0", "progress: 60"), "progress", "0"),
        (("enables: [dns, standby]", "enables: [dns, x, standby]"),
         ("enables: [dns, standby]", "enables: [standby, y]"), "enables", "[x, standby, y]"),
        (("enables: [dns, standby]", "enables: [dns]"),
         ("enables: [dns, standby]", "enables: [standby]"), "enables", "[]"),
        (("enables: [dns, standby]", "enables: [dns, standby, x]  # a"),
         ("enables: [dns, standby]", "enables: [dns, standby]  # b"),
         "enables", "[dns, standby, x]  # a; b"),
        (("{page: docs/page.md}", "{page: docs/page.md, a: b}"),
         ("{page: docs/page.md}", "{page: docs/new.md}"), "handles", "{page: docs/new.md, a: b}"),
    ],
)  # fmt: skip
def test_one_key(ours: tuple[str, str], theirs: tuple[str, str], key: str, result: str) -> None:
    found = merged(ours, theirs)
    assert not found.conflicts
    assert line(found.text, key) == f"{key}: {result}"


def test_equal_draws_on_two_branches_are_two_draws() -> None:
    ours = swap(BASE, ("spent: 0.02", "spent: 0.03"), ("QA: pending", "QA: touched"))
    found = three(BASE, ours, swap(BASE, ("spent: 0.02", "spent: 0.03")))
    assert line(found.text, "spent") == "spent: 0.04"


@pytest.mark.parametrize(
    ("ours", "theirs", "key"),
    [
        (("planned: 0.20", "planned: 0.25"), ("planned: 0.20", "planned: 0.30"), "entropy.planned"),
        (("spent: 0.02", "spent: 0"), ("spent: 0.02", "spent: 0.01"), "entropy.spent"),
        (("spent: 0.02", "spent: some"), ("spent: 0.02", "spent: 0.01"), "entropy.spent"),
        (("status: active", "status: dormant"), ("status: active", "status: void"), "status"),
        (("touched_by: ana", "touched_by: bob"), ("touched_by: ana", "touched_by: eve"),
         "touched_by"),
        (("page: docs/page.md", "page: a"), ("page: docs/page.md", "page: b"), "handles.page"),
        (("class: deferred", "class: void"), ("class: deferred", "class: parallel"),
         "branches.name: s3.class"),
        (("progress: 0\n", ""), ("progress: 0", "progress: 9"), "progress"),
        (("Second line.", "Second, ours."), ("Second line.", "Second, theirs."), "session_notes"),
        (("Two.", "Two, ours."), ("Two.", "Two, theirs."), "body"),
    ],
)  # fmt: skip
def test_a_true_conflict(ours: tuple[str, str], theirs: tuple[str, str], key: str) -> None:
    found = merged(ours, theirs)
    assert found.conflicts == (key,)
    assert found.text.count("<<<<<<< ours\n") == 1
    assert found.text.count("||||||| base\n") == found.text.count(">>>>>>> theirs\n") == 1
    for side, pick in (("ours", 0), ("theirs", 1)):
        assert resolved(found.text, side) == swap(BASE, (ours, theirs)[pick])


def resolved(text: str, side: str) -> str:
    """What a person gets who takes one side of each conflict."""
    rows, keep = [], True
    for row in text.splitlines(keepends=True):
        if row.startswith("<<<<<<<"):
            keep = side == "ours"
        elif row.startswith("|||||||"):
            keep = False
        elif row.startswith("======="):
            keep = side == "theirs"
        elif row.startswith(">>>>>>>"):
            keep = True
        elif keep:
            rows.append(row)
    return "".join(rows)


def test_who_touched_it_last_goes_with_the_day() -> None:
    ours = swap(BASE, ("2026-11-01", "2026-11-04"), ("touched_by: ana", "touched_by: bob"))
    theirs = swap(BASE, ("2026-11-01", "2026-11-03"), ("touched_by: ana", "touched_by: eve"))
    for found in (three(BASE, ours, theirs), three(BASE, theirs, ours)):
        assert not found.conflicts
        assert line(found.text, "touched_by") == "touched_by: bob"


def test_long_texts_and_the_body_merge_line_by_line() -> None:
    ours = swap(BASE, ("First line.", "First, ours."), ("One.", "One, ours."))
    theirs = swap(BASE, ("Third line.", "Third, theirs."), ("Three.", "Three, theirs."))
    both = swap(ours, ("Third line.", "Third, theirs."), ("Three.", "Three, theirs."))
    assert three(BASE, ours, theirs) == Merged(both)


def test_only_the_lines_that_differ_are_changed() -> None:
    ours = swap(BASE, ("QA: pending", "QA:   touched   # ours"), ("# the plan", "# our plan"))
    theirs = swap(BASE, ("  - cost_approval", "  # asked\n  - dba  # new\n  - cost_approval"))
    both = swap(ours, ("  - cost_approval", "  # asked\n  - dba  # new\n  - cost_approval"))
    assert three(BASE, ours, theirs) == Merged(both)


@pytest.mark.parametrize("change", [
    lambda text: text.replace("\n", "\r\n"),
    lambda text: "\ufeff" + text,
    lambda text: text.replace("  PLAN", "  'PLAN'"),
])  # fmt: skip
def test_what_one_side_did_to_the_whole_file_stays(change: Callable[[str], str]) -> None:
    ours = swap(BASE, ("QA: pending", "QA: touched"), ("Two.", "Two, ours."))
    for found in (three(BASE, ours, change(BASE)), three(BASE, change(BASE), ours)):
        assert found == Merged(change(ours))


def test_both_made_the_file() -> None:
    ours = swap(BASE, ("spent: 0.02", "spent: 0.03"), ("enables: [dns, standby]", "enables: [a]"))
    found = three("", ours, swap(BASE, ("QA: pending", "QA: touched")))
    assert found.conflicts == ()
    assert line(found.text, "enables") == "enables: [a, dns, standby]"
    assert line(found.text, "QA") == "QA: touched"
    assert line(found.text, "spent") == "spent: 0.05"


def test_phases_that_were_missing_come_in_their_order() -> None:
    base = swap(BASE, ("  RESEARCH: pending\n", ""), ("  DEVELOP: pending\n", ""))
    ours = swap(base, ("PLAN: pending\n", "PLAN: pending\n  DEVELOP: touched\n"))
    theirs = swap(base, ("PLAN: pending\n", "PLAN: pending\n  RESEARCH: touched  # read\n"))
    for found in (three(base, ours, theirs), three(base, theirs, ours)):
        assert not found.conflicts
        assert list(words(found.text)) == list(PHASES)


def test_brackets_on_one_side_become_lines() -> None:
    base = swap(BASE, ("enables: [dns, standby]", "enables: []"))
    ours = swap(base, ("enables: []", "enables: [a, b]"))
    theirs = swap(base, ("enables: []", "enables:\n    - c  # why\n    - b"))
    for found in (three(base, ours, theirs), three(base, theirs, ours)):
        assert not found.conflicts
        header = yaml.safe_load(found.text.split("---\n")[1])
        assert sorted(header["enables"]) == ["a", "b", "c"]
        assert "    - c  # why\n" in found.text


def test_lines_with_comments_are_not_pressed_into_brackets() -> None:
    base = swap(BASE, ("enables: [dns, standby]", "enables:\n  - dns\n  - standby"))
    theirs = swap(base, ("  - standby", "  - standby  # in May"))
    for found in (three(base, BASE, theirs), three(base, theirs, BASE)):
        assert found == Merged(theirs)


def test_a_comment_stays_above_its_key() -> None:
    base = swap(BASE, ("enables:", "  # more to come\n\n# what waits for this\nenables:"))
    ours = swap(base, ("  # more to come\n", "  - dba\n  # more to come\n"))
    theirs = swap(base, ("  - cost_approval  # ~$340/month\n", "  - money\n"))
    found = three(base, ours, theirs)
    end = "  # more to come\n\n# what waits for this\nenables: "
    assert f"blocking:\n  - dba\n  - money\n{end}" in found.text
    assert found.conflicts == ()


def test_what_would_not_be_yaml_is_a_conflict_of_the_whole_header() -> None:
    base = swap(BASE, ("enables: [dns, standby]", "enables: &all [dns, standby]\nnone: []"))
    ours = swap(base, ("none: []", "again: *all"))
    theirs = swap(base, ("enables: &all [dns, standby]\n", ""))
    found = three(base, ours, theirs)
    assert (found.conflicts, found.decisions) == (("front matter",), ())
    assert resolved(found.text, "ours") == ours
    assert resolved(found.text, "theirs") == theirs


@pytest.mark.parametrize("broken", [
    "no front matter\n",
    BASE.replace("QA: pending", "QA: pending\n  QA: touched"),
    BASE.replace("progress: 0", "progress: [0"),
    BASE.replace("progress: 0", "<<<<<<< ours\nprogress: 0\n=======\nprogress: 1\n>>>>>>> x"),
])  # fmt: skip
def test_what_cannot_be_read_is_refused(broken: str) -> None:
    ours, theirs = swap(BASE, ("Two.", "Two, ours.")), swap(BASE, ("QA: pending", "QA: touched"))
    for texts in ((broken, ours, theirs), (BASE, broken, theirs), (BASE, ours, broken)):
        with pytest.raises(SkillError):
            three(*texts)
