"""`ledger show`: all that is known of a skill, in 80 columns; what cannot be read is said."""

from __future__ import annotations

import json

import pytest

from tests.fixtures.flow_project import DAY, Fake
from tests.fixtures.schemas import validate

SKILL = "skills/backup.md"


def test_phases_budget_debts_pages_and_handles(fake: Fake) -> None:
    fake.replace("docs/page.md", "true\n", "false\n")
    fake.replace(SKILL, "no metrics yet", "no metrics yet; owner: ops; until: 2026-11-20")
    outcome = fake.run("show", "backup")
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    for line in (
        "Backup of Orders",
        "  CROSS-SYNERGIZE  skipped      reason: single-track focus",
        "> TEST             in_progress  waiting, for: a cluster",
        "  EDUCATE          pending      gates: verify, handles, pages",
        "budget   spent 0.02 + returned 0.01 of 0.05 (0.02 left)",
        "owed     3, 1 of it overdue: ledger debts backup",
        "waits on cost_approval (~$340/month)",
        "         docs/page.md:15: block two is stale: its text changed since the run",
        "handle   config: manifests",
    ):
        assert line in lines


def test_it_fits_eighty_columns(fake: Fake) -> None:
    fake.replace(SKILL, "waiting, for: a cluster", "waiting " * 30)
    fake.replace(SKILL, "# Backup of Orders", f"# {'Backup of orders and ' * 8}")
    fake.replace(SKILL, "{page: docs/page.md", "{a b: " + "docs/some page/ " * 9)
    fake.replace(SKILL, "~$340/month", "dollars a month " * 9)
    fake.verify("failed")
    out = fake.run("show", "backup").out
    assert max(map(len, out.splitlines())) <= 80
    assert out.count("waiting") == 30
    assert out.count("some page/") == 9


def test_words_of_other_people_and_phases_that_are_none(fake: Fake) -> None:
    fake.replace(SKILL, "QA: touched", "QA: DONE")
    fake.replace(SKILL, "REFLECT: pending", "SHIP: half_way")
    document = json.loads(fake.run("show", "backup", "--json").out)
    phases = {row["phase"]: (row["status"], row["written"]) for row in document["phases"]}
    assert phases["QA"] == ("complete", "DONE")
    assert phases["SHIP"] == (None, "half_way")
    assert phases["REFLECT"] == ("pending", "pending")
    assert [row["line"] for row in document["phases"]][-2:] == [None, 21]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("planned: 0.05", "planned: much", "entropy.planned is 'much', not a number"),
        ("path: skills/backup", "gates: {TEST: [luck]}", "no gate 'luck'"),
        ("docs: [docs/page.md]", "docs: [docs/none.md]", "docs/none.md"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_rest_shown(
    fake: Fake, old: str, new: str, said: str
) -> None:
    fake.replace(SKILL, old, new)
    outcome = fake.run("show", "backup")
    assert (outcome.code, outcome.err) == (1, "")
    assert said in " ".join(outcome.out.split())
    assert "> TEST             in_progress  waiting, for: a cluster" in outcome.out
    document = json.loads(fake.run("show", "backup", "--json").out)
    assert said in " ".join(document["problems"][0].values())
    validate(document, "show.v1")


def test_json(fake: Fake) -> None:
    fake.replace("docs/page.md", "true\n", "false\n")
    document = json.loads(fake.run("show", "backup", "--json").out)
    validate(document, "show.v1")
    assert document["phases"][4] == {
        "phase": "CROSS-SYNERGIZE",
        "status": "skipped",
        "written": "skipped",
        "settled": True,
        "note": "reason: single-track focus",
        "line": 15,
        "gates": [],
    }
    assert document["entropy"]["remaining"] == "0.02"
    assert document["pages"][0]["verified"] == DAY.isoformat()
    assert [owed["name"] for owed in document["owed"]] == ["CROSS-SYNERGIZE", "MEASURE", "upload"]


def test_a_path_names_a_skill_too(fake: Fake) -> None:
    assert fake.run("show", SKILL).code == 0
