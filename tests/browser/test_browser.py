"""The built site in a real browser: the clipboard, the search, the phone, no other host."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import clipboard
from tests.site.building import Site
from tests.site.test_site_text import PAGES

pytestmark = pytest.mark.browser


def copy(page: Page, button: Locator, expected: str) -> str:
    """Click a copy button and give what is on the clipboard, at the latest after two seconds."""
    page.evaluate("navigator.clipboard.writeText('')")
    button.click()
    return clipboard(page, expected)


@pytest.mark.parametrize("name", PAGES)
def test_the_clipboard_gets_what_runs(site: Site, page: Page, name: str) -> None:
    page.goto(f"/{name}/")
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    runs = [block.text for block in site.read(f"{name}.md").blocks]
    blocks = page.locator(".lg-block")
    assert blocks.count() == len(runs)
    for number, text in enumerate(runs):
        block = blocks.nth(number)
        if not block.is_visible():
            page.locator(".tabbed-labels label").nth(number).click()
        block.scroll_into_view_if_needed()
        assert copy(page, block.locator("button"), text) == text


def test_an_expected_output_can_be_selected_and_has_no_button(page: Page) -> None:
    page.goto("/output/")
    assert page.locator(".lg-block button").count() == 1
    assert page.locator(".lg-expect button").count() == 0
    assert page.locator(".lg-expect code").evaluate("e => getComputedStyle(e).userSelect") == "text"


def test_the_form_writes_an_export_block_of_its_own(page: Page) -> None:
    page.goto("/parameters/")
    exports = page.locator(".lg-parameters pre > code")
    command = page.locator("#a pre > code").inner_text()
    expect(exports).to_have_text("export STREAM=")
    page.get_by_label("STREAM").fill("it's $(mine)")
    expect(exports).to_have_text(r"export STREAM='it'\''s $(mine)'")
    exported = r"export STREAM='it'\''s $(mine)'"
    assert copy(page, page.locator(".lg-parameters .highlight button"), exported) == exported
    assert page.locator("#a pre > code").inner_text() == command


@pytest.mark.parametrize("words", ["nats-0", "velero.io/v1", "NATSBackupFailed", "BackupFailed"])
def test_the_search_finds_names_as_they_are_written(page: Page, words: str) -> None:
    page.goto("/")
    page.locator("input.md-search__input").click()
    page.keyboard.type(words)
    first = page.locator(".md-search-result__item a").first
    expect(first).to_contain_text("Search me")


@pytest.mark.parametrize("name", ["CopyOfLogLost", "CopyOfLogS3Stale"])
def test_of_names_alike_the_search_finds_the_one_that_is_meant(page: Page, name: str) -> None:
    page.goto("/")
    page.locator("input.md-search__input").click()
    page.keyboard.type(name)
    results = page.locator(".md-search-result__item h1")
    expect(results.first).to_have_text(name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 390, "height": 844})
    for name in PAGES:
        page.goto(f"/{name}/")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name


def test_marks_and_expected_output_are_printed(page: Page) -> None:
    page.goto("/output/")
    page.emulate_media(media="print")
    expect(page.locator(".lg-block .lg-mark").first).to_be_visible()
    expect(page.locator(".lg-expect code")).to_be_visible()
    expect(page.locator(".md-sidebar--primary")).to_be_hidden()
    expect(page.locator(".md-header")).to_be_hidden()


def test_an_anchor_leads_to_its_command(page: Page) -> None:
    page.goto("/output/#a")
    expect(page.locator("#a")).to_be_in_viewport()
    page.locator("#a .lg-anchor").click()
    assert page.url.endswith("/output/#a")


def contrast(page: Page, selector: str) -> float:
    """The contrast of an element's text against what stands behind it."""
    found = page.locator(selector).first.evaluate(
        """element => {
          const rgb = text => text.match(/[\\d.]+/g).map(Number);
          const light = ([r, g, b]) => {
            const [x, y, z] = [r, g, b].map(v => v / 255)
              .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * x + 0.7152 * y + 0.0722 * z;
          };
          let behind = element, ground;
          do {
            ground = rgb(getComputedStyle(behind).backgroundColor);
            behind = behind.parentElement;
          } while (ground.length === 4 && ground[3] === 0 && behind);
          const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground)];
          return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        }"""
    )
    return float(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "selector", [".lg-mark", ".lg-counts", ".lg-anchor", ".lg-caption", ".lg-facts dt"]
)
def test_marks_have_contrast(page: Page, scheme: str, selector: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto("/output/")
    assert contrast(page, selector) >= 4.5
