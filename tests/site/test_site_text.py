"""What you read is what you copy is what runs, on pages made to break it."""

from __future__ import annotations

import pytest
from bs4 import Tag

from tests.site.building import Site

PAGES = {
    "plain": """\
```bash {.verify name=one expect=none}
echo "${#a[@]} <b> & 'c' \\"d\\" $(date -u +%Y) \\\\ %{http_code} ${f%.gz}"
```
""",
    "templates": """\
```bash {.verify name=one expect=none}
kubectl get pods -o go-template='{{range .items}}{{.metadata.name}}{{end}}'
echo '{% raw %}' '{# n #}' "${#a[@]}; ${x#}" '[[ -f x ]]' '{{ $labels.x }}'
```
""",
    "tabs": "```bash {.verify name=one expect=none}\ncat <<-END\n\tone\n\t\ttwo  \n\tEND\n```\n",
    "blank-lines": """\
```bash {.verify name=one expect=none}

first

    indented

last

```
""",
    "admonition": """\
!!! warning "Stop"

    Text.

    ```bash {.verify name=one expect=none}
    if true; then
      echo two
    fi
    ```

??? note

    ```bash {.verify name=two expect=none}
    echo folded
    ```
""",
    "tabbed": """\
=== "S3"

    ```bash {.verify name=one expect=none}
    echo s3
    ```

=== "GCS"

    ```bash {.skip name=two reason=no-bucket}
    echo gcs
    ```
""",
    "list": """\
1.  First

    ```bash {.verify name=one expect=none}
    cat <<'END'
    - a: "b"
    END
    ```

2.  Second
    - deep

        ```bash {.show}
        echo deep
        ```
""",
    "quote": "> ```bash {.verify name=one expect=none}\n> echo quoted\n> ```\n",
    "tight": """\
Run this:
```bash {.verify name=one}
echo tight
```
```text {.expect}
tight
```
Then rest.
""",
    "nested": """\
````markdown
```bash {.verify name=not-a-block}
echo no
```
````

```bash {.verify name=one expect=none}
echo '```'
```
""",
    "comment": """\
<!--
```bash {.verify name=hidden expect=none}
echo hidden
```
-->

```bash {.verify name=one expect=none}
echo '<!-- kept -->' '&amp;' '&lt;'
```
""",
    "crlf": "Text.\r\n\r\n```bash {.verify name=one expect=none}\r\necho a\r\n\techo b\r\n```\r\n",
    "marker": "Text ledger-fence here.\n\n```bash {.verify name=one expect=none}\nls\n```\n",
    "unicode": "```bash {.verify name=one expect=none}\necho 'häß → 🚒' no\u00a0break\n```\n",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("text") / "project")
    for name, body in PAGES.items():
        site.page(f"{name}.md", body)
    crlf = site.root / "docs/crlf.md"
    crlf.write_bytes(crlf.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    result = site.build()
    assert result.returncode == 0, result.stderr
    return site


def shown(block: Tag) -> str:
    code = block.select_one("pre > code")
    assert code is not None
    return code.get_text()


@pytest.mark.parametrize("name", PAGES)
def test_read_copied_and_run_are_the_same_bytes(built: Site, name: str) -> None:
    runs = [block.text for block in built.read(f"{name}.md").blocks]
    blocks = built.html(f"{name}/index.html").select(".lg-block")
    assert runs
    assert [str(block["data-copy"]) for block in blocks] == runs
    # The line end that closes the last line is the theme's own; a copy button drops it.
    assert [shown(block).strip("\n") for block in blocks] == runs


def test_a_page_holds_what_its_author_meant(built: Site) -> None:
    assert built.read("tabs.md").blocks[0].text == "cat <<-END\n\tone\n\t\ttwo  \n\tEND"
    assert built.read("blank-lines.md").blocks[0].text == "first\n\n    indented\n\nlast"
    assert built.read("admonition.md").blocks[0].text == "if true; then\n  echo two\nfi"
    assert [b.name for b in built.read("comment.md").blocks] == ["one"]
    assert [b.name for b in built.read("nested.md").blocks] == ["one"]


def test_no_block_stands_inside_a_paragraph(built: Site) -> None:
    for name in PAGES:
        page = built.html(f"{name}/index.html")
        assert [p for p in page.select("article p") if p.find("div")] == []
        assert [p for p in page.select("article p") if not p.get_text(strip=True)] == []


def test_text_around_a_tight_fence_stays(built: Site) -> None:
    article = built.html("tight/index.html").article
    assert article is not None
    paragraphs = [p.get_text() for p in article.find_all("p", recursive=False)]
    assert paragraphs == ["Run this:", "Then rest."]


def test_names_are_anchors_and_nothing_is_left_of_the_marker(built: Site) -> None:
    page = built.html("tabbed/index.html")
    assert [block.get("id") for block in page.select(".lg-block")] == ["one", "two"]
    assert page.select("[data-ledger-page]") == []
    assert len(page.select("#one")) == 1
