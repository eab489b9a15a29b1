"""What skills, epilogues, the changelog and evidence say, on pages that nobody types."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from bs4 import BeautifulSoup, Tag

from ledger.site.pluglet import MACROS
from tests.site.building import ROOT, TODAY, Site

# Read as HTML, Markdown or Jinja it would show at once.
EVIL = "<script>alert(1)</script> **b** `c` [l](javascript:x) {#id} <!--[ 7*7 ]-->"
SKILL = """\
---
parent: whole
blocking: [money]
enables: [later]
docs: [docs/card.md, docs/restore.md]
branches:
  - {{name: aside, class: deferred, when: "{evil}", phase: PLAN, since: 2026-11-01}}
phase_ledger:
  PLAN: complete
  TEST: skipped  # reason: {evil}
entropy: {{planned: 0.05, spent: 0.01, returned: 0}}
---

# Backup {evil}

## Exit criteria

- [x] {evil}
- [ ] not yet

## EDUCATE

### Audience

| Persona | Needs |
| --- | --- |
| **On-call** | {evil} |
| Nobody yet | \\| a bar |

## MEASURE

### Targets

| SLI | Target |
| --- | --- |
| Freshness | < 25 h |
"""
EPILOGUE = """\
---
skill: {skill}
phase: {phase}
date: {day}
status: touched
---

# Epilogue

## Summary

{phase} is touched: {evil}

- Gate `verify` holds: {evil}

{decision}
## Continuation

```text
⟿[{sends}]
```
"""
CHANGELOG = f"""\
# Changelog

## Unreleased

### Added

- {EVIL}
  on two lines

## 1.2.0 - 2026-01-31

### Fixed

- `a` is b
"""
CARD = """\
## Back up { #back-up }

```bash {.verify name=save expect=none}
## Not a heading
true
```

```bash {.verify name=again expect=none}
true
```
"""
FAR = """\
import pytest
pytestmark = pytest.mark.cluster


class TestB:
    async def test_b(self): ...
"""


def git(site: Site, *words: str) -> None:
    who = {"NAME": "Ann *b*", "EMAIL": "ann@example.org", "DATE": "2026-11-03T12:00:00Z"}
    names = {
        f"GIT_{role}_{key}": text for role in ("AUTHOR", "COMMITTER") for key, text in who.items()
    }
    subprocess.run(["git", *words], cwd=site.root, env={**os.environ, **names}, check=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("plans") / "project")
    site.write("skills/backup.md", SKILL.format(evil=EVIL))
    later = "---\nphase_ledger:\n  PLAN: {}\n---\n\n# Later\n"
    git(site, "init", "--quiet")
    for status in ("pending", "in_progress", "touched"):
        site.write("skills/later.md", later.format(status))
        git(site, "add", "skills")
        git(site, "commit", "--quiet", "--message", status)
    for name in ("backup", "later"):
        site.write(f"docs/skills/{name}.md", "<!--[ skill_page() ]-->\n")
    epilogue = {"skill": "backup", "evil": EVIL, "decision": ""}
    for day, phase, sends in (
        ("2026-11-01", "PLAN", "RESEARCH"),
        ("2026-11-02", "IMPLEMENT", "QA"),
    ):
        text = EPILOGUE.format(**epilogue, day=day, phase=phase, sends=sends)
        site.write(f"epilogues/{day}-backup-{phase.lower()}.md", text)
    last = epilogue | {"decision": f"## Decision\n\nretain: {EVIL}\n"}
    text = EPILOGUE.format(**last, day="2026-11-02", phase="REFLECT", sends="PLAN[later]")
    site.write("epilogues/2026-11-02-backup-reflect.md", text)
    site.write("CHANGELOG.md", CHANGELOG)
    for name, calls in {
        "epilogues": "epilogues()",
        "release": "release_notes()",
        "graph": "forest_graph()",
        "all": 'evidence() ]-->\n\n<!--[ deferred_tests() ]-->\n\n<!--[ audience("backup")',
        "tests": "test_strata()",
    }.items():
        site.write(f"docs/{name}.md", f"# Page\n\n<!--[ {calls} ]-->\n")
    site.write(
        "tests/unit/test_a.py", f'"""{EVIL}\n\nmore"""\n\n\ndef test_a(): ...\ndef help(): ...\n'
    )
    site.write("tests/far/test_b.py", FAR)
    site.write("tests/far/test_c.py", "def test_c(): ...\n")
    site.page("card.md", f"<!--[ quick_reference() ]-->\n\n{CARD}", "Card")
    put_off = "```bash {.skip name=later reason=no-bucket}\nfalse\n```\n"
    restore = site.page("restore.md", f"{CARD}\n{put_off}", "Restore")
    text = restore.read_text("utf-8")
    extra = f'task: "{EVIL}"\naudience: [on-call]\n'
    extra += "versions: {nats-server: nats-server -v}\nvariants: {nats-server-2.15: []}\n"
    restore.write_text(text.replace("inputs:", f"{extra}inputs:", 1), "utf-8")
    card = site.root / "docs/card.md"
    card.write_text(
        card.read_text("utf-8").replace("inputs:", "skill: backup\ninputs:", 1), "utf-8"
    )
    site.lock("restore.md")
    site.lock_variant("restore.md", "nats-server-2.15", {"nats-server": "2.15.1"}, again="failed")
    result = site.build("--strict")
    assert result.returncode == 0, result.stderr
    return site


def lines(page: BeautifulSoup | Tag, selector: str) -> list[str]:
    return [" ".join(found.get_text(" ").split()) for found in page.select(selector)]


def shown(page: BeautifulSoup) -> str:
    article = page.select_one("article")
    assert article
    return " ".join(article.get_text().split())


@pytest.mark.parametrize(
    "name", ["skills/backup", "epilogues", "release", "graph", "all", "tests", "card"]
)
def test_text_of_others_is_shown_and_never_read(built: Site, name: str) -> None:
    page = built.html(f"{name}/index.html")
    article = page.select_one("article")
    assert article
    assert not article.select("script, strong strong, a[href^=javascript]")
    assert "49" not in shown(page)
    # Code is set as code; all else stands as it was written.
    assert EVIL.replace("`", "") in shown(page).replace("`", "")


def test_a_skill_page_has_all_that_the_plan_says(built: Site) -> None:
    page = built.html("skills/backup/index.html")
    titles = [heading.find(string=True) for heading in page.select("article h2")]
    assert titles == [
        *("Pages", "Phases", "Exit criteria", "Audience", "Targets", "Debts", "Branches"),
        *("Trace", "History", "Continuation prompt"),
    ]
    assert page.h1
    assert page.h1["id"] == "top"
    boxes = [box.has_attr("checked") for box in page.select(".lg-criteria input")]
    assert boxes == [True, False]
    assert lines(page, ".lg-criteria code") == ["c"]
    assert lines(page, "#targets + table td, #targets + * td") == ["Freshness", "< 25 h"]
    facts = {f.dt.get_text(): f.dd for f in page.select(".lg-facts > div") if f.dt and f.dd}
    assert [a["href"] for a in facts["Enables"].select("a")] == ["../later/"]
    assert (facts["Waits on"].get_text(), facts["Waits on"].a) == ("money", None)
    assert lines(page, "#audience + * td")[0] == "On-call"
    assert [a["href"] for a in page.select("#audience + * a")] == ["../../restore/"]


def test_the_history_is_told_from_git_the_newest_first(built: Site) -> None:
    rows = built.html("skills/later/index.html").select("#history + details tbody tr")
    told = [lines(row, "th, td") for row in rows]
    assert [row[:4] for row in told] == [
        ["2026-11-03", "PLAN", "in progress", "touched"],
        ["2026-11-03", "PLAN", "pending", "in progress"],
    ]
    assert all(re.fullmatch(r"Ann \*b\* [0-9a-f]{8}", row[4]) for row in told)


def test_the_trace_tells_what_each_phase_sent(built: Site) -> None:
    page = built.html("skills/backup/index.html")
    rows = page.select("#trace + * tbody tr")
    assert [lines(row, "th, code") for row in rows] == [
        ["REFLECT", "⟿[PLAN[later]]"],
        ["IMPLEMENT", "⟿[QA]"],
        ["PLAN", "⟿[RESEARCH]"],
    ]
    ids = {item["id"] for item in built.html("epilogues/index.html").select(".lg-timeline > li")}
    for row in rows:
        assert row.a
        where, _, anchor = str(row.a["href"]).partition("#")
        assert where == "../../epilogues/"
        assert anchor in ids


def test_epilogues_are_a_timeline_the_newest_first(built: Site) -> None:
    items = built.html("epilogues/index.html").select(".lg-timeline > li")
    assert [lines(item, "time, .lg-title strong") for item in items] == [
        ["2026-11-02", "REFLECT"],
        ["2026-11-02", "IMPLEMENT"],
        ["2026-11-01", "PLAN"],
    ]
    decided = [item for item in items if "Decided:" in item.get_text()]
    assert decided == items[:1]
    assert [item["href"] for item in items[0].select(".lg-title a")][:1] == ["../skills/backup/"]


def test_what_waits_on_what_is_told_in_words_too(built: Site) -> None:
    page = built.html("graph/index.html")
    told = [text.replace(EVIL, "").replace(" ,", ",") for text in lines(page, ".lg-tree > li")]
    assert told[:2] == ["money no skill here", "whole no skill here"]
    assert told[2].endswith("Part of: whole Waits on: money Enables: later")
    assert told[3] == "Later RESEARCH pending"
    assert page.select(".lg-rails[aria-hidden=true] .joint")


def test_release_notes_are_the_changelog(built: Site) -> None:
    page = built.html("release/index.html")
    assert [heading["id"] for heading in page.select("article h2")] == ["unreleased", "v1-2-0"]
    assert lines(page, "article li")[0].endswith("on two lines")
    assert [code.get_text() for code in page.select("article li code")] == ["c", "a"]


def test_the_table_of_evidence_tells_each_page(built: Site) -> None:
    page = built.html("all/index.html")
    table = page.select("article table")[0]
    rows = {row.a.get_text(): lines(row, "td") for row in table.select("tbody tr") if row.a}
    assert rows == {
        "Card": ["2 never run", "never", ""],
        "Restore": [
            "2 verified, 1 deferred nats-server-2.15: 1 verified, 1 deferred, 1 failed",
            str(TODAY),
            "Kubernetes 1.34.4, NATS 2.14.6",
        ],
    }
    assert "2 pages, 5 commands:" in shown(page)
    put_off = page.select('a[href="../restore/#later"]')
    assert [link.get_text() for link in put_off] == ["Restore: later"]
    assert "no bucket is provisioned here" in shown(page)


def test_a_debt_says_of_which_page_it_is(built: Site) -> None:
    page = built.html("skills/backup/index.html")
    assert [a.get_text() for a in page.select(".lg-debts a")] == ["Restore: later"]


def test_the_quick_reference_leads_to_commands_and_pages(built: Site) -> None:
    page = built.html("card/index.html")
    assert [(a.get_text(), a["href"]) for a in page.select(".lg-paste a")] == [("Back up", "#save")]
    (row,) = page.select("table.lg-stack tbody tr")
    assert row.a
    assert (row.a.get_text(), row.a["href"]) == ("Restore", "../restore/")


def test_strata_are_counted_from_the_sources(built: Site) -> None:
    rows = built.html("tests/index.html").select("article table")[0].select("tbody tr")
    assert [lines(row, "th, td") for row in rows] == [
        ["far", "2 in 2 modules", "a cluster in 1 module"],
        ["unit", "1 in 1 module", ""],
    ]


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("CHANGELOG.md", "# Changelog\n\n## soon or later\n", "not a release: soon or later"),
        ("epilogues/x.md", "---\nskill: backup\n---\n", "epilogues/x.md: not an epilogue: 'phase'"),
        ("docs/card.md", "---\nskill: backup\naudience: [king]\n---\n\n# C\n", "no reader of"),
    ],
)
def test_what_is_none_stops_the_build(site: Site, path: str, text: str, told: str) -> None:
    site.write("skills/backup.md", "---\ndocs: [docs/card.md]\nphase_ledger: {}\n---\n\n# B\n")
    site.write("CHANGELOG.md", "# Changelog\n")
    site.write("docs/card.md", "# C\n")
    calls = ("epilogues()", "release_notes()", 'audience("backup")')
    site.write("docs/all.md", "\n\n".join(["# All", *(f"<!--[ {call} ]-->" for call in calls)]))
    assert site.build().returncode == 0
    site.write(path, text)
    result = site.build()
    assert result.returncode != 0
    assert told in result.stderr


def test_the_page_of_macros_names_each_once() -> None:
    text = (ROOT / "docs/reference/macros.md").read_text("utf-8")
    named = re.findall(r"`(\w+)\([^)]*\)`", text.partition("| Macro |")[2])
    assert sorted(named) == sorted(macro.__name__ for macro in MACROS)
    for line in text.splitlines():
        for page in re.findall(r"\]\(([\w./-]+\.md)", line) if line.startswith("| `") else ():
            source = (ROOT / "docs/reference" / page).read_text("utf-8")
            macros = re.findall(r"`(\w+)\([^)]*\)`", line)
            parts = {"slis", "debts"}  # of skill_page()
            assert all(f"{m}(" in source for m in macros if m not in parts), page


def test_targets_of_the_plan_are_those_of_the_contracts() -> None:
    from ledger.core.skill import Skill
    from ledger.site.skill_sections import own_table

    path = ROOT / "skills/saas-phase11-external-backup.md"
    told = {row[0]: row[1] for row in own_table(Skill(path, str(path)), "MEASURE", "targets")[1:]}
    yaml = (ROOT / "docs/reference/dr-contracts.yaml").read_text("utf-8")
    promised = dict(re.findall(r'- name: (.+)\n  target: "(.+)"', yaml))
    assert told["Freshness"] == promised["Freshness"]
    assert told["Success"] == promised["Success"]
    assert told["Recovery"] == promised["Restore from the volume"]
