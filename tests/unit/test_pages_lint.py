"""What a reader would stumble over is found before anybody runs the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.core.problem import Problem
from ledger.core.project import Project
from ledger.pages.lint import page_problems
from ledger.pages.lint_rules import RULES
from ledger.pages.types import TYPES

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
        (
            CLEAN.replace("title", "parameters:\n  A1: {example: a}\n  a-1: {example: b}\ntitle"),
            4,
            "parameter a-1 is no name of a shell variable",
        ),
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


FIRST = "**Symptom**: a\n\n**Impact**: b\n\n**Stop-loss**: c\n\n"
OWNED = CLEAN.replace("title", "owner: a\nescalate: b\ntitle")
RUNBOOK = OWNED.replace("```bash", f"{FIRST}```bash")


def test_runbook_page_says_whom_to_wake(project: Project) -> None:
    found = lint(project, RUNBOOK.replace("owner: a\nescalate: b\n", ""), "runbook/a.md")
    assert [(p.code, p.what) for p in found] == [
        ("P103", "this page has no escalate"),
        ("P103", "this page has no owner"),
    ]
    assert lint(project, RUNBOOK, "runbook/a.md") == []
    assert lint(project, "# Index\n", "runbook/index.md") == []


@pytest.mark.parametrize(
    ("header", "wanting"),
    [
        ("owner: b\nescalate: c", []),
        ("escalate: c", ["this page has no owner"]),
        ("owner:\nescalate: c", ["this page has no owner"]),
    ],
)
def test_the_skill_of_a_page_may_say_whom_to_wake(
    project: Project, header: str, wanting: list[str]
) -> None:
    (project.root / "skills").mkdir()
    (project.root / "skills/plan.md").write_text(
        f"---\n{header}\nphase_ledger: {{PLAN: pending}}\n---\n\n# Plan\n"
    )
    text = RUNBOOK.replace("owner: a\nescalate: b\n", "skill: plan\n")
    assert [p.what for p in lint(project, text, "runbook/a.md")] == wanting


def test_the_skill_of_a_page_is_there(project: Project) -> None:
    (problem,) = lint(project, CLEAN.replace("title", "skill: plan\ntitle"))
    assert (problem.line, problem.code, problem.what) == (2, "P113", "no skill 'plan'")


@pytest.mark.parametrize(
    ("text", "wanting"),
    [
        (RUNBOOK, []),
        (RUNBOOK.replace("**Symptom**:", "## Symptom { #symptom }\n\n"), []),
        (RUNBOOK.replace("Impact", "Effect"), ["impact"]),
        (RUNBOOK.replace("# Page\n", "# Page\n" + "\ntext\n" * 6), []),
        (RUNBOOK.replace("# Page\n", "# Page\n" + "\ntext\n" * 7), ["stop-loss"]),
        (RUNBOOK.replace(FIRST, "") + f"\n{FIRST}", ["impact", "stop-loss", "symptom"]),
        (RUNBOOK.replace(FIRST, "").replace("title", "type: routine\ntitle"), []),
    ],
)
def test_the_first_screen_says_what_it_is_and_what_to_stop(
    project: Project, text: str, wanting: list[str]
) -> None:
    found = lint(project, text, "runbook/a.md")
    assert [p.what for p in found] == [f"{word} is not on the first screen" for word in wanting]
    assert {p.code for p in found} <= {"P111"}


SECTIONS = ("symptom", "diagnosis", "mitigation", "verify", "escalate")


def sectioned(*anchors: str) -> str:
    return RUNBOOK + "".join(f"\n## Words {{ #{anchor} }}\n\ntext\n" for anchor in anchors)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (sectioned(*SECTIONS), []),
        (sectioned("symptom", "works", *SECTIONS[1:]), []),
        (sectioned(*SECTIONS[:3], "escalate"), [(1, "no section #verify")]),
        (
            sectioned("diagnosis", "symptom", *SECTIONS[2:]),
            [(19, "section #diagnosis stands too early")],
        ),
        (sectioned(*SECTIONS) + "\n## Words\n", [(39, "section 6 has no anchor")]),
        (sectioned(*SECTIONS) + "\n```text\n## no heading\n```\n", []),
    ],
)
def test_pages_of_a_type_have_the_same_sections(
    project: Project, text: str, wrong: list[tuple[int, str]]
) -> None:
    (project.docs / "degraded").mkdir()
    found = lint(project, text, "degraded/a.md")
    assert [(p.line, p.what) for p in found] == wrong
    assert {p.code for p in found} <= {"P109", "P110"}
    assert lint(project, f"# List\n\n## Pages\n{CLEAN[-50:]}", "index.md") == []


def test_a_page_may_name_its_type(project: Project) -> None:
    assert lint(project, OWNED.replace("title", "type: routine\ntitle"), "runbook/a.md") == []
    found = lint(project, RUNBOOK.replace("title", "type: degraded\ntitle"))
    assert {p.what for p in found} == {f"no section #{name}" for name in SECTIONS}
    (problem,) = lint(project, CLEAN.replace("title", "type: degradd\ntitle"))
    assert (problem.line, problem.code, problem.what) == (2, "P108", "no type 'degradd'")
    assert "did you mean degraded" in problem.fix


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


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("owner: [a, b]", "owner: ['a', 'b'] is not of type 'string'"),
        ("audience: operator", "audience: 'operator' is not of type 'array', 'null'"),
        ("audience: [operator]", ""),
        ("reasons: {later: {text: why, until: 2026-12-31}}", ""),
        ("hide: [toc]", ""),
    ],
)
def test_the_front_matter_is_what_its_schema_takes(project: Project, line: str, what: str) -> None:
    found = lint(project, CLEAN.replace("title: Page", f"title: Page\n{line}"))
    assert [(p.line, p.code, p.what) for p in found] == ([(3, "P112", what)] if what else [])


def test_the_schema_knows_the_types_of_pages() -> None:
    schema = json.loads((HERE.root / "docs/schemas/header/page.v1.json").read_text("utf-8"))
    assert schema["properties"]["type"]["enum"] == list(TYPES)
