"""`ledger sip`, `pour`, `tithe`, `set` and `new`: what they write, say and refuse."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import jsonschema
import pytest

from ledger.core.phases import PHASES
from tests.fixtures.flow_project import DAY, SKILL, Fake, Outcome
from tests.support.flat import flat

FILE = "skills/backup.md"
BOOK = "entropy: {planned: 0.05, spent: 0.02, returned: 0.01}"
SCHEMAS = Path(__file__).parents[2] / "docs/schemas"


def document(outcome: Outcome, kind: str) -> dict[str, object]:
    """The JSON that a command printed, which its schema allows."""
    found = json.loads(outcome.out)
    schema = json.loads((SCHEMAS / f"{kind}.v1.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    assert isinstance(found, dict)
    return found


def reflect(fake: Fake, status: str = "pending") -> None:
    """Settle all phases before REFLECT, and give REFLECT a status."""
    for phase in ("TEST: in_progress  # waiting, for: a cluster", "EDUCATE: pending"):
        fake.replace(FILE, phase, f"{phase.partition(':')[0]}: touched")
    fake.replace(FILE, "REFLECT: pending", f"REFLECT: {status}")


# sip, pour, tithe


@pytest.mark.parametrize(
    ("command", "figures", "line"),
    [
        (
            ["sip", "0.01"],
            "spent: 0.03, returned: 0.01",
            "spent 0.03 + returned 0.01 of 0.05 (0.01",
        ),
        (
            ["sip", "0.02"],
            "spent: 0.04, returned: 0.01",
            "spent 0.04 + returned 0.01 of 0.05 (0.00",
        ),
        (
            ["sip", ".010"],
            "spent: 0.03, returned: 0.01",
            "spent 0.03 + returned 0.01 of 0.05 (0.01",
        ),
        (["sip", "0.0025"], "spent: 0.0225, returned: 0.01", "spent 0.0225 + returned 0.01"),
        (
            ["pour", "0.02"],
            "spent: 0.02, returned: 0.03",
            "spent 0.02 + returned 0.03 of 0.05 (0.00",
        ),
    ],
)
def test_posting_changes_the_figure_and_the_day(
    fake: Fake, command: list[str], figures: str, line: str
) -> None:
    before = fake.read(FILE)
    outcome = fake.run(command[0], "backup", command[1])
    assert (outcome.code, outcome.err.splitlines()[0]) == (0, f"wrote {FILE}")
    assert outcome.out.startswith(line)
    expected = before.replace("spent: 0.02, returned: 0.01", figures)
    assert fake.read(FILE) == expected.replace("2026-11-01", "2026-11-21", 1)


@pytest.mark.parametrize(
    ("book", "command", "code", "message"),
    [
        (BOOK, ["sip", "0.03"], 1, "backup.md:22: cannot sip 0.03: 0.02 is there"),
        (BOOK, ["pour", "0.0200001"], 2, "'0.0200001' is not an amount"),
        (BOOK, ["pour", "0.03"], 1, "cannot pour 0.03: 0.02 is there"),
        (BOOK, ["sip", "0"], 2, "'0' is not an amount"),
        (BOOK, ["sip", "-1"], 2, "'-1' is not an amount"),
        (BOOK, ["sip", "nan"], 2, "'nan' is not an amount"),
        (BOOK, ["sip", "1e-2"], 2, "'1e-2' is not an amount"),
        (BOOK, ["sip", "٣"], 2, "'٣' is not an amount"),
        (BOOK, ["tithe"], 1, "only REFLECT tithes"),
        ("entropy: {planned: 0.05, spent: 0.05}", ["sip", "0.01"], 1, "the book is settled"),
        ("tags: []", ["sip", "0.01"], 1, "the book is settled: nothing is left"),
        ("entropy: {planned: 0.05, spent: 0.045}", ["sip", "0.001"], 3, "ledger pour backup 0.005"),
        ("entropy: {planned: 0.05, spent: 0.06}", ["sip", "0.01"], 3, "⟂[ENTROPY_DEPLETED]"),
        ("entropy: {planned: 0.05, spent: 0.06}", ["pour", "0.01"], 3, "planned to 0.06"),
        ("entropy: {budget: 0.05, remaining: 0.03}", ["sip", "0.01"], 1, "ledger fix backup"),
        ("entropy: {planned: a lot}", ["sip", "0.01"], 1, "not a number"),
    ],
)
def test_posting_that_is_refused_writes_nothing(
    fake: Fake, book: str, command: list[str], code: int, message: str
) -> None:
    fake.replace(FILE, BOOK, book)
    before = fake.files()
    outcome = fake.run(command[0], "backup", *command[1:])
    assert (outcome.code, outcome.out) == (code, "")
    assert message in outcome.err
    assert fake.files() == before


def test_rest_that_halts_can_be_poured(fake: Fake) -> None:
    outcome = fake.run("sip", "backup", "0.015")
    assert outcome.code == 0
    mend = "give the rest back: ledger pour backup 0.005"
    assert f"warning: 0.005 is left, too little to go on; {mend}" in outcome.err
    assert fake.run("advance", "backup").code == 3
    assert fake.run("pour", "backup", "0.005").out == (
        "spent 0.035 + returned 0.015 of 0.05 (0.000 left)\n"
    )
    assert fake.run("advance", "backup").code == 0


def test_figures_that_the_book_lacks_are_added(fake: Fake) -> None:
    fake.replace(FILE, BOOK, "entropy:\n  planned: 0.050  # a share")
    assert fake.run("sip", "backup", "0.01").code == 0
    assert "entropy:\n  planned: 0.050  # a share\n  spent: 0.01\n---\n" in fake.read(FILE)


def test_reflect_takes_back_what_was_poured(fake: Fake) -> None:
    reflect(fake)
    assert fake.run("tithe", "backup", "0.02").code == 1
    assert fake.run("tithe", "backup").out == "spent 0.02 + returned 0.00 of 0.05 (0.03 left)\n"
    outcome = fake.run("tithe", "backup")
    assert (outcome.code, "nothing was returned" in outcome.err) == (1, True)


def test_reflect_tithes_on_the_day_it_settled(fake: Fake) -> None:
    reflect(fake, f"touched  # {DAY}: closed")
    assert fake.run("tithe", "backup", now=DAY + timedelta(1)).code == 1
    assert fake.run("tithe", "backup", "0.01").code == 0


@pytest.mark.parametrize("option", ["--dry-run", "--diff"])
def test_preview_writes_nothing(fake: Fake, option: str) -> None:
    before = fake.files()
    for command in (["sip", "backup", "0.01"], ["set", "backup", "status", "dormant"]):
        outcome = fake.run(*command, option)
        assert outcome.code == 0
        assert f"would write {FILE}; nothing was written" in outcome.err
        assert ("+++ b/" in outcome.out) == (option == "--diff")
    assert fake.files() == before


def test_postings_as_json(fake: Fake) -> None:
    found = document(fake.run("sip", "backup", "0.010", "--json"), "entropy")
    assert (found["amount"], found["written"], found["warning"]) == ("0.01", [FILE], None)
    assert found["after"] == {
        "planned": "0.05",
        "spent": "0.03",
        "returned": "0.01",
        "remaining": "0.01",
    }
    shown = document(fake.run("pour", "backup", "0.01", "--diff", "--json"), "entropy")
    assert shown["written"] == []
    reflect(fake)
    assert document(fake.run("tithe", "backup", "--json"), "entropy")["action"] == "tithe"


# set


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("status", "dormant", "status: pending   # a p", "status: dormant   # a p"),
        ("progress", "80", "progress: 0\n", "progress: 80\n"),
        ("touched_by", "Ann O'Hara", "phase_ledger:\n", "touched_by: Ann O'Hara\nphase_ledger:\n"),
    ],
)
def test_set_changes_the_key_and_the_day(
    fake: Fake, key: str, value: str, old: str, new: str
) -> None:
    before = fake.read(FILE)
    assert fake.run("set", "backup", key, value).code == 0
    expected = before.replace(old, new)
    assert fake.read(FILE) == expected.replace("2026-11-01", "2026-11-21", 1)


def test_setting_what_is_there_changes_nothing(fake: Fake) -> None:
    before = fake.files()
    outcome = fake.run("set", "backup", "progress", "0")
    assert (outcome.code, outcome.err) == (0, "nothing to do\n")
    assert fake.files() == before


@pytest.mark.parametrize(
    ("key", "value", "code", "message"),
    [
        ("status", "complete", 1, "the ledger decides that word"),
        ("status", "pending", 1, "ledger advance backup"),
        ("status", "On Hold", 2, "is not one lower-case word"),
        ("progress", "101", 2, "is not a whole number 0..100"),
        ("progress", "0.5", 2, "is not a whole number 0..100"),
        ("touched_by", " ", 2, "needs a name"),
        ("touched_by", "a # b", 1, "nothing was written"),
        ("TEST", "touched", 2, "ledger advance backup TEST --to ..."),
        ("phase_ledger.QA", "touched", 2, "ledger advance backup QA --to ..."),
        ("spent", "1", 2, "ledger sip backup AMOUNT"),
        ("entropy.returned", "1", 2, "ledger pour backup AMOUNT"),
        ("last_touched", "2026-11-21", 2, "every edit writes it"),
        ("title", "x", 2, "set status, progress, touched_by"),
    ],
)
def test_set_refuses_and_names_what_helps(
    fake: Fake, key: str, value: str, code: int, message: str
) -> None:
    before = fake.files()
    outcome = fake.run("set", "backup", key, value)
    assert (outcome.code, outcome.out) == (code, "")
    assert message in flat(outcome.err)
    assert fake.files() == before


def test_plan_that_has_not_begun_is_not_complete(fake: Fake) -> None:
    fake.run("new", "standby")
    assert fake.run("set", "standby", "status", "complete").code == 1
    assert fake.run("set", "standby", "status", "active").code == 0


def test_set_as_json(fake: Fake) -> None:
    found = document(fake.run("set", "backup", "touched_by", "Ann", "--json"), "set")
    assert (found["before"], found["after"], found["written"]) == (None, "Ann", [FILE])
    assert document(fake.run("set", "backup", "status", "dormant", "--json"), "set")["before"] == (
        "pending"
    )


# new


def test_new_skill_is_complete(fake: Fake) -> None:
    (fake.root / "docs/skills").mkdir()
    fake.write("mkdocs.yml", "site_name: x\nnav:\n  - index.md\n")
    outcome = fake.run(
        "new", "dns-failover", "--title", "DNS: fail-over", "--parent", "backup",
        "--planned", "0.08", "--enables", "standby",
    )  # fmt: skip
    assert outcome.code == 0
    assert outcome.out == "docs/skills/dns-failover.md\nskills/dns-failover.md\n"
    assert outcome.err.splitlines() == [
        "warning: enables standby is no skill here yet",
        "next: give its page a line under nav: in mkdocs.yml: - skills/dns-failover.md",
    ]
    skill = fake.skill("dns-failover")
    assert skill.title == "DNS: fail-over"
    assert [(entry.phase, entry.raw) for entry in skill.ledger] == [(p, "pending") for p in PHASES]
    assert all(entry.line for entry in skill.ledger)
    assert str(skill.budget) == "spent 0.00 + returned 0.00 of 0.08 (0.08 left)"
    assert (skill.strings("enables"), skill.header.data["parent"]) == (("standby",), "backup")
    assert skill.header.data["last_touched"] == DAY
    assert fake.read("docs/skills/dns-failover.md") == "<!--[ skill_page() ]-->\n"
    assert fake.run("advance", "dns-failover").code == 0
    assert fake.run("status").code == 0


def test_new_skill_without_a_site(fake: Fake) -> None:
    outcome = fake.run("new", "standby")
    assert (outcome.out, outcome.err) == ("skills/standby.md\n", "")
    assert fake.skill("standby").title == "Standby"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["backup"], 1, "skills/backup.md: is there already"),
        (["page"], 1, "docs/skills/page.md: is there already"),
        (["deep"], 1, "skills/a/deep.md: is there already"),
        (["Bad_Name"], 2, "'Bad_Name' is not a name for a skill"),
        (["../x"], 2, "is not a name"),
        (["a--b"], 2, "is not a name"),
        (["null"], 2, "is not a name"),
        (["2026-11-21"], 2, "is not a name"),
        (["x" * 81], 2, "is not a name"),
        (["x", "--parent", "A b"], 2, "'A b' is not a name"),
        (["x", "--enables", "y]"], 2, "'y]' is not a name"),
        (["x", "--title", "a\nb"], 2, "is not one printable line"),
        (["x", "--planned", "0"], 2, "'0' is not an amount"),
        (["x", "--planned", "1.5"], 2, "more than the whole"),
    ],
)
@pytest.mark.parametrize("option", [[], ["--dry-run"]])
def test_new_refuses_and_writes_nothing(
    fake: Fake, arguments: list[str], code: int, message: str, option: list[str]
) -> None:
    fake.write("docs/skills/page.md", "a person's\n")
    fake.write("skills/a/deep.md", SKILL)
    before = fake.files()
    outcome = fake.run("new", *arguments, *option)
    assert (outcome.code, outcome.out) == (code, "")
    assert message in outcome.err
    assert fake.files() == before


def test_new_goes_on_where_a_crash_left_only_the_page(fake: Fake) -> None:
    fake.write("docs/skills/standby.md", "<!--[ skill_page() ]-->\n")
    assert fake.run("new", "standby").code == 0


def test_new_previewed_is_what_new_writes(fake: Fake) -> None:
    shown = fake.run("new", "standby", "--dry-run")
    assert "would write skills/standby.md; nothing was written" in shown.err
    assert not (fake.root / "skills/standby.md").exists()
    fake.run("new", "standby")
    assert fake.read("skills/standby.md") == shown.out


def test_new_as_json(fake: Fake) -> None:
    shown = document(fake.run("new", "standby", "--dry-run", "--json"), "new")
    assert (shown["written"], shown["nav"]) == ([], None)
    made = document(fake.run("new", "standby", "--json", now=date(2026, 12, 1)), "new")
    assert made["written"] == ["skills/standby.md"]


@pytest.mark.parametrize("command", ["sip", "pour", "tithe", "set", "new"])
def test_help_fits_eighty_columns(fake: Fake, command: str) -> None:
    outcome = fake.run(command, "--help")
    assert outcome.code == 0
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert f"  ledger {command} " in outcome.out


def test_small_figures_are_decimals_without_exponents(fake: Fake) -> None:
    fake.replace(FILE, BOOK, "entropy: {planned: 0.05, spent: 0.0499999, returned: 0}")
    assert "(0.0000001 left)" in fake.run("prompt", "backup").out
    assert (
        json.loads(fake.run("show", "backup", "--json").out)["entropy"]["remaining"] == "0.0000001"
    )
    assert json.loads(fake.run("status", "--json").out)["skills"][0]["left"] == "0.0000001"
