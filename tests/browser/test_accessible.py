"""WCAG 2.1 A and AA on every page of this repository's own site, as far as axe can tell."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# Contrast follows from colours and letters alone, so each combination is looked at once, on the
# first page that has it: to look at every word of every page would take many minutes.
LOOK = """async known => {
  const seen = new Set(known), violations = [];
  const look = async (what, options) => {
    const found = await axe.run(what, {resultTypes: ["violations"], ...options});
    for (const rule of found.violations)
      for (const node of rule.nodes)
        violations.push(`${rule.id}: ${node.html.slice(0, 120)}: ${node.failureSummary}`);
  };
  let grounds;
  const ground = element => {
    if (!element) return "";
    if (!grounds.has(element)) {
      const {backgroundColor, backgroundImage, opacity} = getComputedStyle(element);
      const own = [backgroundColor, backgroundImage, opacity].join(" ");
      const plain = own === "rgba(0, 0, 0, 0) none 1";
      grounds.set(element, (plain ? "" : own) + ground(element.parentElement));
    }
    return grounds.get(element);
  };
  const kind = element => {
    const {color, fontSize, fontWeight} = getComputedStyle(element);
    return [color, fontSize, fontWeight, ground(element)].join(" ");
  };
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  document.head.append(Object.assign(document.createElement("style"),
    {textContent: "* { transition: none !important; animation: none !important; }"}));
  const written = [...document.body.querySelectorAll("*")].filter(element =>
    element.checkVisibility() &&
    [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  for (const scheme of ["default", "slate"]) {
    document.body.dataset.mdColorScheme = scheme;
    grounds = new Map();
    const fresh = written.filter(element => !seen.has(kind(element)) && seen.add(kind(element)));
    if (fresh.length) await look({include: fresh}, {runOnly: ["color-contrast"]});
  }
  const tags = {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]};
  await look(document, {runOnly: tags, rules: {"color-contrast": {enabled: false}}});
  return {kinds: [...seen], violations};
}"""


def test_axe_finds_nothing_in_light_or_dark(own_page: Page, addresses: list[str]) -> None:
    kinds: list[str] = []
    found: dict[str, list[str]] = {}
    for address in addresses:
        own_page.goto(address)
        own_page.evaluate(AXE_SCRIPT)
        result: dict[str, Any] = own_page.evaluate(LOOK, kinds)
        kinds = result["kinds"]
        if result["violations"]:
            found[address] = result["violations"]
    assert len(kinds) > 40
    assert found == {}
