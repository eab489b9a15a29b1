"""`ledger ingest`: an answer moves the plan as far as its gates allow, once."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from ledger.errors import Exit
from tests.fixtures.flow_project import DAY, SKILL, Fake, Outcome
from tests.support.flat import flat

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/ingest.v1.json").read_text("utf-8"))
EPILOGUE = "epilogues/2026-11-21-backup-test.md"
ANSWER = """\
I ran every block; all hold.

Pour: `void.entropy.pour(amount=0.005)`
- sip 0.001

⤳[BRANCH:s3-quick-start] the bucket is approved
⤳[COMPRESS:SENSE]

⟿[EDUCATE]
/hydrate
handles: page=docs/page.md; pins=airgap/pins.toml; report=docs/none.md; tests=passed
mission: write it down
"""
SETTLED = SKILL.replace("in_progress", "touched").replace("pending\n", "touched\n")


def ingest(fake: Fake, text: str | bytes, *options: str) -> Outcome:
    (fake.root / "answer.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    return fake.run("ingest", "backup", "answer.md", *options)


def header(fake: Fake) -> list[str]:
    return fake.read("skills/backup.md").split("---\n")[1].splitlines()


def changes(fake: Fake, before: list[str]) -> tuple[list[str], list[str]]:
    """The header's lines that are gone, and those that are new."""
    after = header(fake)
    return [x for x in before if x not in after], [x for x in after if x not in before]


# ⟿ settles the open phase


def test_answer_settles_the_open_phase_and_brings_what_it_found(fake: Fake) -> None:
    before = header(fake)
    outcome = ingest(fake, ANSWER)
    assert outcome.code == Exit.DONE
    gone, new = changes(fake, before)
    assert len(gone) == 6
    assert new == [
        "status: active   # a person's word",
        "progress: 72",
        "last_touched: 2026-11-21",
        "handles: {page: docs/page.md, config: manifests, pins: airgap/pins.toml}",
        "branches:",
        "  - {name: s3-quick-start, class: parallel, when: the bucket is approved, phase: PLAN,"
        " since: 2026-11-21}",
        "  TEST: touched  # 2026-11-21: 2 blocks verified on Kubernetes 1.34.4, 1 deferred",
        "entropy: {planned: 0.05, spent: 0.021, returned: 0.015}",
    ]
    assert outcome.err.splitlines() == [
        "⟿[EDUCATE]: TEST settles",
        "taken: pour 0.005",
        "taken: sip 0.001",
        "taken: handle pins: airgap/pins.toml",
        "taken: branch s3-quick-start: parallel",
        "left: handle report: docs/none.md: no such path",
        "left: handle tests: passed: no such path",
        "left: ⤳[COMPRESS:SENSE] in line 7: the ledger keeps branches only",
        f"wrote {EPILOGUE}",
        "wrote skills/backup.md",
    ]


def test_epilogue_and_prompt_know_what_came_along(fake: Fake) -> None:
    outcome = ingest(fake, ANSWER)
    assert outcome.out.startswith("concept.forest.manifest[phase=EDUCATE]")
    for text in (outcome.out, fake.read(EPILOGUE)):
        assert "spent 0.021 + returned 0.015 of 0.05 (0.014 left)" in text
        assert "airgap/pins.toml" in text


@pytest.mark.parametrize(
    "text",
    [ANSWER, "⟂[BLOCKED:bucket] no; owner: nobody\npour 0.01", "⟂[DETACH:x]\n⤳[BRANCH:b]"],
)
def test_same_answer_again_changes_nothing(fake: Fake, text: str) -> None:
    first = ingest(fake, text)
    files = fake.files()
    again = ingest(fake, text)
    assert (again.code, again.out) == (first.code, first.out)
    assert fake.files() == files
    assert "wrote" in first.err
    assert "wrote" not in again.err


@pytest.mark.parametrize(("word", "phase"), [("QA", "QA"), ("PLAN", "PLAN"), ("SENSE", "PLAN")])
def test_old_answer_says_that_the_plan_is_past_it(fake: Fake, word: str, phase: str) -> None:
    outcome = ingest(fake, f"⟿[{word}]\npour 0.01\n")
    assert outcome.code == Exit.DONE
    assert f"the plan is past {phase}, TEST is open; nothing to do" in outcome.err
    assert f"to go back: ledger advance backup {phase} --to in_progress --force" in outcome.err
    assert fake.read("skills/backup.md") == SKILL


@pytest.mark.parametrize("option", ["--dry-run", "--diff"])
def test_preview_writes_nothing(fake: Fake, option: str) -> None:
    (fake.root / "answer.md").write_text(ANSWER)
    files = fake.files()
    outcome = ingest(fake, ANSWER, option)
    assert (outcome.code, fake.files()) == (Exit.DONE, files)
    assert f"would write {EPILOGUE} and skills/backup.md; nothing was written" in outcome.err
    assert ("+++ b/skills/backup.md" in outcome.out) == (option == "--diff")


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--diff",)])
def test_shut_gate_keeps_everything_out(fake: Fake, options: tuple[str, ...]) -> None:
    fake.verify("failed")
    files = fake.files()
    outcome = ingest(fake, ANSWER, *options)
    assert outcome.code == Exit.FOUND
    assert "TEST may not settle, gate verify does not hold" in outcome.err
    assert {name: data for name, data in fake.files().items() if name != "answer.md"} == files


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "⟿[REFLECT]",
            "answer.md:1: ⟿[REFLECT] jumps over EDUCATE; TEST is open, and EDUCATE follows it\n"
            "  fix: write ⟿[EDUCATE], or put off what is jumped:"
            " ledger advance backup EDUCATE --to deferred ...",
        ),
        (
            "All done.\n\n⟿[COMPLETE]",
            "answer.md:3: ⟿[COMPLETE] jumps over EDUCATE, REFLECT; TEST is open",
        ),
        ("⟿[PLAN[next]]", "⟿[PLAN[next]] jumps over EDUCATE, REFLECT"),
        ("⟿[EDUCAT]", "⟿[EDUCAT] names no phase; did you mean EDUCATE?\n  fix: write ⟿[EDUCATE]"),
        ("⟿", "⟿ names no phase"),
        ("⟿[EDU", "⟿[EDU names no phase"),
        ("⟿[EDUCATE]\nsip 1", "cannot sip 1: 0.02 is there"),
        ("⟿[EDUCATE]\nsip 0.0000001", "answer.md:2: '0.0000001' is not an amount"),
        ("⟿[EDUCATE]\nsip 0.02\npour 0.01", "cannot sip 0.02: 0.01 is there"),
        ("⟿[EDUCATE]\nsip 0.012", "⟂[ENTROPY_DEPLETED] spent 0.032 + returned 0.01 of 0.05"),
        ("⟿[EDUCATE]\nentropy: spent=0.01", "its entropy line says spent 0.01"),
        ("⟿[EDUCATE]\nsip 0.01\nentropy: spent=0.04", "its postings say 0.01"),
    ],
)
def test_what_cannot_be_taken_whole_is_refused(fake: Fake, text: str, message: str) -> None:
    outcome = ingest(fake, text)
    assert outcome.code == (Exit.HALTED if "DEPLETED" in message else Exit.FOUND)
    assert message in flat(outcome.err)
    assert fake.read("skills/backup.md") == SKILL


def test_phase_that_was_put_off_is_no_next_one(fake: Fake) -> None:
    fake.replace("skills/backup.md", "EDUCATE: pending", "EDUCATE: in_progress")
    fake.replace("skills/backup.md", "TEST: in_progress", "TEST: touched")
    outcome = ingest(fake, "⟿[MEASURE]")
    assert outcome.code == Exit.FOUND
    told = "⟿[MEASURE]: MEASURE is settled already; EDUCATE is open, and REFLECT follows it"
    assert told in flat(outcome.err)


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        ("⟿[educate]", "TEST"),
        ("⟿[PLAN]", "REFLECT"),
        ("⟿[PLAN[backup-two]]", "REFLECT"),
        ("⟿[META-RE-METABOLIZE]", "REFLECT"),
        ("⟿[COMPLETE]", "REFLECT"),
        ("⟿[ACT]", "CROSS-SYNERGIZE"),
        ("⟿[CROSS_SYNERGIZE]", "STRATEGIZE"),
    ],
)
def test_words_that_lead_on(fake: Fake, text: str, phase: str) -> None:
    settled, rest = SETTLED.split(f"  {phase}:")
    opened = re.sub(r"(?m)^(  [A-Z-]+:).*", r"\1 pending", f"  {phase}:{rest}")
    fake.write("skills/backup.md", settled + opened)
    outcome = ingest(fake, text, "--json")
    assert outcome.code == Exit.DONE, outcome.err
    told = json.loads(outcome.out)
    assert (told["outcome"], told["phase"], told["after"]) == ("settled", phase, "touched")


def test_plan_that_is_closed_has_nothing_to_do(fake: Fake) -> None:
    fake.write("skills/backup.md", SETTLED)
    for text in ("⟿[PLAN]", "⟿[COMPLETE]", "⟿[REFLECT]"):
        outcome = ingest(fake, text)
        assert outcome.code == Exit.DONE
        assert "every phase is settled; nothing to do" in outcome.err


# ⟂ halts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("⟂[BLOCKED:s3_bucket] No bucket, yet: see ADR 7", "s3_bucket: No bucket, yet: see ADR 7"),
        ("⟂[BLOCKED:any cause, with blanks]", "any cause, with blanks"),
        ("⟂[BLOCKED] no bucket", "no bucket"),
        ("⟂[ENTROPY_DEPLETED] used up", "ENTROPY_DEPLETED: used up"),
        ("⟂[RUNAWAY_LOOP]", "RUNAWAY_LOOP"),
        ("⟂[QA:blocked]", "QA:blocked"),
        ("⟂[TEST:failed] restore", "TEST:failed: restore"),
        ("⟂[BLOCKED:a]\n⟂[DETACH:b] c\n⟂[BLOCKED:d] e", "a, d: e"),
        ("⟂[BLOCKED:x] no; owner: Ann; until: never", "x: no, owner: Ann, until: never"),
        ("⟂[BLOCKED:a\x00b\u2028c\u200b]", "ab c"),
        ("⟿[EDUCATE]\n\nBut:\n\n⟂[BLOCKED:x]", "x"),
    ],
)
def test_halt_with_a_cause_blocks_the_open_phase(fake: Fake, text: str, reason: str) -> None:
    before = header(fake)
    outcome = ingest(fake, text)
    assert (outcome.code, outcome.out) == (Exit.HALTED, "")
    gone, new = changes(fake, before)
    assert new[-1] == f"  TEST: blocked  # reason: {reason}; since: 2026-11-21"
    assert fake.skill().entry("TEST").reason == reason
    assert len(gone) == len(new) <= 4


def test_plan_that_halts_still_says_what_blocks_it(fake: Fake) -> None:
    fake.replace("skills/backup.md", "spent: 0.02", "spent: 0.05")
    assert ingest(fake, "⟂[ENTROPY_DEPLETED] used up").code == Exit.HALTED
    assert fake.skill().entry("TEST").reason == "ENTROPY_DEPLETED: used up"
    assert ingest(fake, "⟿[EDUCATE]").code == Exit.HALTED
    assert fake.skill().entry("TEST").raw == "blocked"


def test_blocked_phase_goes_on_when_an_answer_says_so(fake: Fake) -> None:
    ingest(fake, "⟂[BLOCKED:x]\nsip 0.001")
    assert ingest(fake, ANSWER).code == Exit.DONE
    assert fake.skill().entry("TEST").raw == "touched"
    assert str(fake.skill().budget.spent) == "0.022"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("⟂[DETACH:awaiting_human] ask Ann", "a person takes over"),
        ("⟂[DETACH:cycle_complete]", "a person takes over"),
        ("⟂[HUMAN_INTERRUPT]", "a person has stopped it"),
        ("⟂", "it names no cause"),
        ("⟂ so it is", "it names no cause"),
        ("⟂[BLOCKED]", "it names no cause"),
        ("⟂[BLOCKED:${cause}]", "it names no cause"),
    ],
)
def test_halt_without_a_cause_leaves_the_phase(fake: Fake, text: str, said: str) -> None:
    outcome = ingest(fake, f"{text}\npour 0.01\n")
    assert outcome.code == Exit.HALTED
    assert f"{said}; the ledger stays as it is" in outcome.err
    assert "left: pour 0.01: no phase moves" in outcome.err
    assert fake.read("skills/backup.md") == SKILL


def test_handover_still_brings_handles_and_branches(fake: Fake) -> None:
    outcome = ingest(fake, "⤳[BRANCH:b]\n⟂[DETACH:x]\nhandles:\n  - pins: `airgap/pins.toml`\n")
    assert (outcome.code, "wrote skills/backup.md" in outcome.err) == (Exit.HALTED, True)
    assert "  - {name: b, class: parallel, phase: PLAN, since: 2026-11-21}" in header(fake)
    assert fake.skill().table("handles")["pins"] == "airgap/pins.toml"
    assert fake.skill().entry("TEST").raw == "in_progress"


# No signal


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("I am done.\npour 0.01\n⤳[BRANCH:b]", "no signal was sent, so"),
        ("", "no signal was sent, so"),
        ("Next comes ⟿[EDUCATE].", "(⟿[EDUCATE] in line 1 does not start its line)"),
        ("```\n⟿[EDUCATE]\n```", "(⟿[EDUCATE] in line 2 is quoted)"),
        ("⟿[NEXT_PHASE]", "(⟿[NEXT_PHASE] in line 1 is a placeholder)"),
        ("⟿[EDUCATE] on success", "(⟿[EDUCATE] in line 1 is one of several exits)"),
        (b"\xff\x00\xe2\x9f", "no signal was sent, so"),
    ],
)
def test_without_a_signal_the_plan_waits(fake: Fake, text: str | bytes, why: str) -> None:
    outcome = ingest(fake, text)
    assert (outcome.code, outcome.out) == (Exit.FOUND, "")
    assert why in outcome.err
    assert "waits for a person\n  fix: " in outcome.err
    assert fake.read("skills/backup.md") == SKILL


def test_prompt_is_no_answer(fake: Fake) -> None:
    outcome = ingest(fake, "x\n" + fake.run("prompt", "backup").out)
    assert outcome.code == Exit.FOUND
    assert "(line 2 opens a prompt, which only offers exits)" in outcome.err


def test_epilogue_is_no_answer(fake: Fake) -> None:
    fake.run("advance", "backup")
    outcome = ingest(fake, fake.read(EPILOGUE))
    assert (outcome.code, "is quoted" in outcome.err) == (Exit.FOUND, True)


# The budget


@pytest.mark.parametrize(
    ("lines", "spent", "returned"),
    [
        ("void.entropy.pour(amount=0.01)", "0.02", "0.02"),
        ("pour 0.01", "0.02", "0.02"),
        ("**Pour 0.01**, unused", "0.02", "0.02"),
        ("Entropy: pour 0.002\nsip 0.001.\nsip: 0.002", "0.023", "0.012"),
        ("* Draw: `void.entropy.sip(amount = .001)`", "0.021", "0.01"),
        ("entropy: spent=0.025, returned=0.012", "0.025", "0.012"),
        ("- **entropy**: spent 0.02 + returned 0.02 of 0.05 (0.01 left)", "0.02", "0.02"),
        ("sip 0.005\nentropy: spent=0.025, remaining=0.015", "0.025", "0.01"),
        ("pour 0\nsip 0.00", "0.02", "0.01"),
        ("entropy: 0.05 budget (0.03 remaining)", "0.02", "0.01"),
        ("I will pour 0.01 later, and sip 0.01.", "0.02", "0.01"),
        ("> pour 0.01\n```\npour 0.01\n```", "0.02", "0.01"),
        ("void.entropy.tithe(amount=0.01)", "0.02", "0.01"),
        ("sips 0.01\npour 0.01x\npour 0.01.2", "0.02", "0.01"),
    ],
)
def test_draws_are_lines_of_their_own(fake: Fake, lines: str, spent: str, returned: str) -> None:
    outcome = ingest(fake, f"{lines}\n\n⟿[EDUCATE]\n")
    assert outcome.code == Exit.DONE, outcome.err
    budget = fake.skill().budget
    assert (str(budget.spent), str(budget.returned)) == (spent, returned)


def test_pour_opens_a_plan_that_halts(fake: Fake) -> None:
    fake.replace("skills/backup.md", "spent: 0.02", "spent: 0.035")
    assert ingest(fake, "⟿[EDUCATE]").code == Exit.HALTED
    assert ingest(fake, "pour 0.005\n\n⟿[EDUCATE]").code == Exit.DONE


# Handles


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../outside.md", "not a path in the project"),
        ("{root}/docs", "not a path in the project"),
        ("link", "not a path in the project"),
        ("a" * 5000, "no such path"),
        ("${report}", "not a name and a path"),
        ("docs # no", "not a name and a path"),
        ("docs/\x00", "not a name and a path"),
        ("docs, b: c", "not a name and a path"),
    ],
)
def test_handle_that_is_not_taken(fake: Fake, path: str, why: str) -> None:
    fake.write("../outside.md", "")
    (fake.root / "link").symlink_to("/")
    path = path.replace("{root}", str(fake.root))
    outcome = ingest(fake, f"⟿[EDUCATE]\nhandles: new={path}")
    assert outcome.code == Exit.DONE
    assert why in outcome.err
    assert "new" not in fake.skill().table("handles")


def test_name_that_stands_for_another_path_is_left(fake: Fake) -> None:
    outcome = ingest(fake, "⟿[EDUCATE]\nhandles: page=docs; yes=docs; a/b=docs; same=manifests")
    assert "left: handle page: docs: the plan names docs/page.md so" in outcome.err
    assert "left: handle yes: docs: not a name" in outcome.err
    assert "handles: {page: docs/page.md, config: manifests}" in header(fake)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "handles: {page: docs/page.md, pins: airgap/pins.toml}"),
        ("handles:\n  a: docs\n", "handles:\n  a: docs\n  pins: airgap/pins.toml"),
        ("handles: {}\n", "handles: {pins: airgap/pins.toml}"),
        ("handles: a=docs\n", "handles: a=docs"),
        ("handles:\n", "handles:\nphase_ledger:"),
    ],
)
def test_handles_join_those_of_the_header(fake: Fake, old: str, new: str) -> None:
    fake.replace("skills/backup.md", "handles: {page: docs/page.md, config: manifests}\n", old)
    outcome = ingest(fake, "⟿[EDUCATE]\nhandles: pins=airgap/pins.toml; page=docs/page.md\n")
    assert outcome.code == Exit.DONE, outcome.err
    assert new in fake.read("skills/backup.md")
    assert ("is no mapping" in outcome.err) == ("pins" not in new)


# Branches


def test_branch_that_is_known_is_not_taken_again(fake: Fake) -> None:
    item = "  - {name: a, class: void}  # no"
    fake.replace("skills/backup.md", "phase_ledger:", f"branches:\n{item}\nphase_ledger:")
    ingest(fake, "⤳[BRANCH:a, backup]\n⤳[BRANCH:b, c d] if: so, it is\n⤳[BRANCH]\n⟿[EDUCATE]")
    lines = header(fake)
    first = lines.index(item)
    assert lines[first + 1 : first + 4] == [
        '  - {name: b, class: parallel, when: "if: so, it is", phase: PLAN, since: 2026-11-21}',
        '  - {name: c d, class: parallel, when: "if: so, it is", phase: PLAN, since: 2026-11-21}',
        "phase_ledger:",
    ]


# Which skill, which file


@pytest.mark.parametrize(
    "line",
    [
        "handles: skill=skills/backup.md; page=docs",
        "  - skill: skills/backup.md",
        "skill: backup",
        "concept.forest.manifest[phase=EDUCATE][sprint=backup]@span=x",
    ],
)
def test_text_names_its_skill(fake: Fake, line: str) -> None:
    fake.seed()
    fake.write("answer.md", f"⟿[EDUCATE]\n{line}\n")
    assert fake.run("ingest", "answer.md").code == Exit.DONE
    assert fake.skill().entry("TEST").raw == "touched"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("", "no skill"),
        ("skill: other", "no skill"),
        ("skill: backup\nskill: saas-phase11-external-backup", "backup, saas-phase11-ext"),
    ],
)
def test_text_that_names_no_single_skill_is_refused(fake: Fake, line: str, names: str) -> None:
    fake.seed()
    fake.write("answer.md", f"⟿[EDUCATE]\n{line}\n")
    outcome = fake.run("ingest", "answer.md")
    assert outcome.code == Exit.USAGE
    assert f"the text names {names}" in outcome.err


def test_answer_comes_from_standard_input(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(b"\xef\xbb\xbf\xe2\x9f\xbf[REFLECT]"))
    monkeypatch.setattr(sys, "stdin", stdin)
    outcome = fake.run("ingest", "backup", "-")
    assert "error: standard input:1: ⟿[REFLECT] jumps over EDUCATE" in outcome.err


@pytest.mark.parametrize("name", ["nowhere.md", ".", "a\x00b"])
def test_file_that_cannot_be_read_is_wrong_use(fake: Fake, name: str) -> None:
    outcome = fake.run("ingest", "backup", name)
    assert outcome.code == Exit.USAGE
    assert "cannot be read" in outcome.err


# --json


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ANSWER, {"outcome": "settled", "phase": "TEST", "after": "touched", "next": "EDUCATE"}),
        ("⟂[BLOCKED:x]", {"outcome": "blocked", "before": "in_progress", "prompt": None}),
        ("⟂[DETACH:x]", {"outcome": "halted", "phase": None, "written": [], "fix": None}),
        ("⟿[QA]", {"outcome": "already", "phase": None, "left": []}),
        ("- ⟿[QA]", {"outcome": "waiting", "signal": None}),
    ],
)
def test_json_follows_its_schema(fake: Fake, text: str, told: dict[str, Any]) -> None:
    document = json.loads(ingest(fake, text, "--json").out)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(document, SCHEMA)
    assert {key: document[key] for key in told} == told


def test_json_and_diff_print_one_document(fake: Fake) -> None:
    document = json.loads(ingest(fake, ANSWER, "--json", "--diff").out)
    assert (document["written"], document["taken"][0]) == ([], "pour 0.005")
    assert document["prompt"].startswith("concept.forest.manifest[phase=EDUCATE]")


def test_help_fits_eighty_columns(fake: Fake) -> None:
    outcome = Fake.run(fake, "ingest", "--help", now=DAY)
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert "Examples:" in outcome.out
