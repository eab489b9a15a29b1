"""What a page's fences mean, and every way in which they may not mean anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.core.project import Project
from ledger.errors import PageError, UsageError
from ledger.pages.extensions import SUPERFENCES, site_extensions
from ledger.pages.page import Page, read_page

MKDOCS = """\
site_name: t
markdown_extensions:
  - admonition
  - attr_list
  - def_list
  - md_in_html
  - pymdownx.details
  - pymdownx.superfences:
      preserve_tabs: true
      custom_fences:
        - name: mermaid
          class: mermaid
          format: !!python/name:pymdownx.superfences.fence_code_format
  - pymdownx.tabbed:
      alternate_style: true
  - ledger.blocks
"""

Read = Callable[[str], Page]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    (tmp_path / "mkdocs.yml").write_text(MKDOCS)
    (tmp_path / "docs").mkdir()

    def reader(text: str) -> Page:
        path = tmp_path / "docs" / "page.md"
        path.write_bytes(text.encode())
        return read_page(Project(tmp_path), path)

    return reader


def block(info: str, body: str = "true", indent: str = "", fence: str = "```") -> str:
    lines = [f"{fence}{info}", *body.split("\n"), fence]
    return "\n".join(indent + line for line in lines) + "\n"


RUN = "bash {.verify name=a expect=none}"

CONTAINERS = {
    "top": block(RUN),
    "tilde": block(RUN, fence="~~~"),
    "long fence": block(RUN, fence="`````"),
    "admonition": "!!! note\n\n" + block(RUN, indent="    "),
    "admonition without blank": "!!! note\n" + block(RUN, indent="    "),
    "details": '??? tip "more"\n\n' + block(RUN, indent="    "),
    "tab": '=== "one"\n\n' + block(RUN, indent="    "),
    "list": "- item\n\n" + block(RUN, indent="    "),
    "numbered list": "1. item\n\n" + block(RUN, indent="    "),
    "blockquote": block(RUN, indent="> "),
    "admonition in list": "- item\n\n    !!! note\n\n" + block(RUN, indent="        "),
    "definition": "term\n:   text\n\n" + block(RUN, indent="    "),
    "html": '<div markdown="1">\n\n' + block(RUN) + "\n</div>\n",
    "crlf": block(RUN).replace("\n", "\r\n"),
    "no newline at the end": block(RUN).rstrip("\n"),
}


@pytest.mark.parametrize("text", CONTAINERS.values(), ids=CONTAINERS.keys())
def test_every_container_that_the_site_renders_is_seen(read: Read, text: str) -> None:
    (found,) = read(text).blocks
    assert (found.name, found.text) == ("a", "true")


UNSEEN = {
    "comment": "<!--\n" + block(RUN) + "-->\n",
    "indented code": "text\n\n" + block(RUN, indent="    "),
    "inside a longer fence": block("text", block(RUN).rstrip("\n"), fence="````"),
    "inside a yaml fence": block("yaml", "~~~" + RUN + "\ntrue\n~~~"),
}


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN.keys())
def test_what_the_reader_never_sees_as_code_is_no_block(read: Read, text: str) -> None:
    assert read(text).blocks == ()


@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_line_numbers_are_those_of_the_file(read: Read, bom: str) -> None:
    text = bom + "---\ntitle: x\n---\n\n\n# T\n\n!!! note\n\n" + block(RUN, indent="    ")
    page = read(text)
    assert page.title == "x"
    assert page.blocks[0].line == text.splitlines().index("    ```" + RUN) + 1


@pytest.mark.parametrize(
    "body", ["a\tb", 'echo "${#a[@]}" # x', "{{ .x }}", "a\n\n\nb", "  indented", "é ⟿ '\"\\"]
)
def test_the_text_is_what_stands_there(read: Read, body: str) -> None:
    assert read(block(RUN, body)).blocks[0].text == body


def test_a_block_with_all_it_can_say(read: Read) -> None:
    info = "bash {.verify name=drop timeout=1.5m exit=3 mutates undo=back}"
    text = (
        block(info, "exit 3")
        + block("text {.expect match=like .no-copy}", "gone\n")
        + block("sh {.verify name=back mutates irreversible expect=none}")
    )
    drop, back = read(text).blocks
    assert (drop.timeout, drop.exit, drop.mutates, drop.undo) == (90.0, 3, True, "back")
    assert drop.expectation is not None
    assert (drop.expectation.match, drop.expectation.text) == ("like", "gone")
    assert back.irreversible


def test_a_skip_is_explained_in_the_front_matter(read: Read) -> None:
    text = "---\nreasons: {no-bucket: no bucket yet}\n---\n" + block(
        "bash {.skip reason=no-bucket}"
    )
    assert read(text).blocks[0].reason == "no-bucket"


EXPECT = block("text {.expect}", "x")

REFUSED = {
    "bare bash": (block("bash"), "bare bash fence"),
    "bare console": (block("console"), "bare console fence"),
    "unknown class": (block("bash {.verfy name=a}"), "did you mean .verify"),
    "far class": (block("bash {.zzz name=a}"), "one of .verify"),
    "unknown key": (block("bash {.verify name=a timeuot=3s expect=none}"), "did you mean timeout"),
    "key twice": (block("bash {.verify name=a name=b expect=none}"), "'name' twice"),
    "two kinds": (block("bash {.verify .skip name=a}"), ".verify and .skip"),
    "no name": (block("bash {.verify expect=none}"), "has a name"),
    "empty name": (block("bash {.verify name= expect=none}"), "malformed"),
    "flag with a value": (block("bash {.verify name=a mutates=yes}"), "write mutates"),
    "key without a value": (block("bash {.verify name=a timeout}"), "write timeout=VALUE"),
    "bad duration": (block("bash {.verify name=a timeout=3h expect=none}"), "not a duration"),
    "bad exit": (block("bash {.verify name=a exit=300 expect=none}"), "no exit status"),
    "name twice": (block(RUN) + "\n" + block(RUN), "first at docs/page.md:1"),
    "no expectation": (block("bash {.verify name=a}"), "must come back"),
    "stray expectation": (EXPECT, "follows no .verify"),
    "two expectations": (block("bash {.verify name=a}") + EXPECT + EXPECT, "follows no .verify"),
    "expectation and none": (block(RUN) + EXPECT, "follows no .verify"),
    "expectation after yaml": (
        block("bash {.verify name=a}") + block("yaml", "a: 1") + EXPECT,
        "must come back",
    ),
    "empty expectation": (
        block("bash {.verify name=a}") + block("text {.expect}", ""),
        "expectation is empty",
    ),
    "unknown match": (
        block("bash {.verify name=a}") + block("text {.expect match=fuzzy}", "x"),
        "unknown match",
    ),
    "mutates without a way back": (
        block("bash {.verify name=a mutates expect=none}"),
        "names no way back",
    ),
    "undo of nothing": (
        block("bash {.verify name=a mutates undo=b expect=none}"),
        "names no block",
    ),
    "skip without a reason": (block("bash {.skip}"), "must say why"),
    "reason without a sentence": (block("bash {.skip reason=x}"), "not explained"),
    "empty block": (block(RUN, ""), "empty"),
    "verify on python": (block("python {.verify name=a expect=none}"), "is bash"),
    "unclosed": ("```" + RUN + "\ntrue\n", "not rendered as code"),
    "blank around the equals sign": (block("bash {.verify name = a expect=none}"), "malformed"),
    "text behind the braces": ("```bash {.verify name=a} x\ntrue\n```\n", "not rendered as code"),
    "unclosed before another": (
        "```yaml\na: 1\n\n" + block("bash {.skip reason=x}"),
        "not closed where another begins: ```bash",
    ),
    "stray end": ("```\n\n" + "words\n", "not rendered as code"),
    "behind a list mark": ("- ```bash {.show}\n  ls\n  ```\n", "not on a line of its own"),
    "behind a number": ("1. ```bash\n   ls\n   ```\n", "not on a line of its own"),
    "seconds without a unit": (
        block("bash {.verify name=a timeout=60 expect=none}"),
        "write 60s",
    ),
    "no time at all": (block("bash {.verify name=a timeout=0s expect=none}"), "not a duration"),
    "another script's digits": (
        block("bash {.verify name=a exit=² expect=none}"),
        "no exit status",
    ),
    "quotes": (block('bash {.verify name="a" expect=none}'), "neither quotes"),
    "single quotes": (block("bash {.verify name='a' expect=none}"), "neither quotes"),
    "a brace in a value": (block("bash {.verify name=a} expect=none}"), "cannot read attribute"),
    "an id": (block("bash {.verify #a name=a expect=none}"), "cannot read attribute '#a'"),
    "no such name": (block("bash {.verify name=a/b expect=none}"), "is no name"),
    "a class twice": (block("bash {.verify .copy .copy name=a}"), "class .copy twice"),
    "language as a class": (block("{.bash .verify name=a}"), "write the language first: ```bash"),
    "a class without its dot": (block("text {expect match=like}"), "write .expect"),
    "a look misspelt": (block('yaml {tilte="x"}'), "did you mean title"),
    "expectation hidden behind a brace": (
        block(RUN) + block('text {title="}" .expect}', "x"),
        "cannot read attribute",
    ),
    "expectation on a command": (
        block("bash {.verify name=a}") + block("bash {.expect}", "x"),
        "write ```text {.expect",
    ),
    "shell": (block("shell {.verify name=a expect=none}"), "write ```bash {.verify"),
    "bare zsh": (block("zsh"), "write bash {.verify"),
    "bare Bash": (block("Bash"), "bare Bash fence"),
    "bare bsah": (block("bsah"), "bare bsah fence"),
    "bare shell-session": (block("shell-session"), "text for output"),
    "show of no shell": (block("yaml {.show}"), "a .show block is bash"),
    "undo misspelt": (
        block("bash {.verify name=delete mutates undo=delte2 expect=none}")
        + block("bash {.verify name=delete2 mutates irreversible expect=none}"),
        "did you mean delete2",
    ),
    "undo without mutates": (block("bash {.verify name=a undo=b expect=none}"), "add mutates"),
    "two ways back": (
        block("bash {.verify name=a mutates irreversible undo=b expect=none}"),
        "keep one",
    ),
    "undone by itself": (
        block("bash {.verify name=a mutates undo=a expect=none}"),
        "undoes itself",
    ),
    "match misspelt": (
        block("bash {.verify name=a}") + block("text {.expect match=contain}", "x"),
        "did you mean contains",
    ),
    "key twice in the front matter": ("---\nfixtures: [a]\nfixtures: [b]\n---\n", "fixtures twice"),
    "a first line that MkDocs swallows": ("Note: this\n\n" + block(RUN), "shows it to nobody"),
    "front matter": ("---\na: [\n---\n" + block(RUN), "broken YAML"),
    "reasons no mapping": ("---\nreasons: x\n---\n" + block(RUN), "must be a mapping"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_trusted_is_refused_with_its_line(read: Read, text: str, said: str) -> None:
    with pytest.raises(PageError) as caught:
        read(text)
    assert said in str(caught.value)
    assert caught.value.where.startswith("docs/page.md:")


def test_no_page(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such page"):
        read_page(Project(tmp_path), tmp_path / "gone.md")


def test_parameters_have_examples(read: Read) -> None:
    page = read("---\nparameters: {STREAM: {example: ORDERS, find: nats stream ls}}\n---\n")
    assert page.parameters == {"STREAM": "ORDERS"}
    with pytest.raises(PageError, match="STREAM has no example"):
        _ = read("---\nparameters: {STREAM: ORDERS}\n---\n").parameters


def test_every_part_of_a_block_is_in_its_digest(read: Read) -> None:
    def digest(info: str, body: str = "true", expect: str = "x", match: str = "exact") -> str:
        text = block(info, body) + block(f"text {{.expect match={match}}}", expect)
        return read(text + block("bash {.verify name=z expect=none}")).blocks[0].sha256

    base = "bash {.verify name=a}"
    digests = [
        digest(base),
        digest(base, body="true "),
        digest(base, expect="y"),
        digest(base, match="like"),
        digest("bash {.verify name=b}"),
        digest("bash {.verify name=a timeout=3s}"),
        digest("bash {.verify name=a exit=1}"),
    ]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("config", ["", "- a\n"])
def test_a_site_without_settings_has_no_extensions(tmp_path: Path, config: str) -> None:
    (tmp_path / "mkdocs.yml").write_text(config)
    assert list(site_extensions(tmp_path)) == [SUPERFENCES]


def test_errors_name_the_line_of_the_fence(read: Read) -> None:
    head = "---\ntitle: x\nfixtures: [a]\n---\n\n\n# T\n\n"
    text = head + block(RUN) + "\n!!! note\n\n" + block("bash {.verfy}", indent="    ")
    with pytest.raises(PageError) as caught:
        read(text)
    assert (
        caught.value.where == f"docs/page.md:{text.splitlines().index('    ```bash {.verfy}') + 1}"
    )


def test_an_empty_fence_moves_no_line(read: Read) -> None:
    page = read(f"```text\n```\n\n```text\n\n```\n\n{block(RUN)}\n```text\n```")
    assert [fence.line for fence in page.fences][:2] == [1, 4]
    assert [block.line for block in page.blocks] == [8]


def test_errors_in_a_snippet_name_the_snippet(read: Read, tmp_path: Path) -> None:
    config = tmp_path / "mkdocs.yml"
    config.write_text(MKDOCS + "  - pymdownx.snippets\n")
    (tmp_path / "inner.md").write_text("words\n\n" + block("bash {.verfy}"))
    (tmp_path / "outer.md").write_text('a\n\n--8<-- "inner.md"\n')
    with pytest.raises(PageError) as caught:
        read('# T\n\n--8<-- "outer.md"\n')
    assert caught.value.where == "inner.md:3"
    (tmp_path / "inner.md").write_text("words\n\n```bash {.verify name=a}\n")
    with pytest.raises(PageError, match="not rendered as code") as caught:
        read('# T\n\n--8<-- "outer.md"\n')
    assert caught.value.where == "inner.md:3"


def test_a_fence_that_is_only_shown_may_be_broken(read: Read) -> None:
    text = "# T\n\nText.\n\n    ```bash {.verfy\n\n<!--\n```bash\n```\n-->\n\n" + block(RUN)
    assert [found.name for found in read(text).blocks] == ["a"]
