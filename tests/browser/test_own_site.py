"""Every page of this repository's own site: copying, the phone, paper, the keyboard, the form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ledger.core.project import Project
from ledger.pages.page import read_page
from tests.site.building import ROOT

pytestmark = pytest.mark.browser

PROJECT = Project(ROOT)
ALERT = "/alerts/NATSBackupFailed/"
# Clicks each button that copies, and gives what is on the clipboard beside what is on the page.
COPY = """async () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  const found = [];
  for (const button of document.querySelectorAll("button[data-md-type=copy]")) {
    await navigator.clipboard.writeText("");
    button.click();
    let copied = "";
    for (let tries = 0; tries < 400 && !copied; tries++) {
      copied = await navigator.clipboard.readText();
      if (!copied) await new Promise(done => setTimeout(done, 5));
    }
    const shown = button.closest("pre").querySelector(":scope > code").textContent;
    found.push({block: Boolean(button.closest(".lg-block")), copied, shown});
  }
  return found;
}"""
WIDE = """() => [...document.querySelectorAll("body *")]
  .filter(element => {
    const {right, width} = element.getBoundingClientRect();
    return width && right > innerWidth + 1 && getComputedStyle(element).position !== "absolute";
  })
  .filter(element => {
    for (let box = element.parentElement; box; box = box.parentElement)
      if (getComputedStyle(box).overflowX !== "visible") return false;
    return true;
  })
  .map(element => `${element.tagName}.${element.className}`)"""


def source(address: str) -> Path:
    """The file that a page of the site is made of."""
    name = address.strip("/")
    path = ROOT / "docs" / name / "index.md"
    return path if path.is_file() else ROOT / f"docs/{name}.md"


def test_every_button_copies_what_runs_and_what_is_shown(
    own_page: Page, addresses: list[str]
) -> None:
    blocks = 0
    for address in addresses:
        own_page.goto(address)
        found: list[dict[str, Any]] = own_page.evaluate(COPY)
        for each in found:
            assert each["copied"] == each["shown"].removesuffix("\n"), address
        copied = [each["copied"] for each in found if each["block"]]
        assert copied == [block.text for block in read_page(PROJECT, source(address)).blocks]
        blocks += len(copied)
    assert blocks > 400


def test_nothing_is_wider_than_a_phone(own_page: Page, addresses: list[str]) -> None:
    own_page.set_viewport_size({"width": 390, "height": 844})
    for address in addresses:
        own_page.goto(address)
        own_page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        width = own_page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{address}: {width} px, {own_page.evaluate(WIDE)}"


def test_the_keyboard_reaches_the_page_the_search_and_a_command(own_page: Page) -> None:
    own_page.goto(ALERT)
    own_page.keyboard.press("Tab")
    skip = own_page.locator(".md-skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    own_page.keyboard.press("Enter")
    assert own_page.url.endswith("#top")
    own_page.keyboard.press("/")
    expect(own_page.locator("input.md-search__input")).to_be_focused()
    own_page.keyboard.press("Escape")
    button = own_page.locator("#backup-now button[data-md-type=copy]")
    tab_to(own_page, "#backup-now button[data-md-type=copy]")
    expect(button).to_be_focused()
    own_page.evaluate("navigator.clipboard.writeText('')")
    own_page.keyboard.press("Enter")
    block = next(b for b in read_page(PROJECT, source(ALERT)).blocks if b.name == "backup-now")
    copied = "async text => { while (await navigator.clipboard.readText() !== text) ; }"
    own_page.wait_for_function(f"text => ({copied})(text).then(() => true)", arg=block.text)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(400):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {selector}")


def test_a_page_is_printed_with_its_commands_and_without_its_frame(own_page: Page) -> None:
    own_page.goto(ALERT)
    own_page.emulate_media(media="print")
    for selector in (".md-header", ".md-sidebar--primary", ".md-footer", "button"):
        for hidden in own_page.locator(selector).all():
            expect(hidden).to_be_hidden()
    commands = own_page.locator(".lg-block pre > code")
    for number, block in enumerate(read_page(PROJECT, source(ALERT)).blocks):
        expect(commands.nth(number)).to_be_visible()
        cut = "code => code.scrollWidth > code.clientWidth + 1"
        assert not commands.nth(number).evaluate(cut), f"{block.name} runs off the paper"


def test_the_form_of_a_page_fills_an_export_block(own_page: Page, addresses: list[str]) -> None:
    forms = 0
    for address in addresses:
        page = read_page(PROJECT, source(address))
        if not page.parameters:
            continue
        own_page.goto(address)
        for name in page.parameters:
            own_page.get_by_label(name, exact=True).fill(f"value of {name}")
        expected = "\n".join(f"export {name}='value of {name}'" for name in page.parameters)
        expect(own_page.locator(".lg-parameters pre > code")).to_have_text(expected)
        forms += 1
    assert forms
