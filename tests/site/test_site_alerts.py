"""What the site tells of alerts stands in their rules, and nowhere else."""

from __future__ import annotations

import pytest

from tests.site.building import Site

RULES = """
groups:
  - name: shop
    rules:
      - record: shop:orders:rate5m
        expr: rate(orders[5m])
      - alert: ShopSlow
        expr: 'latency{app="shop"} > 2'
        for: 10m
        labels: {severity: warning, owner: web}
        annotations: {summary: Orders take long}
      - alert: ShopDown
        expr: absent(up)
        labels: {severity: critical}
"""
SKILL = "---\nphase_ledger: {PLAN: complete}\nrules: [rules.yaml]\n---\n\n# Shop\n"
PAGE = "---\ntitle: T\nskill: shop\n---\n\n# T\n\n<!--[ {} ]-->\n"


@pytest.fixture
def shop(site: Site) -> Site:
    """A plan with two alerts, a page for each, and one that lists them."""
    site.write("rules.yaml", RULES)
    site.write("skills/shop.md", SKILL)
    site.write("docs/alerts/ShopSlow.md", PAGE.format("alert()"))
    site.write("docs/alerts/ShopDown.md", PAGE.format("alert()"))
    site.write("docs/alerts/index.md", PAGE.format("alerts()"))
    return site


def test_a_page_tells_what_its_rule_says(shop: Site) -> None:
    result = shop.build()
    assert result.returncode == 0, result.stderr
    box = shop.html("alerts/ShopSlow/index.html").select_one(".lg-alert")
    assert box
    assert [line for line in box.get_text().split("\n") if line] == [
        "warning Orders take long",
        'Fires when its condition has held for 10m; owner: weblatency{app="shop"} > 2',
    ]


def test_the_table_has_the_critical_ones_first_and_leads_to_the_pages(shop: Site) -> None:
    assert shop.build().returncode == 0
    rows = shop.html("alerts/index.html").select("tbody tr")
    assert [[cell.get_text() for cell in row.select("th, td")] for row in rows] == [
        ["ShopDown", "critical", "0s"],
        ["ShopSlowOrders take long", "warning", "10m"],
    ]
    assert [row.select("a")[0]["href"] for row in rows] == ["ShopDown/", "ShopSlow/"]


LATE = RULES.replace("ShopSlow", "ShopLate")
BAD = {
    "renamed": ("rules.yaml", LATE, "ShopLate.md: the alert ShopLate has no page"),
    "no-alert": (
        "docs/alerts/ShopLate.md",
        PAGE.format("alert()"),
        "no rule raises an alert ShopL",
    ),
    "no-rules": ("rules.yaml", "groups: []\n", "rules.yaml: no Prometheus groups in it"),
    "no-file": ("skills/shop.md", SKILL.replace("rules.", "gone."), "gone.yaml: cannot be read"),
    "no-skill": (
        "docs/alerts/index.md",
        PAGE.format("alerts()").replace("shop", "x"),
        "no skill 'x'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_the_build_fails(shop: Site, case: str) -> None:
    name, text, message = BAD[case]
    shop.write(name, text)
    result = shop.build()
    assert result.returncode != 0
    assert message in result.stderr + result.stdout
