"""A sample of `make mutants`: the engine notices every one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation.__main__ import OWN, ROOT, judged, pages
from tests.mutation.judge import Judge
from tests.mutation.mutants import mutants

EVERY = 17
PAGES = pages()


@pytest.mark.parametrize("path", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_no_mutant_lives(path: Path) -> None:
    living = [f"{m.line}: {m.kind}, {m.what}" for m, how in judged(path, EVERY) if not how]
    assert living == []


def test_a_run_alone_notices_another_word_in_what_it_expects(tmp_path: Path) -> None:
    judge = Judge(tmp_path, ROOT, OWN[0])
    wrong = [
        mutant
        for mutant in mutants(judge.project, judge.path)
        if mutant.kind == "expected line, a word" and mutant.what.endswith(("longer", "cut"))
    ]
    assert len(wrong) >= 20
    passed = [
        f"{mutant.line}: {mutant.what}"
        for mutant in wrong
        if not {"error", "failed"} & {*judge.notices(mutant.text)}
    ]
    assert passed == []


def test_there_are_many_and_of_each_kind(tmp_path: Path) -> None:
    judge = Judge(tmp_path, ROOT, OWN[0])
    found = mutants(judge.project, judge.path)
    assert len(found) >= 200
    assert {mutant.kind for mutant in found} == {
        "need",
        "class",
        "key",
        "value",
        "fence",
        "command",
        "command, a word",
        "expected line",
        "expected line, a word",
        "whole fence",
        "order",
    }


def test_what_breaks_nothing_is_not_noticed(tmp_path: Path) -> None:
    judge = Judge(tmp_path, ROOT, OWN[0])
    page = judge.path.read_text("utf-8")
    assert judge.notices(page.replace("# Every attribute", "# Each attribute")) == ()
