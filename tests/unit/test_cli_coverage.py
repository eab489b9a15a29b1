"""`ledger coverage`: every figure is counted from the page and its evidence, none is declared."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tests.fixtures.flow_project import DAY, PAGE, Fake
from tests.fixtures.schemas import validate

LATER = date(2026, 12, 1)
HEADS = ["PAGE", "BLOCKS", "RUN", "%", "ASSERTED", "SKIPPED", "AGE"]


def counts(fake: Fake, now: date = DAY) -> dict[str, float]:
    """The figures of all pages together."""
    document = json.loads(fake.run("coverage", "--json", now=now).out)
    validate(document, "coverage.v1")
    total: dict[str, float] = document["total"]
    return total


def test_a_page_in_figures(fake: Fake) -> None:
    lines = fake.run("coverage", now=LATER).out.splitlines()
    assert lines[0].split() == HEADS
    assert lines[1].split() == ["docs/page.md", "3", "2", "66.6", "1", "1", "10", "d"]
    assert lines[2] == "  skipped: upload: there is no bucket yet"
    assert lines[3].split() == ["all", "pages", "3", "2", "66.6", "1", "1"]
    assert max(map(len, lines)) <= 80


def test_the_same_as_json(fake: Fake) -> None:
    document = json.loads(fake.run("coverage", "--json", now=LATER).out)
    validate(document, "coverage.v1")
    (page,) = document["pages"]
    assert (document["day"], document["floor"], page["age_days"]) == ("2026-12-01", None, 10)
    assert page["left"] == [
        {
            "name": "upload",
            "where": "docs/page.md:19",
            "state": "deferred",
            "why": "there is no bucket yet",
        }
    ]


def test_only_what_evidence_still_proves_counts_as_run(fake: Fake) -> None:
    assert counts(fake)["run"] == 2
    fake.replace("docs/page.md", "true\n", "true; true\n")
    assert counts(fake)["run"] == 1
    assert "stale: two: its text changed" in fake.run("coverage").out
    fake.write("manifests/a.yaml", "a: 2\n")
    assert counts(fake)["run"] == 0
    fake.verify()
    assert counts(fake)["run"] == 2
    assert counts(fake, date(2027, 2, 1))["run"] == 0
    fake.verify("failed")
    assert counts(fake)["run"] == 0
    assert "failed: one: it failed" in fake.run("coverage").out


def test_a_page_that_never_ran_has_no_age(fake: Fake) -> None:
    (fake.root / "evidence/page.json").unlink()
    page = json.loads(fake.run("coverage", "--json").out)["pages"][0]
    assert (page["run"], page["age_days"]) == (0, None)
    assert "never run: one: no run has covered it" in fake.run("coverage").out


def test_what_says_only_its_exit_status_is_not_asserted(fake: Fake) -> None:
    fake.replace("docs/page.md", "```text {.expect}", "```text {.expect match=like}")
    assert counts(fake)["asserted"] == 1
    fake.write(
        "docs/page.md",
        PAGE.replace("name=one", "name=one expect=none").replace(
            "```text {.expect}\none\n```\n", ""
        ),
    )
    assert counts(fake)["asserted"] == 0


def test_what_is_no_procedure_is_not_counted(fake: Fake) -> None:
    fake.write("docs/other.md", "```bash {.show}\nls\n```\n")
    assert counts(fake)["blocks"] == 3
    assert "other.md" not in fake.run("coverage").out


def test_pages_are_added_up(fake: Fake) -> None:
    fake.write("docs/more/other.md", "```bash {.verify name=a expect=none}\ntrue\n```\n")
    assert counts(fake) == {"blocks": 4, "run": 2, "percent": 50, "asserted": 1, "skipped": 1}


@pytest.mark.parametrize(
    ("floor", "code"), [("0", 0), ("66.6", 0), ("66.66", 0), ("66.67", 1), ("100", 1)]
)
def test_the_floor_is_compared_with_the_whole_share(fake: Fake, floor: str, code: int) -> None:
    done = fake.run("coverage", "--floor", floor)
    assert done.code == code
    assert ("less than the floor" in done.err) == bool(code)
    assert json.loads(fake.run("coverage", "--floor", floor, "--json").out)["floor"] == float(floor)


def test_nothing_to_run_proves_nothing(fake: Fake) -> None:
    fake.write("docs/page.md", "# Page\n")
    assert counts(fake)["percent"] == 0
    assert fake.run("coverage", "--floor", "1").code == 1
    assert fake.run("coverage").code == 0


@pytest.mark.parametrize("floor", ["-1", "101", "nan", "much"])
def test_a_floor_that_is_no_share_is_refused(fake: Fake, floor: str) -> None:
    done = fake.run("coverage", f"--floor={floor}")
    assert (done.code, done.out) == (2, "")
    assert "--floor" in done.err


def test_a_page_that_cannot_be_read_is_told(fake: Fake) -> None:
    fake.write("docs/other.md", "```bash\nls\n```\n")
    done = fake.run("coverage")
    assert (done.code, done.out) == (1, "")
    assert "docs/other.md:1" in done.err


def test_nothing_is_written(fake: Fake) -> None:
    before = fake.files()
    fake.run("coverage", "--floor", "100")
    assert fake.files() == before
