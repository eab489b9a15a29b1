"""What is mended says what was meant; what only people know is left alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger.core.edit import Edit
from ledger.core.lint import lint
from ledger.core.lint_rules import MEND, RULES
from ledger.core.project import Project
from ledger.core.repair import repair
from ledger.core.skill import Skill
from ledger.errors import SkillError
from tests.unit.test_core_lint import AROUND, EXPECTED, FORMS

MENDED = {rule.code for rule in RULES if rule.fix == MEND}


def skill(text: str) -> Skill:
    return Skill(Path("f.md"), "f.md", text)


def mended(text: str) -> str:
    """The text after a repair that refused nothing."""
    edit = Edit(skill(text))
    assert not repair(edit).refused
    edit.check()
    return edit.text


def readable_forms() -> list[str]:
    found = []
    for form in sorted(EXPECTED):
        try:
            Edit(Skill(FORMS / f"{form}.md", form))
        except SkillError:
            continue
        found.append(form)
    return found


def comments(text: str) -> list[str]:
    return sorted(found.strip() for found in re.findall(r"(?m)(?:^|\s)#[^\r\n]*", text))


@pytest.mark.parametrize("form", readable_forms())
def test_each_form_is_mended_once_and_for_all(form: str, tmp_path: Path) -> None:
    source = (FORMS / f"{form}.md").read_bytes().decode()
    edit = Edit(skill(source))
    found = repair(edit)
    edit.check()
    path = tmp_path / f"{form}.md"
    path.write_bytes(edit.text.encode())

    codes = {code.split(":")[0] for code in EXPECTED[form].split()}
    around = AROUND._replace(project=Project(tmp_path))
    # Only the codes that can be mended are gone, and they are those that were told.
    assert {problem.code for problem in lint(path, around)} == codes - MENDED
    assert {change.code for change in found.changes} == codes & MENDED
    assert found.refused == ()
    # A second repair finds nothing.
    again = Edit(skill(edit.text))
    assert repair(again).changes == ()
    assert again.text == edit.text
    # Comments and body are all there.
    assert set(comments(source)) <= set(comments(edit.text))
    assert edit.text.endswith(edit.skill.body)
    assert edit.text.count("\r\n") == (edit.text.count("\n") if "\r\n" in source else 0)


def test_every_mendable_code_is_mended_somewhere() -> None:
    told = {code.split(":")[0] for form in readable_forms() for code in EXPECTED[form].split()}
    assert told >= MENDED


WRONG = """\
---
status: active  # ours
phase_ledger:  # eleven
  # said first
  plan: done  # 2026-11-01: scope agreed
  IMPLEMENT: partial

  # looked at twice
  "RESEARCH": 'COMPLETE'
  REVIEW: by Tom  # not a phase
  QA: not_applicable
  TEST: skipped
  DEVELOP: planned  # reason: none
  MEASURE:
entropy: {budget: 0.30000000000000004, returned: 0.10, remaining: 0.15}
tags: [b, a]
---
# Body
phase_ledger: {PLAN: done}
"""

RIGHT = """\
---
status: active  # ours
phase_ledger:  # eleven
  # said first
  PLAN: complete  # 2026-11-01: scope agreed

  # looked at twice
  "RESEARCH": 'complete'
  DEVELOP: pending  # reason: none
  REVIEW: by Tom  # not a phase
  STRATEGIZE: pending
  CROSS-SYNERGIZE: pending
  IMPLEMENT: in_progress  # partial
  QA: skipped  # reason: not applicable
  TEST: skipped
  EDUCATE: pending
  MEASURE: pending
  REFLECT: pending
entropy: {planned: 0.3, returned: 0.10, spent: 0.05}
tags: [b, a]
---
# Body
phase_ledger: {PLAN: done}
"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_all_faults_at_once(ending: str, bom: str) -> None:
    assert mended(bom + WRONG.replace("\n", ending)) == bom + RIGHT.replace("\n", ending)


def test_changes_name_the_lines_as_they_were() -> None:
    found = repair(Edit(skill(WRONG))).changes
    lines = WRONG.splitlines()
    named = {change.what: lines[change.line - 1].strip() for change in found}
    assert named["'plan' -> PLAN"].startswith("plan: done")
    assert named["RESEARCH: COMPLETE -> complete"].startswith('"RESEARCH"')
    assert named["EDUCATE: pending, added"].startswith("phase_ledger:")
    assert named["remaining -> spent 0.05"].startswith("entropy:")
    assert [change.line for change in found] == sorted(change.line for change in found)


def test_what_is_left_stays_what_was_said() -> None:
    text = "---\nphase_ledger: {}\nentropy: {budget: 0.10, remaining: 0.04, returned: 0.01}\n---\n"
    before, after = skill(text).budget, skill(mended(text)).budget
    assert after == before
    assert str(after.remaining) == "0.04"


@pytest.mark.parametrize("form", ["sums-off", "left-without-planned", "left-is-too-much"])
def test_book_that_contradicts_itself_is_left_to_people(form: str) -> None:
    edit = Edit(Skill(FORMS / f"{form}.md", form))
    assert repair(edit) == ((), ())
    assert edit.text == edit.skill.text


def test_no_reason_is_invented() -> None:
    edit = Edit(Skill(FORMS / "no-reason.md", "f.md"))
    repair(edit)
    assert edit.text == edit.skill.text


def test_fault_that_resists_stays_and_the_others_are_mended() -> None:
    edit = Edit(skill("---\nphase_ledger:\n  RESEARCH: &r done\n  PLAN: *r\n  QA: done\n---\n"))
    found = repair(edit)
    edit.check()
    lines = edit.text.splitlines()
    assert lines.index("  RESEARCH: &r done") < lines.index("  PLAN: *r")
    assert skill(edit.text).entry("QA").raw == "complete"
    assert [error.what.split(";")[0] for error in found.refused] == [
        "the front matter would no longer be YAML: broken YAML: found undefined alias",
        "phase_ledger.PLAN is an anchor, an alias or tagged",
        "phase_ledger.RESEARCH is an anchor, an alias or tagged",
    ]


def test_braces_inside_braces_stay() -> None:
    edit = Edit(skill("---\n{phase_ledger: {PLAN: done}}\n---\n"))
    (refused,) = repair(edit).refused
    assert refused.what == "phase_ledger cannot be taken out of its braces"
    assert skill(edit.text).entry("PLAN").raw == "complete"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_braces_give_way_and_comments_stay_beside_their_phase(ending: str) -> None:
    text = "---\nphase_ledger: {PLAN: done,  # said\n  QA: planned  # soon\n}\n---\n"
    after = mended(text.replace("\n", ending))
    assert after.count(ending) == after.count("\n") == 14
    notes = {entry.phase: entry.note for entry in skill(after).ledger if entry.note}
    assert notes == {"PLAN": "said", "QA": "soon"}


def test_of_two_spellings_the_first_becomes_the_phase(tmp_path: Path) -> None:
    text = "---\nphase_ledger:\n  Plan: done\n  plan: planned\n---\n"
    path = tmp_path / "f.md"
    path.write_text(text)
    told = {p.line: p.code for p in lint(path, AROUND) if p.code in {"L202", "L203"}}
    assert told == {3: "L203", 4: "L202"}
    assert skill(mended(text)).entry("PLAN").raw == "complete"
