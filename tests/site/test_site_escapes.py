"""Whatever skills, pages' headers, evidence, records and rules say, the site shows it as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.site.building import Site

pytestmark = pytest.mark.browser

ORIGIN = "https://site.test"
BREAK_OUT = (
    """{0}</code></pre></p></td></dd><script>window.ran = "{0}"</script>"""
    """<img src=x onerror="window.ran = '{0}'"><svg onload="window.ran = '{0}'">"""
    """" onmouseover="window.ran = '{0}'" x=' autofocus onfocus='window.ran = 1"""
    """ [{0}](javascript:window.ran=1) <javascript:window.ran=1> <data:text/html,x>"""
    """ <!--[ proof("docs/index.md") ]--> *{0}* `{0}` &lt;b&gt;"""
)
RULES = """
groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: %(expr)s
        for: %(for)s
        labels: {severity: %(severity)s, owner: %(owner-of-rule)s}
        annotations: {summary: %(summary)s, runbook_url: "javascript:window.ran=1"}
"""
SKILL = """\
---
status: complete
progress: %(progress)s
last_touched: %(last-touched)s
touched_by: %(touched-by)s
parent: %(parent)s
blocking: [%(blocking)s]
enables: [%(enables)s]
session_notes: %(session-notes)s
phase_ledger:
  PLAN: complete
  RESEARCH: %(status-of-phase)s
  DEVELOP: skipped  # reason: %(raw:reason-of-phase)s
  MEASURE: deferred  # reason: x; risk: %(raw:risk)s; fallback: y; owner: %(raw:owner-of-debt)s
entropy: {planned: 0.05, spent: 0.01, returned: 0.0}
rules: [rules.yaml]
docs: [docs/alerts/ShopDown.md]
handles: {shop: "javascript:window.ran=1", data: "data:text/html,x"}
---

# %(raw:title-of-skill)s

## Exit criteria

- [ ] %(raw:criterion)s

## EDUCATE

### Audience map

| Audience | Wants |
| --- | --- |
| %(raw:audience)s | x |
"""
PAGE = """\
---
title: ShopDown
skill: shop
owner: %(owner)s
escalate: %(escalate)s
task: %(task)s
reasons:
  later:
    text: %(reason)s
    risk: %(risk-of-reason)s
    owner: %(owner-of-reason)s
    fallback: %(fallback)s
parameters: {SHOP: {example: %(example)s, find: %(find)s}}
---

# ShopDown

<!--[ alert() ]-->

<!--[ verified() ]-->

## Verify { #verify }

```bash {.verify name=good}
cat <<'END'
</code></pre><script>window.ran = "command"</script>" onmouseover="window.ran = 1
END
```
```text {.expect}
</code></pre><script>window.ran = "expected"</script>
```

```bash {.verify name=bad expect=none}
false
```

```bash {.skip reason=later}
true
```
"""
TITLED = """\
---
title: %(title)s
description: %(description)s
owner: javascript:window.ran=1
escalate: data:text/html,<script>window.ran=1</script>
---

# A page

<!--[ verified() ]-->

```bash {.verify name=one expect=none}
true
```
"""
EPILOGUE = """\
---
skill: shop
phase: PLAN
date: 2026-11-20
status: complete
forced: %(forced)s
---

# Epilogue

## Summary

%(raw:summary-of-epilogue)s

- Gate: %(raw:gate)s

## Decision

%(raw:decision)s

## Continuation

%(raw:continuation)s
"""
CHANGELOG = "# Changelog\n\n## Unreleased\n\n### Added\n\n- %(raw:change)s\n"
MACROS = {
    "forest": ("forest()", "forest_graph()", "standing()"),
    "alerts/index": ("alerts()", "quick_reference()"),
    "proof": ('proof("docs/alerts/ShopDown.md")', 'proof("docs/alerts/ShopDown.md", "bad")'),
    "parts": ('debts("shop")', 'audience("shop")', 'branch_candidates("shop")'),
    "project": ("evidence()", "deferred_tests()"),
    "epilogues": ("epilogues()",),
    "release-notes": ("release_notes()",),
    "skills/shop": ("skill_page()",),
}
# Of a continuation only the marks are shown.
NOT_SHOWN = {"continuation"}


def bad(field: str) -> str:
    """What somebody writes who wants more than to be read."""
    return BREAK_OUT.format(field)


def fill(template: str) -> str:
    """Put a hostile text into each field of a file, quoted unless the field is raw."""

    def one(field: re.Match[str]) -> str:
        raw, name = field[1], field[2]
        return bad(name) if raw else json.dumps(bad(name))

    return re.sub(r"%\((raw:)?([\w-]+)\)s", one, template)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site in which every text that is shown was written by somebody hostile."""
    site = Site(tmp_path_factory.mktemp("hostile") / "project")
    site.write("rules.yaml", fill(RULES))
    site.write("skills/shop.md", fill(SKILL))
    site.write("docs/alerts/ShopDown.md", fill(PAGE))
    site.write("docs/titled.md", fill(TITLED))
    site.write("epilogues/2026-11-20-shop-plan.md", fill(EPILOGUE))
    site.write("CHANGELOG.md", fill(CHANGELOG))
    for name, macros in MACROS.items():
        head = "" if name == "skills/shop" else "---\nskill: shop\n---\n\n# T\n"
        site.write(f"docs/{name}.md", head + "".join(f"\n<!--[ {m} ]-->\n" for m in macros))
    site.lock("alerts/ShopDown.md", bad="failed")
    evidence(site)
    result = site.build()
    assert result.returncode == 0, result.stderr
    return site


def evidence(site: Site) -> None:
    """Make what a run has noted hostile: the versions, the reason of a failure, the output."""
    lock = site.root / "evidence/alerts/ShopDown.json"
    noted = json.loads(lock.read_text("utf-8"))
    noted["versions"] = {"kubernetes": bad("version"), bad("name-of-version"): "1"}
    lock.write_text(json.dumps(noted), "utf-8")
    page = site.read("alerts/ShopDown.md")
    text = {"reason": bad("reason-of-failure"), "stdout": bad("stdout"), "stderr": bad("stderr")}
    blocks = [
        {
            "name": block.name,
            "sha256": block.sha256,
            "seconds": 1.5,
            "result": "failed" if block.name == "bad" else "passed",
            "exit": {"expected": 0, "got": bad("exit")},
            **text,
        }
        for block in page.verified_blocks
    ]
    record = json.dumps({"predicate": {"phaseLedger": {"blocks": blocks}}})
    site.write(".ledger/runs/alerts/ShopDown.json", record)


@pytest.fixture(scope="module")
def context(built: Site, browser: Browser) -> Iterator[BrowserContext]:
    """A browser in which the site stands at an address of its own."""
    context = browser.new_context(base_url=ORIGIN)

    def serve(route: Route) -> None:
        path = built.root / "site" / unquote(urlsplit(route.request.url).path).lstrip("/")
        path = path / "index.html" if path.is_dir() else path
        route.fulfill(path=path) if path.is_file() else route.abort()

    context.route("**/*", serve)
    yield context
    context.close()


@pytest.fixture(scope="module")
def opened(built: Site, context: BrowserContext) -> dict[str, Page]:
    """Each page of that site, by its path."""
    pages = {}
    for path in sorted((built.root / "site").rglob("index.html")):
        name = path.parent.relative_to(built.root / "site").as_posix()
        pages[name] = context.new_page()
        pages[name].goto(f"/{name}/")
    return pages


def description(page: Page) -> str:
    """What a page says of itself to those who list pages."""
    return page.locator("meta[name=description]").get_attribute("content") or ""


def test_nothing_that_was_written_runs(opened: dict[str, Page]) -> None:
    events = "['load', 'error', 'mouseover', 'focus', 'click']"
    each = "document.querySelectorAll('article *:not(a, summary)')"
    for name, page in opened.items():
        page.wait_for_load_state("networkidle")
        page.evaluate(f"{each}.forEach(e => {events}.forEach(t => e.dispatchEvent(new Event(t))))")
        assert page.evaluate("window.ran") is None, name


def test_no_element_comes_from_a_text(opened: dict[str, Page]) -> None:
    handlers = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
    for name, page in opened.items():
        assert page.locator("article :is(script, img, iframe, object, embed)").count() == 0, name
        assert page.evaluate(f"{handlers}.filter(a => a.startsWith('on'))") == [], name


def test_every_link_leads_to_a_page(opened: dict[str, Page]) -> None:
    addresses = "[...document.querySelectorAll('[href], [src]')].map(e => e.href || e.src)"
    for name, page in opened.items():
        found = {str(url).partition(":")[0] for url in page.evaluate(addresses)}
        assert found == {"https"}, name


def test_what_the_search_shows_is_text(context: BrowserContext) -> None:
    page = context.new_page()
    for words in ("title window", "criterion window", "expected window"):
        page.goto("/")
        page.locator("input.md-search__input").click()
        page.keyboard.type(words)
        first = page.locator(".md-search-result__item").first
        expect(first).to_contain_text("window.ran =")
        assert page.evaluate("window.ran") is None
        assert page.locator(".md-search-result :is(img, script, [onload])").count() == 0


def test_every_text_is_shown_as_it_is(opened: dict[str, Page]) -> None:
    templates = (RULES, SKILL, PAGE, TITLED, EPILOGUE, CHANGELOG)
    fields = {name for text in templates for name in re.findall(r"%\((?:raw:)?([\w-]+)\)s", text)}
    fields |= {"version", "name-of-version", "reason-of-failure", "stdout", "stderr", "exit"}
    texts = [page.locator("article").text_content() or "" for page in opened.values()]
    texts += [text for page in opened.values() for text in (page.title(), description(page))]
    shown = {name for name in fields for text in texts if f"{name}</code></pre>" in text}
    assert fields - shown == NOT_SHOWN
    commands = opened["alerts/ShopDown"].locator(".lg-block").first
    assert '"command"</script>" onmouseover=' in (commands.get_attribute("data-copy") or "")
    assert '"command"</script>" onmouseover=' in commands.inner_text()
