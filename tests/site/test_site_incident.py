"""An alert's page is the sheet of its incident: what to do, how long it took, whom to wake."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site.building import TODAY, Site, build_own
from tests.unit.test_alerts import alerts

RULES = """
groups:
  - name: shop
    rules:
      - {alert: ShopDown, expr: absent(up), labels: {severity: critical}}
"""
SKILL = "---\nphase_ledger: {PLAN: complete}\nrules: [rules.yaml]\n---\n\n# Shop\n"
PAGE = """\
---
title: ShopDown
skill: shop
escalate: the owner of the shop
---

# ShopDown { #top }

<!--[ alert() ]-->

<!--[ verified() ]-->

## Symptom { #symptom }

Nobody can buy.

## Stop-loss { #stop-loss }

Close the shop.

## Diagnosis { #diagnosis }

```bash {.verify name=look expect=none}
ls
```

```text
## No section { #verify }
```

## Mitigation { #mitigation }

```bash {.verify name=stop mutates undo=restart expect=none}
true stop
```

```bash {.verify name=restart mutates irreversible expect=none}
true start
```

## Verify { #verify }

```bash {.verify name=again expect=none}
ls -l
```

## Escalate { #escalate }

Call.

```bash {.teardown name=tidy mutates irreversible expect=none}
rm -f x
```
"""
# What a sheet of paper must hold.
COMMANDS = ".lg-head, .lg-anchor, .lg-block > .highlight code, .lg-expect code"
SHEET = f"h2, .lg-steps a, .lg-page dd, {COMMANDS}"
TOOK = {"look": 0.12, "stop": 1.25, "restart": 2.5, "again": 0.4, "tidy": 9.0}


@pytest.fixture
def shop(site: Site) -> Site:
    """A plan with an alert, its page, and evidence of all its commands."""
    site.write("rules.yaml", RULES)
    site.write("skills/shop.md", SKILL)
    site.write("docs/alerts/ShopDown.md", PAGE)
    site.lock("alerts/ShopDown.md")
    record(site)
    return site


def record(site: Site, **failed: str) -> None:
    """Write the record of a run of the page, in which every command passed but for those named."""
    page = site.read("alerts/ShopDown.md")
    blocks = [
        {
            "name": block.name,
            "sha256": block.sha256,
            "seconds": TOOK[block.name],
            "result": failed.get(block.name, "passed"),
        }
        for block in page.verified_blocks
    ]
    text = json.dumps({"predicate": {"phaseLedger": {"blocks": blocks}}})
    site.write(".ledger/runs/alerts/ShopDown.json", text)


def steps(site: Site) -> list[tuple[str, str]]:
    """Where the link of each step leads, and what the page says of it."""
    result = site.build()
    assert result.returncode == 0, result.stderr
    found = site.html("alerts/ShopDown/index.html").select(".lg-alert .lg-steps li")
    return [(str(item.a["href"]), item.get_text(" ", strip=True)) for item in found if item.a]


def test_each_step_tells_what_its_commands_took(shop: Site) -> None:
    assert steps(shop) == [
        ("#stop-loss", "Stop-loss"),
        ("#diagnosis", "Diagnosis took 0.1 s"),
        ("#mitigation", "Mitigation took 3.8 s"),
        ("#verify", "Verify took 0.4 s"),
        ("#escalate", "Escalate"),
    ]
    page = shop.html("alerts/ShopDown/index.html")
    assert "the owner of the shop" in page.select(".lg-page")[1].get_text()


def test_a_step_of_which_one_command_was_not_measured_tells_no_time(shop: Site) -> None:
    path = shop.root / "docs/alerts/ShopDown.md"
    path.write_text(path.read_text("utf-8").replace("true start", "true begin"), "utf-8")
    shop.lock("alerts/ShopDown.md")
    found = dict(steps(shop))
    assert found["#mitigation"] == "Mitigation"
    assert found["#verify"] == "Verify took 0.4 s"


def test_what_no_evidence_holds_for_tells_no_time(shop: Site) -> None:
    shop.lock("alerts/ShopDown.md", again="failed")
    assert dict(steps(shop))["#verify"] == "Verify"
    shop.lock("alerts/ShopDown.md", TODAY - timedelta(days=31))
    assert [text for _, text in steps(shop) if "took" in text] == []


def test_without_a_record_there_are_the_steps(shop: Site) -> None:
    (shop.root / ".ledger/runs/alerts/ShopDown.json").unlink()
    assert [text for _, text in steps(shop)] == [
        *("Stop-loss", "Diagnosis", "Mitigation", "Verify", "Escalate"),
    ]


@pytest.fixture(scope="module", params=["today", "stale"])
def own(
    own: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    """This repository's own site; once with a warning at each command, since all is too old."""
    if request.param == "today":
        return own
    late = (date(2028, 1, 1) - date(1970, 1, 1)).total_seconds()
    return build_own(tmp_path_factory.mktemp("own"), SOURCE_DATE_EPOCH=f"{late:.0f}")


@pytest.mark.browser
def test_the_page_of_each_alert_is_one_sheet_of_paper(own: Path, browser: Browser) -> None:
    page = browser.new_page()
    sheets = {}
    for name in alerts():
        page.goto((own / "alerts" / name / "index.html").as_uri())
        sheets[name] = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert sheets == dict.fromkeys(alerts(), 1)
    page.close()


@pytest.mark.browser
def test_the_sheet_holds_all_that_the_page_says(own: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.emulate_media(media="print")
    for name in alerts():
        page.goto((own / "alerts" / name / "index.html").as_uri())
        hidden = page.locator(f"article :is({SHEET})").evaluate_all(
            "found => found.filter(e => !e.getClientRects().length).map(e => e.outerHTML)"
        )
        assert hidden == [], name
        assert page.locator("article .lg-head > .lg-anchor").count() > 0, name
    page.close()
