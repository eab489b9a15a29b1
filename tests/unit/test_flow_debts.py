"""What was put off ages, and somebody is told when its day has passed."""

from __future__ import annotations

import json
import subprocess
from datetime import date, timedelta
from pathlib import Path

import jsonschema
import pytest

from ledger.core.debt import Debt
from ledger.errors import PageError
from ledger.flow.debts import Owed, debts_of
from ledger.flow.evidence import gather
from ledger.pages.page import read_page
from tests.fixtures.flow_project import DAY, Fake

SCHEMAS = Path(__file__).parents[2] / "docs/schemas"
MEASURE = "MEASURE: deferred  # reason: no metrics yet"
REASON = "{no-bucket: there is no bucket yet}"


def owed(fake: Fake, *, from_git: bool = False) -> dict[str, Owed]:
    skill = fake.skill()
    evidence = gather(fake.project, skill, DAY)
    found = debts_of(fake.project, skill, evidence, DAY, from_git=from_git)
    return {debt.name: debt for debt in found}


def commit(fake: Fake, day: str) -> None:
    git = ["git", "-C", str(fake.root), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x", f"--date={day}T12:00Z"]):
        subprocess.run([*git, *command], check=True)


# What is owed


def test_phases_and_tests_that_were_put_off_are_owed(fake: Fake) -> None:
    found = owed(fake)
    assert list(found) == ["CROSS-SYNERGIZE", "MEASURE", "upload"]
    assert found["MEASURE"] == Owed(
        kind="phase",
        name="MEASURE",
        status="deferred",
        where="skills/backup.md:20",
        reason="no metrics yet",
        risk="",
        fallback="",
        owner="",
        until=None,
        age_days=20,
        at_least=True,
        overdue=False,
    )
    test = found["upload"]
    assert (test.kind, test.status, test.where) == ("test", "deferred", "docs/page.md:19")
    assert (test.reason, test.age_days) == ("there is no bucket yet", None)


def test_line_says_all_there_is_to_say(fake: Fake) -> None:
    more = "; risk: r, s; fallback: f; owner: ops; until: 2026-12-31; since: 2026-10-22"
    fake.replace("skills/backup.md", MEASURE, MEASURE + more)
    debt = owed(fake)["MEASURE"]
    assert (debt.risk, debt.fallback, debt.owner) == ("r, s", "f", "ops")
    assert (debt.until, debt.age_days, debt.at_least) == (date(2026, 12, 31), 30, False)
    assert debt.age == "30 d"


def test_alias_and_phase_that_is_none_are_owed_too(fake: Fake) -> None:
    fake.replace("skills/backup.md", "QA: touched", "QA: not_applicable")
    fake.replace("skills/backup.md", "entropy:", "  DEPLOY: blocked\nentropy:")
    found = owed(fake)
    assert (found["QA"].status, found["DEPLOY"].reason) == ("skipped", "")


def test_page_that_cannot_be_read_hides_no_phase(fake: Fake) -> None:
    fake.write("docs/page.md", "```bash\nls\n```\n")
    assert list(owed(fake)) == ["CROSS-SYNERGIZE", "MEASURE"]


@pytest.mark.parametrize(
    ("until", "overdue"), [("2026-11-20", True), ("2026-11-21", False), ("2026-11-22", False)]
)
def test_overdue_begins_on_the_day_after(fake: Fake, until: str, overdue: bool) -> None:
    fake.replace("skills/backup.md", MEASURE, f"{MEASURE}; until: {until}")
    assert owed(fake)["MEASURE"].overdue is overdue


def test_earliest_day_comes_first_and_no_day_last(fake: Fake) -> None:
    fake.replace("skills/backup.md", MEASURE, f"{MEASURE}; until: 2027-01-01")
    fake.replace("docs/page.md", REASON, "{no-bucket: {text: x, until: 2026-11-01}}")
    assert list(owed(fake)) == ["upload", "MEASURE", "CROSS-SYNERGIZE"]


# How old it is


@pytest.mark.parametrize(
    ("header", "age"),
    [
        ("last_touched: 2026-11-01", ">= 20 d"),
        ("last_touched: 2026-12-24", ">= 0 d"),
        ("last_touched: yesterday", ""),
        ("touched: 2026-11-01", ""),
    ],
)
def test_last_touched_is_a_lower_bound(fake: Fake, header: str, age: str) -> None:
    fake.replace("skills/backup.md", "last_touched: 2026-11-01", header)
    assert owed(fake)["MEASURE"].age == age


def test_git_tells_where_the_line_does_not(fake: Fake) -> None:
    fake.replace("skills/backup.md", MEASURE, "MEASURE: pending")
    commit(fake, "2026-10-01")
    fake.replace("skills/backup.md", "MEASURE: pending", MEASURE)
    commit(fake, "2026-10-22")
    fake.replace("skills/backup.md", "no metrics yet", "still no metrics")
    commit(fake, "2026-11-20")
    found = owed(fake, from_git=True)
    assert (found["MEASURE"].age, found["CROSS-SYNERGIZE"].age) == ("30 d", "51 d")
    assert owed(fake)["MEASURE"].age == ">= 20 d"  # nobody asked git
    fake.replace("skills/backup.md", "still no metrics", "none; since: 2026-11-11")
    assert owed(fake, from_git=True)["MEASURE"].age == "10 d"


def test_plan_that_came_to_git_with_its_debts_is_as_old_as_it_says(fake: Fake) -> None:
    commit(fake, "2026-11-19")
    assert owed(fake, from_git=True)["MEASURE"].age == ">= 20 d"


def test_test_ages_from_the_commit_that_put_it_off_without_a_pause(fake: Fake) -> None:
    page = fake.read("docs/page.md")
    commit(fake, "2026-09-01")
    fake.replace("docs/page.md", "reason=no-bucket", "reason=no-bucket-yet")
    fake.replace("docs/page.md", "{no-bucket:", "{no-bucket-yet:")
    commit(fake, "2026-10-01")
    fake.write("docs/page.md", page)
    commit(fake, "2026-11-11")
    fake.write("docs/page.md", page + "\nMore.\n")
    commit(fake, "2026-11-20")
    assert owed(fake, from_git=True)["upload"].age == "10 d"
    assert owed(fake)["upload"].age == ""


def test_shallow_clone_gives_a_lower_bound(fake: Fake, tmp_path: Path) -> None:
    commit(fake, "2026-09-01")
    fake.write("docs/page.md", fake.read("docs/page.md") + "\nMore.\n")
    commit(fake, "2026-11-11")
    clone = tmp_path / "clone"
    command = ["git", "clone", "-q", "--depth=1", fake.root.as_uri(), str(clone)]
    subprocess.run(command, check=True)
    assert owed(fake, from_git=True)["upload"].age == "81 d"
    fake.root = clone
    fake.project = fake.project._replace(root=clone)
    assert owed(fake, from_git=True)["upload"].age == ">= 10 d"


# Reasons of a page


def test_reason_of_a_page_is_a_sentence_or_a_mapping(fake: Fake) -> None:
    text = "{text: 'no: bucket', risk: r, fallback: f, owner: ops"
    days = "until: 2026-12-31, since: 2026-11-11}"
    fake.replace("docs/page.md", REASON, f"{{no-bucket: {text}, {days}}}")
    reasons = read_page(fake.project, fake.project.docs / "page.md").reasons
    meant = Debt("no: bucket", "r", "f", "ops", date(2026, 12, 31), date(2026, 11, 11))
    assert reasons == {"no-bucket": meant}
    assert owed(fake)["upload"].age == "10 d"
    outcome = fake.run("advance", "backup")  # and the evidence holds as before
    assert outcome.code == 0
    assert "no: bucket" in fake.read("epilogues/2026-11-21-backup-test.md")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("{no-bucket: }", "reason no-bucket says nothing"),
        ("{no-bucket: {owner: ops}}", "reason no-bucket says nothing"),
        ("{no-bucket: {text: x, who: ops}}", "has an unknown key 'who'"),
        ("{no-bucket: {text: x, until: soon}}", "until of reason no-bucket is 'soon', not a day"),
        ("{no-bucket: {text: x, since: 2026}}", "since of reason no-bucket is 2026, not a day"),
    ],
)
def test_reason_that_cannot_be_used_is_one_clear_line(fake: Fake, reason: str, said: str) -> None:
    fake.replace("docs/page.md", REASON, reason)
    with pytest.raises(PageError, match=r"^docs/page\.md:1: ") as caught:
        read_page(fake.project, fake.project.docs / "page.md")
    assert said in str(caught.value)


# The command


def test_list_is_told_with_owner_day_and_age(fake: Fake) -> None:
    more = "; risk: no alarm; owner: ops; until: 2026-11-11; since: 2026-10-22"
    fake.replace("skills/backup.md", MEASURE, MEASURE + more)
    outcome = fake.run("debts")
    assert (outcome.code, outcome.err) == (1, "3 owed, 1 overdue\n")
    assert outcome.out.splitlines() == [
        "overdue 10 d    MEASURE          deferred      30 d  ops",
        "                no metrics yet",
        "                risk: no alarm",
        "                skills/backup.md:20  (backup)",
        "no day          CROSS-SYNERGIZE  skipped    >= 20 d",
        "                single-track focus",
        "                skills/backup.md:15  (backup)",
        "no day          upload           deferred         -",
        "                there is no bucket yet",
        "                docs/page.md:19  (backup)",
    ]


def test_only_what_is_overdue(fake: Fake) -> None:
    assert fake.run("debts", "backup", "--overdue").code == 0
    fake.replace("skills/backup.md", MEASURE, f"{MEASURE}; until: 2026-12-01")
    assert "due 2026-12-01  MEASURE" in fake.run("debts").out
    late = fake.run("debts", "backup", "--overdue", now=DAY + timedelta(days=11))
    assert (late.code, late.out.count("(backup)")) == (1, 1)


def test_long_reasons_fit_in_80_columns(fake: Fake) -> None:
    fake.replace("skills/backup.md", "no metrics yet", "a long word " * 20)
    assert max(map(len, fake.run("debts").out.splitlines())) <= 80


def test_json_says_null_where_nothing_was_said(fake: Fake) -> None:
    first = json.loads(fake.run("debts", "--json").out)["debts"][0]
    assert [first[key] for key in ("risk", "fallback", "owner", "until")] == [None] * 4
    assert (first["name"], first["reason"]) == ("CROSS-SYNERGIZE", "single-track focus")
    assert (first["age_days"], first["at_least"], first["overdue"]) == (20, True, False)


def test_nothing_owed_is_said(fake: Fake) -> None:
    text = fake.read("skills/backup.md").replace("docs: [docs/page.md]\n", "")
    for word in ("skipped", "deferred"):
        text = text.replace(f": {word}", ": complete")
    fake.write("skills/backup.md", text)
    outcome = fake.run("debts")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "nothing is owed\n")


def test_skill_that_cannot_be_read_is_told_beside_the_others(fake: Fake) -> None:
    fake.write("skills/broken.md", "text\n")
    outcome = fake.run("debts")
    assert outcome.code == 1
    assert "MEASURE" in outcome.out
    assert "error: skills/broken.md:1: no front matter" in outcome.err


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("debts", ("debts",)),
        ("debts", ("debts", "backup", "--overdue")),
        ("advance", ("advance", "backup")),
        ("advance", ("advance", "backup", "MEASURE")),  # refused
        ("advance", ("advance", "backup", "MEASURE", "--force", "--reason", "x")),
        ("advance", ("advance", "backup", "REFLECT", "--dry-run")),
        ("advance", ("advance", "backup", "PLAN")),  # nothing to do
    ],
)
def test_json_is_as_its_schema_says(fake: Fake, kind: str, arguments: tuple[str, ...]) -> None:
    fake.write("skills/broken.md", "text\n")
    fake.replace("skills/backup.md", MEASURE, f"{MEASURE}; owner: ops; until: 2026-11-01")
    schema = json.loads((SCHEMAS / f"{kind}.v1.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(fake.run(*arguments, "--json").out)
    format_checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.validate(document, schema, format_checker=format_checker)
