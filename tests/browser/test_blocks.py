"""Command blocks in a real browser: warnings in place, the form, links, paper, the keyboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import clipboard
from tests.browser.test_browser import contrast
from tests.site.building import Site

pytestmark = pytest.mark.browser

BLOCKS = """\
```bash {.verify name=save mutates undo=drop}
nats stream backup "${STREAM:?set STREAM}" /tmp/orders --consumers --check --no-progress
```
```text {.expect match=contains}
Received 3 bytes
```

```bash {.verify name=drop mutates irreversible expect=none}
nats stream rm "${STREAM:?set STREAM}" --force
```

```bash {.skip name=away reason=no-bucket}
aws s3 ls
```
"""
PARAMETERS = (
    "parameters:\n"
    "  STREAM: {example: ORDERS, find: nats stream ls}\n"
    "  BUCKET: {example: dr-backups}\n"
    "inputs:"
)
PRINTED = "<script>document.title = 'taken'</script> no space left [redacted]"
HOME = """\
# Home

<button class="lg-find" type="button" hidden>Search <kbd>/</kbd></button>

<div class="lg-doors" markdown>

- [Failed](failed.md)

    Something failed.

</div>

<!--[ standing() ]-->
"""
TABLE = """\
# Table

| `exit=` | It is | Go to |
| --- | --- | --- |
| `SUSPENDED_BY_SOMEBODY` is `true` | off | [Home](index.md) |
| nothing | | [Home](index.md) |

| Two | Columns |
| --- | --- |
| a | b |
"""
STATES = ("fresh", "failed", "stale", "never")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A page in each state, each with parameters, and a home page."""
    site = Site(tmp_path_factory.mktemp("blocks") / "project")
    site.write("docs/index.md", HOME)
    site.write("docs/table.md", TABLE)
    for name in STATES:
        path = site.page(f"{name}.md", BLOCKS, f"Page {name}")
        path.write_text(path.read_text("utf-8").replace("inputs:", PARAMETERS, 1), "utf-8")
    site.lock("fresh.md")
    stale = site.root / "docs/stale.md"
    site.lock("stale.md")
    stale.write_text(stale.read_text("utf-8").replace("--force", "-f"), "utf-8")
    site.lock("failed.md", save="failed", drop="not-run")
    sha = site.read("failed.md").blocks[0].sha256
    run: dict[str, Any] = {
        "name": "save",
        "sha256": sha,
        "result": "failed",
        "reason": "exit code: got 1",
    }
    run |= {"seconds": 1.5, "exit": {"expected": 0, "got": 1}, "stdout": PRINTED, "stderr": ""}
    record = {"predicate": {"phaseLedger": {"blocks": [run]}}}
    site.write(".ledger/runs/failed.json", json.dumps(record))
    result = site.build()
    assert result.returncode == 0, result.stderr
    return site


@pytest.fixture
def bare(browser: Browser, address: str) -> Iterator[Page]:
    """A page of a reader whose browser runs no script."""
    context = browser.new_context(base_url=address, java_script_enabled=False)
    yield context.new_page()
    context.close()


def press_to(page: Page, selector: str) -> None:
    """Go on with the Tab key until an element has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


EXPORTS = ".lg-parameters pre > code"


def test_values_are_kept_for_every_page_and_forgotten(page: Page) -> None:
    page.goto("/fresh/")
    check = page.get_by_text("Filled in from before")
    expect(check).to_be_hidden()
    page.get_by_label("STREAM").fill("it's")
    expect(page.locator(EXPORTS)).to_have_text("export STREAM='it'\\''s'\nexport BUCKET=")
    for name in ("fresh", "never"):
        page.goto(f"/{name}/")
        expect(page.get_by_label("STREAM")).to_have_value("it's")
        expect(page.locator(EXPORTS)).to_have_text("export STREAM='it'\\''s'\nexport BUCKET=")
        expect(check).to_be_visible()
    page.get_by_role("button", name="Forget").click()
    expect(page.locator(EXPORTS)).to_have_text("export STREAM=\nexport BUCKET=")
    expect(check).to_be_hidden()
    page.goto("/fresh/")
    expect(page.get_by_label("STREAM")).to_have_value("")
    assert page.evaluate("Object.keys(localStorage).filter(k => k.includes('STREAM'))") == []


def test_a_value_that_is_emptied_is_not_kept(page: Page) -> None:
    page.goto("/fresh/")
    page.get_by_label("BUCKET").fill("dr")
    page.get_by_label("BUCKET").fill("")
    assert page.evaluate("Object.keys(localStorage).filter(k => k.includes('BUCKET'))") == []


def test_nothing_is_sent_while_values_are_written(page: Page) -> None:
    page.goto("/fresh/", wait_until="networkidle")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_label("STREAM").fill("ORDERS")
    page.get_by_role("button", name="Forget").click()
    page.wait_for_timeout(300)
    assert sent == []


def test_the_form_works_with_the_keyboard(page: Page) -> None:
    page.goto("/fresh/")
    press_to(page, "#lg-STREAM")
    page.keyboard.type("ORDERS")
    page.keyboard.press("Tab")
    page.keyboard.type("dr")
    press_to(page, ".lg-parameters .highlight button")
    page.keyboard.press("Enter")
    wanted = "export STREAM=ORDERS\nexport BUCKET=dr"
    assert clipboard(page, wanted) == wanted
    press_to(page, ".lg-kept button")
    page.keyboard.press("Enter")
    expect(page.get_by_label("STREAM")).to_have_value("")
    expect(page.get_by_label("STREAM")).to_be_focused()


def test_a_browser_that_keeps_nothing_has_the_form_all_the_same(page: Page) -> None:
    refuse = "Storage.prototype.setItem = Storage.prototype.removeItem = () => { throw Error() }"
    page.add_init_script(refuse)
    page.goto("/fresh/")
    page.get_by_label("STREAM").fill("ORDERS")
    expect(page.locator(EXPORTS)).to_have_text("export STREAM=ORDERS\nexport BUCKET=")


def test_without_scripts_the_reader_gets_the_block_to_fill_in(bare: Page) -> None:
    bare.goto("/failed/")
    expect(bare.locator(EXPORTS)).to_have_text("export STREAM=\nexport BUCKET=")
    expect(bare.locator(".lg-parameters :is(input, button)").first).to_be_hidden()
    expect(bare.get_by_text("such as ORDERS")).to_be_visible()
    bare.locator("#save .lg-warning summary").click()
    expect(bare.locator("#save .lg-warning pre")).to_have_text(PRINTED)


@pytest.mark.parametrize(
    ("name", "block", "words"),
    [
        ("failed", "save", "It failed when it last ran."),
        ("failed", "drop", "It was not reached: save failed."),
        ("stale", "drop", "Nobody has proved it as it stands now."),
        ("never", "save", "No run has ever proved it."),
        ("fresh", "away", "Nobody has proved it here."),
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_warning_stands_right_above_its_command(
    page: Page, name: str, block: str, words: str, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"/{name}/")
    warning = page.locator(f"#{block} .lg-warning > p")
    expect(warning).to_contain_text(words)
    expect(warning).to_be_visible()
    boxes = [
        page.locator(f"#{block} {part}").bounding_box()
        for part in (".lg-head", ".lg-warning", "> .highlight pre")
    ]
    tops = [box["y"] + box["height"] for box in boxes if box]
    assert tops == sorted(tops)
    assert len(tops) == 3
    for part in ("> p", "summary", "details p"):
        if page.locator(f"#{block} .lg-warning {part}").count():
            assert contrast(page, f"#{block} .lg-warning {part}") >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "selector"),
    [
        ("fresh", ".lg-against > span"),
        ("fresh", ".lg-kept > span"),
        ("fresh", ".lg-kept button"),
        ("fresh", ".lg-parameters input"),
        ("", ".lg-find"),
        ("", ".lg-doors p:last-child"),
        ("", ".lg-standing .lg-mark"),
    ],
)
def test_what_stands_around_commands_has_contrast(
    page: Page, scheme: str, name: str, selector: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"/{name}")
    assert contrast(page, selector) >= 4.5


def test_a_proved_command_has_no_warning(page: Page) -> None:
    page.goto("/fresh/")
    expect(page.locator("#save .lg-head")).to_contain_text("verified on 2026-11-21")
    assert page.locator("#save .lg-warning").count() == 0


def test_why_it_failed_is_folded_and_opens_with_the_keyboard(page: Page) -> None:
    page.goto("/failed/")
    printed = page.locator("#save .lg-warning pre")
    expect(printed).to_be_hidden()
    press_to(page, "#save .lg-warning summary")
    page.keyboard.press("Enter")
    expect(printed).to_have_text(PRINTED)
    expect(page.locator("#save .lg-warning")).to_contain_text("expected 0, got 1")
    assert page.locator("#save .lg-warning button").count() == 0
    assert page.title() != "taken"


def test_a_failed_command_is_copied_as_it_runs(site: Site, page: Page) -> None:
    page.goto("/failed/")
    text = site.read("failed.md").blocks[0].text
    page.locator("#save > .highlight button").click()
    assert clipboard(page, text) == text


def test_the_link_to_a_command_is_copied_with_the_keyboard(page: Page, address: str) -> None:
    page.goto("/fresh/")
    press_to(page, "#drop .lg-anchor")
    page.keyboard.press("Enter")
    link = f"{address}/fresh/#drop"
    assert clipboard(page, link) == link
    assert page.url == link
    expect(page.locator("#drop")).to_be_in_viewport()


@pytest.mark.parametrize(
    "selector", ["#lg-STREAM", ".lg-kept button", "#save .lg-anchor", "#save summary", "#save a"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_focus_is_seen(page: Page, selector: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto("/failed/")
    press_to(page, selector)
    outline = page.evaluate(
        "(({ outlineStyle, outlineWidth }) => [outlineStyle, parseFloat(outlineWidth)])"
        "(getComputedStyle(document.activeElement))"
    )
    assert outline[0] == "solid"
    assert outline[1] >= 2


def test_on_paper_states_are_words_and_commands_are_whole(page: Page, address: str) -> None:
    page.goto("/failed/#drop")
    page.emulate_media(media="print")
    expect(page.locator("#save .lg-mark").first).to_have_text("failed on 2026-11-21")
    expect(page.locator("#save .lg-warning > p")).to_be_visible()
    expect(page.locator("#save .lg-warning details")).to_be_hidden()
    expect(page.locator(".lg-parameters .highlight, .lg-kept").first).to_be_hidden()
    expect(page.locator(".md-clipboard").first).to_be_hidden()
    cut = "codes => codes.filter(code => code.scrollWidth > code.clientWidth + 1).length"
    assert page.locator("article pre > code").evaluate_all(cut) == 0
    origin = page.locator(".lg-printed")
    expect(origin).to_be_visible()
    text = rf"{re.escape(address)}/failed/, printed \d{{4}}-\d\d-\d\d \d\d:\d\d UTC"
    expect(origin).to_have_text(re.compile(rf"^{text}$"))


def test_what_is_filled_in_is_printed(page: Page) -> None:
    page.goto("/fresh/")
    page.get_by_label("STREAM").fill("ORDERS")
    page.emulate_media(media="print")
    expect(page.locator(EXPORTS)).to_be_visible()


def test_a_short_page_is_one_sheet(page: Page) -> None:
    page.goto("/failed/")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1


def test_on_the_screen_the_origin_of_a_print_is_not_shown(page: Page) -> None:
    page.goto("/fresh/")
    expect(page.locator(".lg-printed")).to_be_hidden()


@pytest.mark.parametrize("name", ["", *STATES])
def test_a_phone_shows_all_of_it(page: Page, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/{name}")
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
    assert page.locator(".lg-block > .highlight code, .lg-warning, .lg-head").evaluate_all(cut) == 0


def test_on_a_phone_the_rows_of_a_wide_table_stack(page: Page) -> None:
    page.goto("/table/")
    wide, narrow = page.locator("article table").all()
    cells = wide.locator("tbody td")

    def lefts() -> list[float]:
        return [box["x"] for box in (cell.bounding_box() for cell in cells.all()[:3]) if box]

    assert lefts() == sorted(set(lefts()))
    page.set_viewport_size({"width": 390, "height": 844})
    assert len(set(lefts())) == 1
    expect(wide.locator("thead")).to_be_hidden()
    expect(narrow.locator("thead")).to_be_visible()
    label = "cell => getComputedStyle(cell, '::before').content"
    assert [cells.nth(n).evaluate(label) for n in (0, 1)] == ['"exit="', '"It is: "']
    expect(cells.nth(4)).to_be_hidden()
    lines = "code => code.offsetHeight"
    first, second = cells.first.locator("code").all()
    assert first.evaluate(lines) == second.evaluate(lines)


def test_nothing_moves_for_those_who_asked_for_that(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/failed/")
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(element => {
          const style = getComputedStyle(element);
          return parseFloat(style.transitionDuration) > 0 || style.animationName !== 'none';
        }).length"""
    )
    assert moving == 0


def test_the_home_page_opens_the_search(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Search /").click()
    expect(page.locator("input.md-search__input")).to_be_focused()


def test_a_door_of_the_home_page_opens_wherever_it_is_clicked(page: Page, address: str) -> None:
    page.goto("/")
    page.locator(".lg-doors li").click(position={"x": 100, "y": 50})
    page.wait_for_url(f"{address}/failed/")


def test_the_home_page_names_what_does_not_hold(page: Page) -> None:
    page.goto("/")
    box = page.locator(".lg-standing")
    expect(box).to_contain_text("1 of 4 pages hold")
    names = box.get_by_role("link").all_inner_texts()
    assert names == ["Page failed", "Page never", "Page stale"]
