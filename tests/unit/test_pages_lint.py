"""What a reader would stumble over is found before anybody runs the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.core.problem import Problem
from ledger.core.project import Project
from ledger.pages.lint import RULES, page_problems

HERE = Project(Path(__file__).parents[2])
CLEAN = """\
---
title: Page
---

# Page

```bash {.verify name=one expect=none}
true
```
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "mkdocs.yml").write_text(
        "markdown_extensions: [attr_list, md_in_html, pymdownx.superfences]\n"
    )
    (tmp_path / "docs/runbook").mkdir(parents=True)
    return Project(tmp_path)


def lint(project: Project, text: str, name: str = "page.md") -> list[Problem]:
    path = project.docs / name
    path.write_text(text)
    return page_problems(project, path)


def block(command: str) -> str:
    return CLEAN.replace("true\n", f"{command}\n")


@pytest.mark.parametrize("page", sorted(HERE.docs.rglob("*.md")), ids=HERE.relative)
def test_every_page_of_this_project_is_clean(page: Path) -> None:
    assert page_problems(HERE, page) == []


def test_every_rule_has_its_own_code_and_says_why_and_what_to_do() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert all(rule.code.startswith("P") and rule.why and rule.fix for rule in RULES)


def test_clean_page_has_no_problem(project: Project) -> None:
    assert lint(project, CLEAN) == []


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("---\ntitle: [\n---\n", 3, "broken YAML"),
        (CLEAN.replace("{.verify", "{.verfy"), 7, "unknown class .verfy"),
        (CLEAN.replace("expect=none", "mutates expect=none"), 7, "mutates and names no way back"),
        (CLEAN.replace("{.verify name=one expect=none}", ""), 7, "a bare bash fence"),
        (CLEAN.replace("title", "reasons: x\ntitle"), 1, "reasons must be a mapping"),
    ],
)
def test_page_that_cannot_be_read_has_that_one_problem(
    project: Project, text: str, line: int, said: str
) -> None:
    (problem,) = lint(project, text)
    assert (problem.where, problem.line, problem.code) == ("docs/page.md", line, "P101")
    assert said in problem.what


def test_page_that_is_not_there_is_a_problem(project: Project) -> None:
    (problem,) = page_problems(project, project.docs / "gone.md")
    assert problem[:3] == ("docs/gone.md", 1, "P101")


@pytest.mark.parametrize(
    ("text", "titled"),
    [
        ("---\ntitle: A\n---\n\ntext\n", True),
        ("# A\n", True),
        ("A\n=\n", True),
        ("<h1>A</h1>\n", True),
        ("<!--[ skill_page() ]-->\n", True),
        ("<!-- a comment -->\n", False),
        ("<!--[ verified() ]-->\n\ntext\n", False),
        ("## A\n", False),
        ("```text\n# A\n```\n", False),
        ("", False),
    ],
)
def test_page_has_a_title(project: Project, text: str, titled: bool) -> None:
    assert [p.code for p in lint(project, text)] == ([] if titled else ["P102"])


def test_runbook_page_says_whom_to_wake(project: Project) -> None:
    found = lint(project, CLEAN, "runbook/a.md")
    assert [(p.code, p.what) for p in found] == [
        ("P103", "this runbook page has no escalate"),
        ("P103", "this runbook page has no owner"),
    ]
    whole = CLEAN.replace("title", "owner: a\nescalate: b\ntitle")
    assert lint(project, whole, "runbook/a.md") == []
    assert lint(project, "# Index\n", "runbook/index.md") == []


@pytest.mark.parametrize(
    ("command", "code", "what"),
    [
        ("true\n$ ls", "P104", "this command begins with the prompt '$ '"),
        ("true\n  $ ls", "P104", "this command begins with the prompt '$ '"),
        ("true\nkubectl get pod <pod>", "P105", "<pod> is a placeholder"),
        ("true\nkubectl -n <your-namespace> get", "P105", "<your-namespace> is a placeholder"),
        ("true\nnats stream ls '<your stream>'", "P105", "<your stream> is a placeholder"),
        ("true\nssh root@<host>:/tmp", "P105", "<host> is a placeholder"),
    ],
)
def test_what_must_not_be_pasted_is_found(
    project: Project, command: str, code: str, what: str
) -> None:
    (problem,) = lint(project, block(command))
    assert (problem.line, problem.code, problem.what) == (9, code, what)


@pytest.mark.parametrize(
    "command",
    [
        "echo $ x",
        'echo "$x"',
        "cat <in >out",
        "cat <in>out",
        "diff <(a) <(b)",
        "cat <<EOF\nx\nEOF",
        "cat <<<word",
        "kubectl get pods | grep -v '<none>'",
        "echo '<a> b </a>'",
        r"grep '\<word\>' file",
        "perl -ne '/(?<name>.)/'",
        "python3 -c 'import re; re.compile(\"(?P<name>.)\")'",
        "test 1 -lt 2 && echo 'a < b > c'",
    ],
)
def test_what_a_shell_means_is_left_alone(project: Project, command: str) -> None:
    assert lint(project, block(command)) == []


def test_output_may_look_like_anything(project: Project) -> None:
    text = block("true").replace(" expect=none", "")
    assert lint(project, f"{text}```text {{.expect}}\n$ <pod>\n```\n") == []


@pytest.mark.parametrize(
    ("link", "dead"),
    [
        ("[a](gone.md)", "gone.md"),
        ("[a](gone.md#x)", "gone.md#x"),
        ("![a](gone.png)", "gone.png"),
        ('<img src="gone.png">', "gone.png"),
        ("[a][r]\n\n[r]: gone.md", "gone.md"),
        ("[a](../mkdocs.yml)", "../mkdocs.yml"),
        ("[a](http://[x)", "http://[x"),
        ("[a](page.md)", ""),
        ("[a](runbook/)", ""),
        ("[a](page.md?x=1#y)", ""),
        ("[a](p%61ge.md)", ""),
        ("[a](#here)", ""),
        ("[a](https://example.org/gone.md)", ""),
        ("[a](mailto:a@example.org)", ""),
        ("`[a](gone.md)`", ""),
        ("<!-- [a](gone.md) -->", ""),
        ("```text\n[a](gone.md)\n```", ""),
    ],
)
def test_link_that_leads_nowhere_is_found(project: Project, link: str, dead: str) -> None:
    found = lint(project, f"# A\n\ntext\n\n{link}\n")
    assert [p.what for p in found] == ([f"{dead} leads to no file of docs/"] if dead else [])
    assert all(p.code == "P106" and p.line >= 5 for p in found)


def test_problems_are_in_order(project: Project) -> None:
    text = "text [a](gone.md)\n\n" + CLEAN.split("# Page")[1].replace("true", "$ ls <x>")
    assert [(p.line, p.code) for p in lint(project, text)] == [
        (1, "P102"),
        (1, "P106"),
        (6, "P104"),
        (6, "P105"),
    ]
