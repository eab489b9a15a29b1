"""`ledger verify --update`: what came back goes into the page, and nothing else changes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.pages.block import Expectation
from ledger.verify.expect import compare
from ledger.verify.renew import ByHand, renewed

LEDGER = str(Path(sys.executable).with_name("ledger"))
HEAD = "---\ncluster: false\n---\n"


def block(name: str, command: str, expected: str, match: str = "exact") -> str:
    attributes = f"{{.expect match={match}}}"
    return (
        f"```bash {{.verify name={name}}}\n{command}\n```\n\n"
        f"```text {attributes}\n{expected}\n```\n"
    )


@pytest.mark.parametrize(
    ("match", "expected", "got", "new"),
    [
        ("exact", "a\nb", "a\nc\n", "a\nc"),
        (
            "like",
            "NAME    AGE\nnats-0  5d\nold 1",
            "NAME AGE\nnats-0 3m\nnew 2\n",
            "NAME    AGE\nnats-0  5d\nnew 2",
        ),
        ("like", "a 5d", "b 3s\na 9s\n", "b 3s\na 5d"),
        (
            "regex",
            "id \\d+\nstate: ok",
            "id 77\nstate: (bad) 1.5\n",
            "id \\d+\nstate: \\(bad\\) 1\\.5",
        ),
        ("regex", "a.\na.\nb", "ab\nac\nc\n", "a.\na.\nc"),
        ("regex", "gone\n\\w+ up", "nats up\n", "\\w+ up"),
        (
            "contains",
            "...\nready: 1\n...\nend",
            "x\nready: 2\ny\nthe end\n",
            "...\nready: 2\n...\nend",
        ),
        ("contains", "all ok\ncount: 10", "all ok, I think\ncount: 11\n", "all ok\ncount: 11"),
        (
            "json",
            '{"a": 1,\n  "b": {"c": [1, 2]}}',
            '{"z": 0, "a": 2, "b": {"c": [1, 2, 3]}}',
            '{"a": 2,\n  "b": {"c": [1, 2]}}',
        ),
        (
            "json",
            '{"a": [ {"n": "x", "v": 1}, {"n": "y"} ]}',
            '{"a": [{"n": "x", "v": 2}, {"n": "y", "w": 0}]}',
            '{"a": [ {"n": "x", "v": 2}, {"n": "y"} ]}',
        ),
        ("json", "[1, 2]", "[3]", "[3]"),
        (
            "json",
            '{"a{}[],:\\"": "é", "b": null}',
            '{"a{}[],:\\"": "ü\\n", "b": false}',
            '{"a{}[],:\\"": "ü\\n", "b": false}',
        ),
    ],
)
def test_what_matches_stays_and_the_rest_is_what_came_back(
    match: str, expected: str, got: str, new: str
) -> None:
    assert compare(Expectation(match, expected), got)
    assert renewed(Expectation(match, expected), got) == new
    assert compare(Expectation(match, new), got) is None


@pytest.mark.parametrize(
    ("match", "expected", "got"),
    [
        ("exact", "a", "\n\n"),
        ("exact", "a", "\nb\n"),
        ("contains", "ready", "something else\n"),
        ("json", '{"a": 1}', "{}"),
        ("json", '{"a": 1}', "no JSON"),
        ("json", "{", "{}"),
    ],
)
def test_what_no_rule_renews_is_left_to_a_person(match: str, expected: str, got: str) -> None:
    with pytest.raises(ByHand):
        renewed(Expectation(match, expected), got)


class Site:
    """A project with one page, and the command in it."""

    def __init__(self, root: Path) -> None:
        self.root, self.page = root, root / "docs/page.md"
        self.page.parent.mkdir()
        names = "[admonition, pymdownx.superfences, pymdownx.snippets]"
        (root / "mkdocs.yml").write_text(f"markdown_extensions: {names}\n")

    def update(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [LEDGER, "verify", "--update", *words], cwd=self.root, capture_output=True, text=True
        )

    def written(self, text: str, code: int = 0) -> str:
        """What a page becomes, byte for byte."""
        self.page.write_bytes(text.encode())
        done = self.update("--write")
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done
        return self.page.read_bytes().decode()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


TWO = (
    HEAD
    + "Text.\n\n"
    + block("one", "echo 1; echo 5s", "0\n7d", "like")
    + "\nMore.\n\n"
    + block("two", "echo 2", "9")
)


def test_a_diff_is_shown_and_nothing_is_written(site: Site) -> None:
    site.page.write_text(TWO)
    done = site.update()
    assert done.returncode == 1
    assert "--- a/docs/page.md\n+++ b/docs/page.md\n" in done.stdout
    assert [line for line in done.stdout.splitlines() if line[:1] in "+-"][2:] == [
        "-0",
        "+1",
        "-9",
        "+2",
    ]
    assert site.page.read_text() == TWO


def test_every_block_that_ran_is_renewed_and_then_passes(site: Site) -> None:
    assert site.written(TWO) == TWO.replace("\n0\n7d\n", "\n1\n7d\n").replace("\n9\n", "\n2\n")
    again = site.update()
    assert again.returncode == 0
    assert "---" not in again.stdout


def test_json_keeps_standard_output_for_the_document(site: Site) -> None:
    site.page.write_text(TWO)
    done = site.update("--json")
    assert json.loads(done.stdout)["failed"] == 2
    assert "+++ b/docs/page.md" in done.stderr


def test_every_other_byte_stays(site: Site) -> None:
    odd = "\ufeff" + TWO.replace("More.", "Møre.\t \n<!-- c -->").replace("\n", "\r\n")
    new = odd.replace("\r\n0\r\n", "\r\n1\r\n").replace("\r\n9\r\n", "\r\n2\r\n")
    assert site.written(odd.rstrip("\r\n")) == new.rstrip("\r\n")


@pytest.mark.parametrize(
    ("head", "margin"), [("!!! note\n\n", "    "), ("", "> "), ("- x\n\n", "    ")]
)
def test_a_fence_in_a_container_keeps_its_margin(site: Site, head: str, margin: str) -> None:
    def page(expected: str) -> str:
        text = block("one", "echo 1; echo; echo 2", expected)
        lines = (f"{margin}{line}".rstrip() for line in text.splitlines())
        return HEAD + head + "\n".join(lines) + "\n"

    assert site.written(page("0")) == page("1\n\n2")
    assert site.written(page("1\n\n3\n4")) == page("1\n\n2")


def test_a_block_that_failed_otherwise_stops_the_page_and_stays(site: Site) -> None:
    text = HEAD + block("one", "echo 1", "0") + "\n" + block("bad", "echo 2; false", "3")
    text += "\n" + block("after", "echo 4", "5")
    assert site.written(text, code=1) == text.replace("\n0\n", "\n1\n")


def test_the_state_of_the_shell_goes_on(site: Site) -> None:
    text = HEAD + block("one", "X=7; echo a", "b") + "\n" + block("two", "echo $X", "8")
    assert site.written(text) == text.replace("\nb\n", "\na\n").replace("\n8\n", "\n7\n")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("echo password=hunter22", "its output holds a secret"),
        ("echo '<!--[ boom ]-->'", "its output would be a template of the site"),
        ("seq 100000", "its output is too long for a page"),
        ("printf '\\n\\n'", "nothing came back"),
    ],
)
def test_what_must_not_go_into_a_page_does_not(site: Site, command: str, told: str) -> None:
    text = HEAD + block("one", command, "0")
    site.page.write_text(text)
    done = site.update("--write")
    assert done.returncode == 1
    assert f"docs/page.md:4: {told}" in done.stderr
    assert site.page.read_text() == text


def test_output_that_would_end_the_fence_is_refused(site: Site) -> None:
    text = HEAD + block("one", "echo a; echo '```'; echo b", "0")
    site.page.write_text(text)
    done = site.update("--write")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert site.page.read_text() == text


def test_a_snippet_is_left_alone(site: Site) -> None:
    snippet = site.root / "part.md"
    snippet.write_text(block("one", "echo 1", "0"))
    text = HEAD + "--8<-- 'part.md'\n"
    site.page.write_text(text)
    done = site.update("--write")
    assert "it stands in a snippet, part.md:5" in done.stderr
    assert (site.page.read_text(), snippet.read_text()) == (text, block("one", "echo 1", "0"))


@pytest.mark.parametrize("words", [[], ["--write"]])
def test_a_page_that_changed_while_it_ran_is_left_alone(site: Site, words: list[str]) -> None:
    text = HEAD + block("one", f"echo >> {site.page}; echo 1", "0")
    site.page.write_text(text)
    done = site.update(*words)
    assert "the page changed while it ran" in done.stderr
    assert site.page.read_text() == text + "\n"


@pytest.mark.parametrize("words", [["--update", "--update-lock"], ["--write"]])
def test_options_that_exclude_each_other(site: Site, words: list[str]) -> None:
    site.page.write_text(TWO)
    done = subprocess.run([LEDGER, "verify", *words], cwd=site.root, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert not (site.root / ".ledger").exists()
