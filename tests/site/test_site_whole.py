"""The site as a whole: this repository's own, and one with every skill and page on it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup, Tag

from ledger.core.clock import day
from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.flow.evidence import gather
from ledger.flow.prompt import next_prompt
from ledger.site.check import check
from tests.site.building import ROOT, TODAY, Site
from tests.unit.test_alerts import RULES, alerts
from tests.unit.test_docs_alerts import SECTIONS

SEED = ROOT / "tests/fixtures/saas-phase11-external-backup.md"
NAME = "saas-phase11-external-backup"
PAGE = "```bash {.verify name=save expect=none}\nnats stream ls\n```\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("whole") / "project")
    docs = "docs:\n  - docs/runbook/restore.md\n  - docs/empty.md\n"
    text = SEED.read_text("utf-8").replace("enables:\n", f"{docs}enables:\n", 1)
    owed = "reason: post-DR metrics"
    more = "fallback: look daily; owner: ops; until: 2026-11-20; since: 2026-11-01"
    text = text.replace(owed, f"{owed}; {more}")
    criteria = "## Exit criteria\n\n- [x] A restore\n  was tried\n- [ ] A bucket\n- no box\n"
    site.write(f"skills/{NAME}.md", text.replace("\n## REFLECT\n", f"\n{criteria}\n## REFLECT\n"))
    site.write(f"docs/skills/{NAME}.md", "<!--[ skill_page() ]-->\n")
    site.write("docs/index.md", "# Home\n\n## Skills\n\n<!--[ forest() ]-->\n")
    site.page("runbook/restore.md", PAGE + "\n[up](../index.md) [it](#save)\n", "Restore <it> & go")
    site.page("empty.md", "No commands.\n", "Empty")
    site.lock("runbook/restore.md")
    result = site.build()
    assert result.returncode == 0, result.stderr
    return site


def test_this_repository_builds(own: Path) -> None:
    assert check(Project(ROOT), own).problems == []


def test_the_page_about_rehearsals_tells_what_was_measured(own: Path) -> None:
    page = BeautifulSoup((own / "runbook/rehearsal/index.html").read_text("utf-8"), "html.parser")
    restored, killed, taken_over = (
        {row.select("th, td")[0].text: row.select("th, td")[1].text for row in table.select("tr")}
        for table in page.select("article table")[:3]
    )
    folder = ROOT / "docs/runbook/rehearsal"
    restore, kills, over = (
        json.loads((folder / f"{n}.json").read_text()) for n in ("restore", "kills", "dr")
    )
    gibibytes = restore["bytes"] / (1 << 30)
    measured = f"{restore['restore_seconds']} seconds for {gibibytes:.2f} GiB, from"
    assert restored["Measured"].startswith(measured)
    assert restored["Objective"] == taken_over["Objective"] == "15 minutes"
    assert taken_over["Measured"].startswith(f"{over['seconds']['total']} seconds, from")
    assert restore["restore_seconds"] < 15 * 60
    assert (gibibytes >= 1, restore["streams"]) == (True, 5)
    assert killed["Killed with SIGKILL, at random moments"] == f"{kills['kills']} times"
    assert kills["kills"] >= 50 > kills["stored"] > 0


def test_the_page_of_contracts_tells_the_last_figures(own: Path) -> None:
    page = BeautifulSoup((own / "reference/dr-contracts/index.html").read_text(), "html.parser")
    cells = [[cell.text for cell in row.select("td")] for row in page.select("tbody tr")]
    told = {name: figure for name, _, figure, _ in cells}
    folder = ROOT / "docs/runbook/rehearsal"
    restore, over = (json.loads((folder / f"{n}.json").read_text()) for n in ("restore", "dr"))
    assert told == {
        "Restore from the volume": f"{restore['restore_seconds']} s, {restore['date']}",
        "Restore in another cluster": f"{over['seconds']['total']} s, {over['date']}",
        "Freshness": "none: it takes a cluster that keeps its schedule for days",
        "Success": "none: it takes a cluster that keeps its schedule for 30 days",
    }


def test_the_page_of_indicators_shows_the_queries_of_the_rules(own: Path) -> None:
    page = BeautifulSoup((own / "reference/slis/index.html").read_text("utf-8"), "html.parser")
    boxes = page.select(".highlight:has(.filename)")
    shown = {box.select(".filename")[0].text: box.select("code")[0].text.strip() for box in boxes}
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    rules = [rule for group in groups for rule in group["rules"] if "record" in rule]
    assert len(shown) == 3
    assert shown.items() <= {rule["record"]: rule["expr"].strip() for rule in rules}.items()


def test_the_page_of_alert_rules_has_a_row_for_each_drill(own: Path) -> None:
    page = BeautifulSoup((own / "reference/alerts/index.html").read_text("utf-8"), "html.parser")
    cells = [row.select("a, td + td") for row in page.select("#matrix ~ * tbody tr")]
    told = json.loads((ROOT / "docs/reference/alerts-matrix.json").read_text("utf-8"))["alerts"]
    assert [[cell.text for cell in row[:3]] for row in cells] == [
        [one["alert"], f"{one['fires']}\xa0s", f"{one['ends']}\xa0s"] for one in told
    ]


def test_every_alert_leads_to_its_page(own: Path) -> None:
    for name, rule in alerts().items():
        path = urlsplit(rule["annotations"]["runbook_url"]).path
        page = BeautifulSoup((own / path.strip("/") / "index.html").read_text(), "html.parser")
        ids = [heading["id"] for heading in page.select("article h2")]
        assert ids == SECTIONS, name
        box = page.select_one(".lg-alert")
        assert box
        assert rule["labels"]["severity"] in box.get_text()
        assert box.pre
        assert box.pre.get_text() == rule["expr"].strip()


def test_every_epilogue_is_in_the_timeline(own: Path) -> None:
    page = BeautifulSoup((own / "epilogues/index.html").read_text("utf-8"), "html.parser")
    shown = [str(item["id"]) for item in page.select(".lg-timeline > li")]
    assert sorted(shown) == sorted(path.stem for path in ROOT.glob("epilogues/*.md"))


def test_every_page_with_evidence_is_in_the_table(own: Path) -> None:
    page = BeautifulSoup((own / "reference/coverage/index.html").read_text("utf-8"), "html.parser")
    linked = [(row, row.a) for row in page.select("#today ~ table tbody tr") if row.a]
    rows = {urljoin("/reference/coverage/", str(link["href"])): row for row, link in linked}
    for path in ROOT.glob("evidence/**/*.json"):
        lock = json.loads(path.read_text("utf-8"))
        name = lock["page"].removeprefix("docs/").removesuffix(".md").removesuffix("/index")
        row = rows[f"/{name}/"].get_text(" ")
        assert lock["verified"] in row
        assert all(version in row for version in lock["versions"].values()), name


def test_the_strata_count_what_pytest_collects(own: Path) -> None:
    page = BeautifulSoup((own / "reference/tests/index.html").read_text("utf-8"), "html.parser")
    rows = [row.select("th, td") for row in page.select("article table")[0].select("tbody tr")]
    told = {row[0].get_text(): int(row[1].get_text().split()[0]) for row in rows}
    assert {"browser", "cluster", "drill", "property", "site", "soak", "unit"} <= told.keys()
    few = ("drill", "property", "soak")
    words = ("-m", "pytest", "--collect-only", "-q", "-m", "", *(f"tests/{name}" for name in few))
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    tests = {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}
    for name in few:
        assert told[name] == sum(test.startswith(f"tests/{name}/") for test in tests)


def test_links_loads_and_commands_are_sound(built: Site) -> None:
    assert check(built.project, built.root / "site").problems == []


def card(built: Site) -> Tag:
    found = built.html().select_one(".lg-skill")
    assert found is not None
    return found


def test_the_forest_shows_eleven_phases_in_words(built: Site) -> None:
    phases = [item.get_text() for item in card(built).select(".lg-strip > li")]
    assert phases[:6] == [
        "PLAN: complete",
        "RESEARCH: complete",
        "DEVELOP: touched",
        "STRATEGIZE: complete",
        "CROSS-SYNERGIZE: skipped",
        "IMPLEMENT: touched",
    ]
    assert len(phases) == 11
    current = card(built).select('[aria-current="step"]')
    assert [item.get_text() for item in current] == ["REFLECT: pending"]


def test_the_forest_shows_budget_and_pages(built: Site) -> None:
    text = card(built).get_text(" ", strip=True)
    assert "spent 0.03 + returned 0.02 of 0.05 (0.00 left)" in text
    shares = [span["style"] for span in card(built).select(".lg-bar span")]
    assert shares == ["width:60.0%", "width:40.0%"]
    assert "2 pages: 1 verified" in " ".join(card(built).get_text().split())


def test_a_skill_page_lists_its_pages(built: Site) -> None:
    listed = built.html(f"skills/{NAME}/index.html").select(".lg-pages li")
    assert [" ".join(item.get_text().split()) for item in listed] == [
        "Restore <it> & go 1 verified",
        "Empty no commands",
    ]


def test_a_skill_has_its_page(built: Site) -> None:
    page = built.html(f"skills/{NAME}/index.html")
    assert page.h1 is not None
    assert page.h1.get_text().startswith("SaaS Phase 11: External Backup")
    rows = {r.th.get_text(): r for r in page.select(".lg-table tbody tr") if r.th}
    assert (
        rows["MEASURE"]
        .get_text(" ", strip=True)
        .startswith("MEASURE deferred reason: post-DR metrics; fallback: look daily")
    )
    criteria = page.select(".lg-criteria li")
    assert [" ".join(item.get_text().split()) for item in criteria] == [
        "A restore was tried",
        "A bucket",
    ]
    assert [item.find("input", checked=True) is not None for item in criteria] == [True, False]


def test_debts_show_what_is_overdue(built: Site) -> None:
    page = built.html(f"skills/{NAME}/index.html")
    debts = {r.th.get_text(" ", strip=True): r for r in page.select(".lg-debts tbody tr") if r.th}
    assert [c.get_text() for c in debts["MEASURE overdue"].select("td")] == [
        "post-DR metricsInstead: look daily",
        "ops",
        "2026-11-20",
        "20 d",
    ]
    skipped = debts["CROSS-SYNERGIZE skipped"].select("td")
    assert [c.get_text() for c in skipped][:3] == ["single-track focus", "nobody", "no day set"]
    overdue = card(built).select_one(".lg-overdue a")
    assert overdue is not None
    assert (overdue.get_text(), overdue["href"]) == ("MEASURE", f"skills/{NAME}/#debts")


def test_a_skill_page_holds_the_prompt_of_the_command(built: Site) -> None:
    skill = Skill(built.root / f"skills/{NAME}.md", f"skills/{NAME}.md")
    evidence = gather(built.project, skill, day(TODAY.isoformat()))
    prompt = next_prompt(built.project, skill, evidence, TODAY).rstrip("\n")
    found = built.html(f"skills/{NAME}/index.html").select("[data-copy]")[-1]
    assert found["data-copy"] == prompt
    assert found.get_text() == prompt


def test_a_skill_without_a_page_fails(site: Site) -> None:
    site.write("skills/alone.md", SEED.read_text("utf-8"))
    site.write("docs/index.md", "# Home\n\n<!--[ forest() ]-->\n")
    result = site.build()
    assert result.returncode != 0
    assert "skills/alone.md: this skill has no page" in result.stderr


def test_a_skill_that_answers_for_no_page_fails(site: Site) -> None:
    text = SEED.read_text("utf-8").replace("enables:\n", "docs: [docs/gone.md]\nenables:\n", 1)
    site.write("skills/alone.md", text)
    site.write("docs/skills/alone.md", "<!--[ skill_page() ]-->\n")
    result = site.build()
    assert result.returncode != 0
    assert "docs/gone.md: no such page" in result.stderr


def test_the_build_is_the_same_twice(built: Site) -> None:
    def content() -> dict[str, bytes]:
        files = (built.root / "site").rglob("*.html")
        return {str(path): path.read_bytes() for path in files}

    first = content()
    assert built.build().returncode == 0
    assert content() == first


def test_the_offline_form_of_urls_has_live_links(built: Site) -> None:
    config = built.root / "mkdocs.yml"
    before = config.read_text("utf-8")
    config.write_text(f"{before}\nuse_directory_urls: false\n", "utf-8")
    result = built.build("-d", "flat", configure=False)
    config.write_text(before, "utf-8")
    assert result.returncode == 0, result.stderr
    assert check(built.project, built.root / "flat").problems == []
    assert (built.root / "flat/runbook/restore.html").is_file()
