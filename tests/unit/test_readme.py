"""The files that are read first claim nothing that is not so."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from ledger.cli import COMMANDS
from ledger.cli.parser import build
from tests.support.proofs import missing

ROOT = Path(__file__).parents[2]
FILES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md")
FENCE = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)[^)]*\)|src=\"([^\"]+)\"")
PROOF = re.compile(r"\[test\]\((\S+) \"(\w+)\"\)")
PICTURE = ROOT / "docs/assets/verified-page.png"
MOST = 150_000
every_file = pytest.mark.parametrize("file", FILES)


def text_of(file: str) -> str:
    return (ROOT / file).read_text("utf-8")


def commands(file: str) -> list[list[str]]:
    """The words of every command that a file shows, in a fence or in a table."""
    text = text_of(file)
    lines = [line for fence in FENCE.findall(text) for line in fence.splitlines()]
    lines += re.findall(r"`((?:make|ledger|\.venv/bin/ledger) [^`]+)`", text)
    return [words for line in lines if (words := shlex.split(line, comments=True))]


@every_file
def test_every_make_target_is_there(file: str) -> None:
    rules = re.findall(r"^([\w%-]+):", text_of("Makefile"), re.MULTILINE)
    targets = re.compile("|".join(rule.replace("%", r"\w+") for rule in rules))
    named = {words[1] for words in commands(file) if words[0] == "make" and len(words) > 1}
    assert {name for name in named if not targets.fullmatch(name)} == set()


def test_every_folder_of_tests_has_its_command() -> None:
    folders = {path.parent.name for path in ROOT.glob("tests/*/test_*.py")}
    told = re.findall(r"`(?:make|pytest) (?:test-)?([\w/]+)`", text_of("CONTRIBUTING.md"))
    assert folders - set(told) - {"mutation"} == set()


@every_file
def test_every_ledger_command_can_be_typed(file: str) -> None:
    for program, *words in commands(file):
        if program.endswith("ledger") and words != ["--help"]:
            assert callable(build(COMMANDS, words).parse_args(words).run), words


@every_file
def test_every_link_leads_somewhere(file: str) -> None:
    links = {link for pair in LINK.findall(text_of(file)) for link in pair if link}
    dead = [
        link
        for link in links
        if not link.startswith("https://")
        and not (ROOT / file).parent.joinpath(link.partition("#")[0]).exists()
    ]
    assert dead == []


def rows(text: str) -> list[list[str]]:
    found = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found]


def test_the_comparison_is_that_of_its_page() -> None:
    head, _, *page = rows(text_of("docs/reference/comparison.md").partition("{ #proof }")[0])
    known = {row[0]: dict(zip(head, row, strict=True)) for row in page}
    (_, *tools, _), _, *short = rows(text_of("README.md"))
    assert len(short) > 8
    for feature, *cells, proof in short:
        assert cells == [known[feature][tool] for tool in tools]
        assert (cells[0] == "·") == (proof == "-")


def test_every_claim_of_the_comparison_has_a_test() -> None:
    proofs = [f"{file}::{name}" for file, name in PROOF.findall(text_of("README.md"))]
    assert len(proofs) > 6
    assert missing(proofs) == set()


def test_the_numbers_of_the_comparison_are_its_own() -> None:
    head, _, *page = rows(text_of("docs/reference/comparison.md").partition("{ #proof }")[0])
    assert f"[{len(head) - 2} tools and {len(page)} features]" in text_of("README.md")


def test_the_picture_is_one_and_small() -> None:
    assert PICTURE.read_bytes().startswith(b"\x89PNG")
    assert PICTURE.stat().st_size < MOST


def test_the_architecture_names_every_layer_and_folder() -> None:
    page = text_of("docs/reference/index.md")
    settings = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]
    layers = [
        {name.strip().removeprefix("ledger.") for name in layer.split("|")}
        for layer in settings["contracts"][0]["layers"]
    ]
    table = page.partition("{ #layers }")[2].partition("\n## ")[0]
    told = [set(re.findall(r"`(\w+)`", row[0])) for row in rows(table)[2:]]
    assert told == layers
    folders = {row[0].strip("`/") for row in rows(page.partition("{ #folders }")[2])}
    there = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."}
    assert there - {"site", "dist", "build"} <= folders
    begin = page.partition("{ #begin }")[2].partition("\n## ")[0]
    for cell in (row[1] for row in rows(begin)[2:]):
        folder = ""
        for name in re.findall(r"`([\w/]+(?:\.py)?)`", cell):
            folder = name.rpartition("/")[0] if name.startswith("ledger/") else folder
            path = name if name.startswith("ledger/") else f"{folder}/{name}"
            assert (ROOT / path).exists(), path
