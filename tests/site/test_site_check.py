"""What is wrong with a built site is found, and the site that MkDocs has just built is sound."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.errors import UsageError
from ledger.site.check import RULES, Checked, check
from ledger.site.check_html import BuiltPage, css_loads
from tests.site.building import Site

BLOCKS = """\
## First { #first }

```bash {.verify name=save expect=none}
nats stream ls --json | jq '.[] | "<\\(.)>"'
```

```bash {.verify name=mend mutates undo=save expect=none}
nats stream add 'A & B' \\
	--defaults
```
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("check") / "project")
    site.page("runbook/save.md", BLOCKS + "\n[up](../index.md#home) <b id='raw'>x</b>\n")
    site.page("runbook/index.md", "No command.\n")
    site.write("docs/index.md", "# Home { #home }\n\n[save](runbook/save.md#mend)\n")
    site.lock("runbook/save.md")
    result = site.build()
    assert result.returncode == 0, result.stderr
    return site


@pytest.fixture
def site(whole: Site, tmp_path: Path) -> Iterator[Site]:
    """The built site, to be damaged."""
    shutil.copytree(whole.root / "site", tmp_path / "site")
    before, whole.root = whole.root, tmp_path
    yield whole
    whole.root = before


def found(site: Site) -> Checked:
    return check(site.project, site.root / "site")


def damage(site: Site, name: str, old: str, new: str) -> None:
    path = site.root / "site" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_what_was_just_built_is_sound(site: Site) -> None:
    told = found(site)
    assert told.problems == []
    assert (told.pages, told.commands) == (4, 2)
    assert told.links > 10


def test_every_rule_has_its_own_code() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)


END = "</article>"
PAGE = "runbook/save/index.html"
BAD = {
    "page": ('<a href="../gone/">x</a>', "S101", "../gone/ leads to no page"),
    "anchor": ('<a href="#gone">x</a>', "S101", "#gone leads to no anchor of that page"),
    "anchor-there": (
        '<a href="../../#gone">x</a>',
        "S101",
        "../../#gone leads to no anchor of that page",
    ),
    "own-address": (
        '<a href="https://phase-ledger.example/gone/">x</a>',
        "S101",
        "https://phase-ledger.example/gone/ leads to no page",
    ),
    "script": ('<script src="https://a.example/x.js"></script>', "S102", "https://a.example/x.js"),
    "protocol": ('<img src="//a.example/x.png">', "S102", "//a.example/x.png is loaded"),
    "frame": ('<iframe src="http://a.example/"></iframe>', "S102", "http://a.example/ is loaded"),
    "sheet": ('<link rel=stylesheet href="https://a.example/x.css">', "S102", "https://a.example"),
    "connect": ('<link rel=preconnect href="https://a.example">', "S102", "https://a.example is"),
    "set": ('<img srcset="a.png 1x, https://a.example/b.png 2x">', "S102", "https://a.example/b"),
    "style": ('<p style="background: url(https://a.example/x)">', "S102", "https://a.example/x"),
    "styles": ("<style>@import 'https://a.example/x';</style>", "S102", "https://a.example/x is"),
    "image": ('<img src="gone.png">', "S103", "gone.png is no file of the site"),
    "more": ('<div class="lg-block" data-copy="a"><code>a</code></div>', "S104", "does not run"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_raw_html_can_do_is_found(site: Site, case: str) -> None:
    html, code, what = BAD[case]
    damage(site, PAGE, END, f"{html}{END}")
    problem = next(p for p in found(site).problems if p.code == code)
    assert problem.where == str(site.root / "site" / PAGE)
    text = (site.root / "site" / PAGE).read_text("utf-8")
    assert html in text.splitlines()[problem.line - 1]
    assert what in problem.what


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://a.example/gone">x</a>',
        '<a href="mailto:a@a.example">x</a>',
        '<a href="#raw">x</a>',
        '<a href="../../index.html#home">x</a>',
        '<a href="https://phase-ledger.example/runbook/save/#mend">x</a>',
        '<img src="data:image/png;base64,AAAA">',
        '<link rel="canonical" href="https://a.example/">',
        '<p style="mask: url(#shape)">',
        "<!-- <img src=https://a.example/x.png> -->",
    ],
)
def test_what_is_alive_or_asks_nobody_is_left_alone(site: Site, html: str) -> None:
    damage(site, PAGE, END, f"{html}{END}")
    assert found(site).problems == []


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("--defaults\n<", "--default\n<", "is shown, docs/runbook/save.md:"),
        ('data-copy="nats stream ls', 'data-copy="nats stream rm', "is copied, docs/runbook/save"),
        ('class="lg-block', 'class="other', "is shown, docs/runbook/save.md:"),
        ("&#9;--", "    --", "is copied, docs/runbook/save.md:"),
    ],
)
def test_a_command_that_is_not_the_one_that_runs_is_found(
    site: Site, old: str, new: str, what: str
) -> None:
    damage(site, PAGE, old, new)
    problems = found(site).problems
    assert {p.code for p in problems} == {"S104"}
    assert any(what in problem.what for problem in problems)


def test_a_page_that_is_not_on_the_site_is_found(site: Site) -> None:
    (site.root / "site" / PAGE).unlink()
    told = [p.what for p in found(site).problems if p.code == "S104"]
    assert told == ["docs/runbook/save.md is not on the site, and its commands run"]


def test_a_style_sheet_that_asks_another_host_is_found(site: Site) -> None:
    (site.root / "site/assets/ledger.css").write_text("a { b: url('https://a.example/x.woff') }")
    (problem,) = found(site).problems
    assert (problem.code, Path(problem.where).name) == ("S102", "ledger.css")


def test_no_site_is_no_traceback(tmp_path: Path, whole: Site) -> None:
    with pytest.raises(UsageError, match="no site there"):
        check(whole.project, tmp_path)


def test_a_style_sheet_is_read_as_a_browser_reads_it() -> None:
    text = "url(a) url('b') url( \"c\" ) url(data:x) url(#d) @import 'e'; @import url(f);"
    assert list(css_loads(text)) == ["a", "b", "c", "e", "f"]


def test_the_command_is_the_last_code_of_its_block() -> None:
    page = BuiltPage(
        '<div class="x lg-block" data-copy="a"><p><code>b</code></p><div><pre><code>'
        "<span>a</span>\n</code></pre></div></div><code>c</code>"
    )
    assert [(c.shown, c.copied) for c in page.commands] == [("a", "a")]


def test_a_command_is_read_to_the_character() -> None:
    page = BuiltPage(
        '<div class="lg-block" data-copy="&#9;\'&lt;&#10;&#13;"><code><i>\t\x1b[0m</i>\n'
        "<!-- b -->&amp;lt; \U0001f600</code></div>"
    )
    assert [(c.shown, c.copied) for c in page.commands] == [
        ("\t\x1b[0m\n&lt; \U0001f600", "\t'<\n\r")
    ]


@pytest.mark.parametrize("html", ["", "\n", "<!-- a -->", "a"])
def test_a_file_without_an_element_holds_nothing(html: str) -> None:
    page = BuiltPage(html)
    assert (page.anchors, page.links, page.loads, page.commands) == (set(), [], [], [])
