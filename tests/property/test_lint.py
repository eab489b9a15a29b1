"""Whatever stands in a file, a check gives problems and a repair makes it no worse."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.core.edit import Edit
from ledger.core.lint import lint
from ledger.core.lint_rules import MEND, RULES
from ledger.core.lint_subject import Around
from ledger.core.phases import ALIASES, PHASES, Status
from ledger.core.problem import Problem
from ledger.core.project import Project
from ledger.core.repair import repair
from ledger.core.skill import Entry, Skill
from ledger.errors import SkillError
from tests.fixtures.flow_project import SEED

FORMS = Path(__file__).parents[1] / "fixtures" / "forms"
SOURCES = [SEED.read_bytes(), *(path.read_bytes() for path in sorted(FORMS.glob("*.md")))]
CODES = {rule.code: rule.severity for rule in RULES}
MENDED = {rule.code for rule in RULES if rule.fix == MEND}
# Pieces that mean something to YAML, to a ledger or to a terminal.
PIECES = st.sampled_from(
    [
        *(
            b"---\n",
            b"...\n",
            b"\r\n",
            b"\t",
            b"\0",
            b"\x1b[2J",
            b"\xff",
            b"\xef\xbb\xbf",
            b"#",
            b": ",
        ),
        *(
            b"{",
            b"}",
            b"[",
            b"]",
            b"&a ",
            b"*a",
            b"!!bool ",
            b"!!int ''",
            b"<<: ",
            b"? ",
            b"- ",
            b"|\n",
        ),
        *(b"phase_ledger:", b"entropy:", b"PLAN: done\n", b"  plan: x\n", b"1e999", b".nan", b"-0"),
        *(b"  # reason: x; until: y\n", b"<<<<<<< a\n", b"=======\n", "\u2028é\U0001f600".encode()),
    ]
)
MOVES = st.tuples(
    st.sampled_from(["put", "cut", "twice", "change"]),
    st.integers(0, 2000),
    st.integers(1, 40),
    PIECES,
)


def mutated(source: bytes, moves: list[tuple[str, int, int, bytes]]) -> bytes:
    for kind, at, length, piece in moves:
        at %= len(source) + 1
        middle = {"put": piece + source[at : at + length], "cut": b"", "change": piece}.get(
            kind, source[at : at + length] * 2
        )
        source = source[:at] + middle + source[at + length :]
    return source


@pytest.fixture(scope="module")
def around() -> Around:
    return Around(Project(FORMS.resolve()), date(2026, 11, 21), ("verify",), ("plain",))


def checked(data: bytes, around: Around) -> list[Problem]:
    """What a check of a file with these bytes gives; it changes none of them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "f.md"
        path.write_bytes(data)
        found = lint(path, around._replace(project=Project(Path(folder).resolve())))
        assert path.read_bytes() == data
        assert [name.name for name in Path(folder).iterdir()] == ["f.md"]
    lines = data.count(b"\n") + 1
    for problem in found:
        assert problem.severity == CODES[problem.code]
        assert all((problem.what, problem.why, problem.fix))
        assert 1 <= problem.line <= lines
    assert found == sorted(found)
    return found


@settings(max_examples=100)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_checked(data: bytes, around: Around) -> None:
    assert checked(data, around)


@settings(max_examples=100)
@given(body=st.text(max_size=300))
def test_any_front_matter_is_checked(body: str, around: Around) -> None:
    assert checked(f"---\n{body}\n---\n".encode(errors="replace"), around)


@settings(max_examples=200)
@given(source=st.sampled_from(SOURCES), moves=st.lists(MOVES, max_size=6))
@example(source=SOURCES[0], moves=[("change", 4, 0, b"a: &a {b: *a}\n")])
def test_mutated_headers_are_checked_and_mended(
    source: bytes, moves: list[tuple[str, int, int, bytes]], around: Around
) -> None:
    data = mutated(source, moves)
    found = checked(data, around)
    try:
        edit = Edit(Skill(Path("f.md"), "f.md", data.decode()))
    except (SkillError, UnicodeDecodeError):
        return
    mended = repair(edit)
    if mended.changes:
        edit.check()
    codes = {problem.code for problem in found}
    assert {change.code for change in mended.changes} <= codes
    if not mended.refused:
        assert not MENDED & {problem.code for problem in checked(edit.text.encode(), around)}
    assert not repair(Edit(Skill(Path("f.md"), "f.md", edit.text))).changes


WORDS = st.sampled_from([*Status, *ALIASES, "COMPLETE", "not-applicable", "Done", "", "gone"])
NOTES = st.sampled_from(["", "  # 2026-11-01: seen: all, done", "  # reason: a; until: 2027-01-01"])


@st.composite
def ledgers(draw: st.DrawFn) -> str:
    """A header whose ledger has any phases in any order, with any words."""
    phases = draw(st.lists(st.sampled_from([*PHASES, "REVIEW"]), unique=True, min_size=1))
    rows = []
    for phase in phases:
        rows += ["  # of its own"] * draw(st.integers(0, 1))
        name = draw(st.sampled_from([phase, phase.lower(), f'"{phase}"']))
        rows.append(f"  {name}: {draw(WORDS)}{draw(NOTES)}")
    return "\n".join(["---", "a: 1", "phase_ledger:", *rows, "z: [1]  # last", "---", "body"])


@settings(max_examples=60)
@given(text=ledgers())
def test_repair_keeps_what_the_ledger_means(text: str) -> None:
    before = Skill(Path("f.md"), "f.md", text)
    edit = Edit(before)
    assert not repair(edit).refused
    edit.check()
    after = Skill(Path("f.md"), "f.md", edit.text)
    said = {entry.phase.upper(): entry for entry in before.ledger if entry.line}
    for entry in after.ledger:
        old = said.get(entry.phase.upper(), Entry(entry.phase, ""))
        assert entry.line
        if entry.phase in PHASES:
            assert entry.status is (old.status if old.raw else Status.PENDING)
        assert entry.note == old.note or not old.note
    lines = [entry.line for entry in after.ledger[: len(PHASES)]]
    assert lines == sorted(lines)
    assert edit.text.count("# of its own") == text.count("# of its own")
