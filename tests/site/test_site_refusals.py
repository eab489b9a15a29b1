"""What must not be published fails the build, and the message says where and what to do."""

from __future__ import annotations

import pytest

from ledger.errors import PageError
from ledger.pages.block import Block
from ledger.site import compare
from tests.site.building import HEADER, Site

GOOD = "```bash {.verify name=one expect=none}\nls\n```\n"

BAD = {
    "no-marker": ("# P\n\n" + GOOD, "does not say what is known of them"),
    "skip-without-marker": (
        "---\nreasons: {r: why}\n---\n\n```bash {.skip reason=r}\nls\n```\n",
        "does not say what is known of them",
    ),
    "bare-fence": ("# P\n\n```bash\nls\n```\n", "a bare bash fence"),
    "undefined": ("# P\n\n<!--[ typo ]-->\n", "'typo' is undefined"),
    "syntax": ("# P\n\n<!--% if %-->\n", "Macro Syntax Error"),
    "unknown-macro": ("# P\n\n<!--[ verify() ]-->\n", "'verify' is undefined"),
    "macro-in-fence": (
        HEADER + GOOD.replace("ls", "ls <!--[ title ]-->"),
        "the site shows 'ls A page', what runs is 'ls <!--[ title ]-->'",
    ),
    "one-fewer": (
        HEADER + "<!--% if false %-->\n\n" + GOOD + "\n<!--% endif %-->\n",
        "docs/page.md:16: the site does not show this command: 'ls'",
    ),
    "one-more": (
        HEADER + GOOD + '\n<!--[ "```bash {.show}" ]-->\nls -l\n<!--[ "```" ]-->\n',
        "the site shows a command that does not run: 'ls -l'",
    ),
    "other-name": (
        HEADER + "<!--% set n = 'two' %-->\n\n" + GOOD.replace("one", "<!--[n]-->"),
        "docs/page.md",
    ),
    "blanks-at-the-end": (
        HEADER + GOOD.replace("ls", "ls  "),
        "blanks end this command, and a copy button drops them",
    ),
    "twin-anchor": (HEADER + "## One { #one }\n\n" + GOOD, "is the anchor of something else"),
    "broken-front-matter": ("---\na: [\n---\n\n<!--[ verified() ]-->\n" + GOOD, "docs/page.md:"),
    "broken-evidence": (HEADER + GOOD, "evidence/page.json: not evidence"),
    "two-pages": (
        HEADER
        + '<div hidden data-ledger-page="docs/index.md" data-ledger-url=""></div>\n\n'
        + GOOD,
        "verified() of two pages",
    ),
    "proof-of-no-page": ('# P\n\n<!--[ proof("docs/x.md") ]-->\n', "docs/x.md: no such page"),
    "proof-of-no-block": (
        '# P\n\n<!--[ proof("docs/index.md", "x") ]-->\n',
        "docs/index.md: no block 'x'",
    ),
    "missing-link": (HEADER + "[x](nowhere.md)\n", "nowhere.md"),
    "missing-anchor": (HEADER + "[x](#nowhere)\n", "no such anchor"),
    "absolute-link": (HEADER + "[x](/index/)\n", "absolute link"),
}


@pytest.mark.parametrize("case", BAD)
def test_the_build_fails(site: Site, case: str) -> None:
    text, message = BAD[case]
    site.write("docs/page.md", text.replace("{title}", "A page"))
    if case == "broken-evidence":
        site.write("evidence/page.json", "{}")
    result = site.build()
    assert result.returncode != 0
    assert message in result.stderr + result.stdout


def test_the_same_page_without_the_defect_builds(site: Site) -> None:
    site.page("page.md", "## Two { #two }\n\n[here](#one), [there](index.md)\n\n" + GOOD)
    result = site.build()
    assert result.returncode == 0, result.stderr


def test_a_page_outside_the_navigation_fails(site: Site) -> None:
    site.write("docs/page.md", "# P\n")
    config = site.root / "mkdocs.yml"
    site.build()
    config.write_text(config.read_text("utf-8").replace("  - page.md\n", ""), "utf-8")
    result = site.build(configure=False)
    assert result.returncode != 0
    assert "page.md" in result.stderr


def test_highlighting_that_changes_a_command_is_refused() -> None:
    block = Block("verify", "one", "echo a", 3)
    compare.text(block, "<pre><code><span>echo</span> a\n</code></pre>", "p.md:3")
    with pytest.raises(PageError, match=r"p\.md:3: highlighting changes"):
        compare.text(block, "<pre><code>echo  a</code></pre>", "p.md:3")
