"""Whatever a runbook holds: no crash, no lost line of prose, and twice is once."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.core.project import Project
from ledger.errors import PageError
from ledger.pages.importing import Wishes, import_page
from ledger.pages.lint_blocks import block_problems
from ledger.pages.lint_rules import NO_WAY_BACK
from ledger.pages.page import parse_page
from ledger.pages.shell.script import read_script
from ledger.pages.shell.verbs import Effect

LINES = st.sampled_from(
    [
        "kubectl get pods",
        "$ kubectl get pods",
        "$ kubectl delete pod <pod>",
        "kubectl logs <pod-name> '<x>' \"<y>\"",
        "NAME  READY",
        "...",
        "# a comment <z>",
        "root@host:~# ls",
        "cat <<EOF",
        "EOF",
        "POD=$(kubectl get pods | head -n 1)",
        'echo "$POD" $OTHER',
        "rm -rf / && \\",
        "> more",
        "if true; then",
        "fi",
        "",
        "  ",
        "echo 'open",
        "ssh host",
        "\ttabs\t",
        "é <ü> ￿",
    ]
) | st.text(st.characters(codec="utf-8", exclude_characters="\r\n`~"), max_size=20)
LANGUAGES = st.sampled_from(
    ["", "sh", "bash", "shell", "console", "text", "yaml", "zsh", "fish", "{.bash}", "bash {.show}"]
)
PROSE = st.sampled_from(["# Head", "Some text.", "- item", "1. one", "", "> quoted", "a | b"])


@st.composite
def fences(draw: st.DrawFn) -> list[str]:
    mark = draw(st.sampled_from(["```", "~~~", "````"]))
    prefix = draw(st.sampled_from(["", "    ", "> ", "   "]))
    lines = draw(st.lists(LINES, max_size=6))
    return [prefix + line for line in (mark + draw(LANGUAGES), *lines, mark)]


PAGES = st.lists(PROSE.map(lambda line: [line]) | fences(), max_size=6)
FRONTS = st.sampled_from(
    ["", "---\ntitle: A\n---\n", "---\nreasons: {a: b}\nx: 1\n---\n\n", "k: v\n"]
)
QUIET = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(FRONTS, PAGES, st.sampled_from(["\n", "\r\n"]))
@QUIET
def test_nothing_is_lost_and_twice_is_once(
    project: Project, front: str, parts: list[list[str]], ending: str
) -> None:
    text = front + "".join(f"{line}\n" for part in parts for line in part)
    data = text.replace("\n", ending).encode()
    target = project.docs / "page.md"
    try:
        once, findings = import_page(project, target, data, Wishes())
    except PageError as error:
        assert error.where
        return
    twice, _ = import_page(project, target, once, Wishes())
    assert twice == once

    after = once.decode().replace(ending, "\n")
    page = parse_page(project, target, after)
    for block in page.verified_blocks:
        assert read_script(block.text).verdict.effect is Effect.LOOKS
    told = [problem.code for block in page.blocks for problem in block_problems(block)]
    assert NO_WAY_BACK.code not in told
    kept = iter(after.split("\n"))
    for part in parts:
        if len(part) == 1 and part[0].strip():
            assert part[0] in kept, part
    lines = after.split("\n")
    for finding in findings:
        assert re.search(r"[`~]{3}", lines[finding.line - 1])


@given(st.binary(max_size=60))
@QUIET
def test_any_bytes_are_a_page_or_an_error(project: Project, data: bytes) -> None:
    target = project.docs / "page.md"
    try:
        once, _ = import_page(project, target, data, Wishes())
    except PageError:
        return
    assert import_page(project, target, once, Wishes())[0] == once


@pytest.mark.parametrize("depth", [200, 2000])
def test_deep_nesting_is_read(depth: int) -> None:
    assert read_script("$(" * depth + "rm x" + ")" * depth).verdict.effect is not Effect.LOOKS
