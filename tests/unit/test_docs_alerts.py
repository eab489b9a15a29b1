"""Every alert has its page and every page its alert; all pages have the same sections."""

from __future__ import annotations

import json
import re
from bisect import bisect

import pytest

from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.pages.page import read_page
from tests.cluster.test_alerts_live import DRILLS, row
from tests.unit.test_alerts import ROOT, RULES, alerts

FOLDER = ROOT / "docs/alerts"
PAGES = {path.stem: path for path in FOLDER.glob("*.md") if path.stem != "index"}
SECTIONS = ["symptom", "impact", "stop-loss", "diagnosis", "mitigation", "verify", "escalate"]
HEADING = re.compile(r"^## ([\w-]+) \{ #([\w-]+) \}$", re.MULTILINE)


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    assert PAGES.keys() == alerts().keys()


def test_every_alert_has_a_drill_on_a_cluster_and_its_figures_are_of_the_rule_as_it_is() -> None:
    told = json.loads((ROOT / "docs/reference/alerts-matrix.json").read_text("utf-8"))["alerts"]
    assert [one["alert"] for one in told] == list(DRILLS)
    assert DRILLS.keys() == alerts().keys()
    for one in told:
        seconds = {key: one[key] for key in ("fires", "ends")}
        assert one == row(one["alert"], one["limit_here"]) | seconds, "make figures"


def test_the_skill_names_every_file_of_rules() -> None:
    where = "skills/saas-phase11-external-backup.md"
    named = {ROOT / name for name in Skill(ROOT / where, where).strings("rules")}
    assert named == set(RULES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_the_sections_of_all(name: str) -> None:
    text = PAGES[name].read_text("utf-8")
    found = HEADING.findall(text)
    assert [anchor for _, anchor in found] == SECTIONS
    assert [title.lower() for title, _ in found] == SECTIONS
    assert f"\n# {name} {{ #top }}\n\n<!--[ alert() ]-->\n\n<!--[ verified() ]-->\n" in text
    assert all(part.strip() for part in HEADING.split(text)[3::3]), "an empty section"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_repeats_nothing_of_its_rule(name: str) -> None:
    page = read_page(Project(ROOT), PAGES[name])
    assert page.title == name
    assert not page.meta.keys() & {"owner", "severity"}
    assert page.meta["escalate"]
    symptom = HEADING.split(page.path.read_text("utf-8"))[3]
    assert not re.search(r"\d", re.sub(r"`.*?`", "", symptom)), "a limit stands in the rule"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_mends_and_looks_again(name: str) -> None:
    page = read_page(Project(ROOT), PAGES[name])
    lines = page.path.read_text("utf-8").splitlines()
    starts = [number for number, line in enumerate(lines, 1) if HEADING.match(line)]
    place = [SECTIONS[bisect(starts, block.line) - 1] for block in page.blocks]
    mutating = {at for at, block in zip(place, page.blocks, strict=True) if block.mutates}
    assert {"diagnosis", "mitigation", "verify"} <= set(place)
    assert "mitigation" in mutating
    assert not any(block.kind in ("skip", "show") for block in page.blocks)
