"""What somebody with an alert or an error text finds on this repository's own site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import reader
from tests.site.building import ROOT
from tests.unit.test_alerts import alerts

pytestmark = pytest.mark.browser

ALERTS = sorted(alerts())
WORD = re.compile(r"[A-Z]+(?![a-z])\d?|[A-Z][a-z]+")
FENCE = re.compile(r"^```text \{\.expect[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
ERROR = re.compile(r"error|fail|refus|unavail|not found|forbidden|no such|can't", re.IGNORECASE)
# As many results as a phone shows without scrolling.
SHOWN = 3


def pages(*folders: str) -> list[str]:
    """Pages of the site's source, without the folders' own."""
    found = [path for folder in folders for path in sorted(ROOT.glob(f"docs/{folder}/*.md"))]
    return [f"{path.parent.name}/{path.stem}" for path in found if path.stem != "index"]


def source(page: str) -> str:
    return Path(ROOT / f"docs/{page}.md").read_text("utf-8")


def symptoms(page: str) -> list[str]:
    """The outputs that a page shows as its symptom; all it shows where that has none."""
    text = source(page)
    section = text.partition("{ #symptom }")[2].partition("\n## ")[0]
    return FENCE.findall(section) or FENCE.findall(text)


@pytest.fixture(scope="module")
def search(browser: Browser, own_address: str) -> Iterator[Page]:
    """The home page, its search open and ready."""
    with reader(browser, own_address) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=own_address)
        page.goto("/")
        page.locator("input.md-search__input").click()
        expect(page.locator(".md-search-result__meta")).to_have_text(re.compile("Type to start"))
        yield page


def results(page: Page) -> list[str]:
    """The pages that are found now, the best first."""
    status = page.locator(".md-search-result__meta")
    expect(status).to_have_text(re.compile("matching documents|matching document"))
    links = page.locator(".md-search-result__item > a")
    found = links.evaluate_all("links => links.map(link => new URL(link.href).pathname)")
    return list(dict.fromkeys(str(path).strip("/") for path in found))


def clear(page: Page) -> None:
    page.locator("input.md-search__input").fill("")
    page.keyboard.press("End")
    expect(page.locator(".md-search-result__meta")).to_have_text(re.compile("Type to start"))


def typed(page: Page, words: str) -> list[str]:
    clear(page)
    page.locator("input.md-search__input").fill(words)
    page.keyboard.press("End")
    return results(page)


def pasted(page: Page, text: str) -> list[str]:
    clear(page)
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.locator("input.md-search__input").press("Control+v")
    return results(page)


@pytest.mark.parametrize("alert", ALERTS)
def test_the_name_of_an_alert_leads_to_its_page(search: Page, alert: str) -> None:
    assert typed(search, alert)[0] == f"alerts/{alert}"
    assert typed(search, " ".join(WORD.findall(alert)).lower())[0] == f"alerts/{alert}"


def test_each_word_of_an_alerts_name_is_found(search: Page) -> None:
    for word in sorted({word for alert in ALERTS for word in WORD.findall(alert)}):
        typed(search, word)
        marks = search.locator(".md-search-result__item mark").all_inner_texts()
        assert word.lower() in {mark.lower() for mark in marks}, word


@pytest.mark.parametrize("page", pages("degraded", "troubleshooting"))
def test_what_a_terminal_shows_leads_to_the_page_of_that_fault(search: Page, page: str) -> None:
    assert page in pasted(search, symptoms(page)[0])[:SHOWN]


@pytest.mark.parametrize("page", pages("degraded", "troubleshooting"))
def test_one_line_of_an_error_is_enough(search: Page, page: str) -> None:
    lines = [line for text in symptoms(page) for line in text.splitlines() if ERROR.search(line)]
    for line in lines:
        assert page in pasted(search, line)[:SHOWN], line


@pytest.mark.parametrize("page", pages("runbook"))
def test_a_runbook_is_found_by_its_title(search: Page, page: str) -> None:
    title = re.search(r"^# (.*?)(?: \{.*)?$", source(page), re.MULTILINE)
    assert title
    assert page in typed(search, title[1])[:SHOWN]


@pytest.mark.parametrize("words", ["nats-0", "velero.io/v1"])
def test_a_name_as_it_is_written_leads_to_a_page_that_has_it(search: Page, words: str) -> None:
    assert words in source(typed(search, words)[0])


def test_a_pasted_text_is_words_and_not_orders_to_the_search(search: Page) -> None:
    text = 'shop-staging:  error restoring "carts": -x ^2 ~1 (a) namespace: "" *'
    assert pasted(search, text)
    shown = search.locator("input.md-search__input").input_value()
    assert shown == "shop-staging error restoring carts namespace"
    pasted(search, "nats-0")
    assert search.locator("input.md-search__input").input_value() == "nats-0"
