"""The same sources build with Zensical, and its readers get the same."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.site.building import ROOT, Site
from tools.zensical import builds
from tools.zensical.compare import contents, differences

PROGRAM = ROOT / ".ledger/zensical/bin/zensical"
BLOCK = "```bash {.verify name=list expect=none}\nls ${#x[@]} {{ y }}\n```\n"
PAGE = '<article><h1 id="top">T</h1><p>text</p><div id="a" data-copy="ls -l">ls</div></article>'


def site(folder: Path, **pages: str) -> Path:
    """A built site of some pages."""
    folder.mkdir()
    for name, html in pages.items():
        (folder / f"{name}.html").write_text(html, "utf-8")
    return folder


def test_two_sites_that_read_alike_do_not_differ(tmp_path: Path) -> None:
    ours = site(tmp_path / "ours", index=PAGE)
    theirs = site(tmp_path / "theirs", index=PAGE.replace("<p>", '<p class="x">'), more=PAGE)
    assert list(differences(contents(ours), contents(theirs))) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('"ls -l"', '"ls"', "index.html: another text is copied"),
        ('id="a" ', "", "index.html: no anchor a"),
        (">text<", ">else<", "index.html: another text, from here: text"),
        ("<p>text</p>", "", "index.html: another text, from here: text"),
    ],
)
def test_what_the_reader_would_miss_is_told(
    tmp_path: Path, before: str, after: str, told: str
) -> None:
    ours = site(tmp_path / "ours", index=PAGE)
    theirs = site(tmp_path / "theirs", index=PAGE.replace(before, after))
    assert list(differences(contents(ours), contents(theirs))) == [told]


def test_a_page_that_is_not_built_is_told(tmp_path: Path) -> None:
    ours = contents(site(tmp_path / "ours", index=PAGE))
    assert list(differences(ours, {})) == ["index.html: no such page"]


def test_a_build_that_cannot_run_says_why(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_text("site_name: x\n", "utf-8")
    with pytest.raises(builds.BuildError, match="no-such-program"):
        builds.zensical(tmp_path, tmp_path / "no-such-program", tmp_path / "site")


@pytest.mark.skipif(not PROGRAM.is_file(), reason="make zensical installs it")
def test_a_site_is_the_same_by_both(tmp_path: Path) -> None:
    project = Site(tmp_path / "project")
    project.page("runbook/page.md", f"[up](../index.md)\n\n{BLOCK}\n??? note\n\n    - x\n")
    project.lock("runbook/page.md")
    project.page("text.md", "None.\n", title="'<b>A</b> & it''s so'")
    project.write("docs/index.md", "# Home { #home }\n\n[here](#<!--[ 'home' ]-->)\n")
    project.configure()
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    builds.mkdocs(project.root, ours)
    shutil.copytree(ROOT / "ledger", project.root / "ledger")
    warned = builds.zensical(project.root, PROGRAM, theirs)
    pages = contents(ours)
    assert list(differences(pages, contents(theirs))) == []
    assert pages["runbook/page/index.html"].copied == [
        project.read("runbook/page.md").blocks[0].text
    ]
    for built in (ours, theirs):
        page = BeautifulSoup((built / "index.html").read_text("utf-8"), "html.parser")
        assert page.select("nav b") == []
        assert "<b>A</b> & it's so" in page.get_text()
    # A link whose target a macro writes is looked for before the macro has run.
    assert warned == ["index.md:3:9: anchor does not exist"]


def test_what_git_does_not_know_is_not_built(tmp_path: Path) -> None:
    project = Site(tmp_path / "project")
    project.write(".gitignore", "secret\n.ledger\n")
    project.write("secret", "x")
    project.write(".ledger/runs/page.json", "{}")
    subprocess.run(["git", "init", "-q"], cwd=project.root, check=True)
    builds.copy(project.root, tmp_path / "copy")
    copied = {path.name for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert {"mkdocs.yml", "index.md", "page.json"} <= copied
    assert "secret" not in copied
