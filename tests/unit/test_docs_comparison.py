"""The comparison with other tools claims nothing that no test shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.proofs import missing

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reference/comparison.md"
MARKS = {"yes": "●", "partly": "◐", "no": "·"}
CLAIM = re.compile(r"- (?P<feature>[^*]+): \*\*(?P<word>\w+)\*\*(?:; .+)?")


class Claim(NamedTuple):
    """What the page says of one feature of ours."""

    word: str
    tests: list[str]


@pytest.fixture(scope="module")
def claims() -> dict[str, Claim]:
    """The list of proofs, by feature, in the page's order."""
    found: dict[str, Claim] = {}
    claim = Claim("", [])
    proofs = PAGE.read_text("utf-8").partition("{ #proof }")[2]
    for line in proofs.splitlines():
        if parts := CLAIM.fullmatch(line):
            claim = found[parts["feature"]] = Claim(parts["word"], [])
        elif "::" in line:
            claim.tests.append(line.strip(" -`"))
        else:
            assert not line.startswith("-"), line
    return found


@pytest.fixture(scope="module")
def table() -> list[list[str]]:
    """The cells of the table, with its head."""
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return [cells[0], *cells[2:]]


def test_the_table_says_of_ours_what_the_list_says(
    claims: dict[str, Claim], table: list[list[str]]
) -> None:
    said = {row[0]: row[1] for row in table[1:]}
    assert said == {feature: MARKS[claim.word] for feature, claim in claims.items()}


def test_every_cell_of_the_table_is_a_mark(table: list[list[str]]) -> None:
    head, *rows = table
    assert (len(rows), len(head), head[1]) == (32, 23, "phase-ledger")
    assert len(set(head)) == len(head)
    assert all(len(row) == len(head) for row in rows)
    assert {mark for row in rows for mark in row[1:]} == {*MARKS.values(), "?"}


def test_what_ours_can_do_has_a_test_and_nothing_else_has(claims: dict[str, Claim]) -> None:
    assert {feature for feature, claim in claims.items() if claim.tests} == {
        feature for feature, claim in claims.items() if claim.word != "no"
    }


def test_every_test_that_is_named_is_there(claims: dict[str, Claim]) -> None:
    assert missing(test for claim in claims.values() for test in claim.tests) == set()
