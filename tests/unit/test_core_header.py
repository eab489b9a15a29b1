"""Headers and skills are read as they are, and what cannot be read is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.core.forest import find_skill, forest
from ledger.core.header import Header
from ledger.core.phases import PHASES, Status, following
from ledger.core.project import Project, find_root
from ledger.core.skill import Skill, sections, subsections
from ledger.errors import SkillError, UsageError


def header(text: str) -> Header:
    return Header(text, "f.md")


def skill(text: str) -> Skill:
    return Skill(Path("f.md"), "f.md", text)


@pytest.mark.parametrize(
    ("line", "text", "written", "comment"),
    [
        ("A: plain", "plain", "plain", ""),
        ("A: plain # note, with: all", "plain", "plain", "note, with: all"),
        ("A: 'quoted # no'  #note", "quoted # no", "'quoted # no'", "note"),
        ('A: "d\\"q"', 'd"q', '"d\\"q"', ""),
        ("A: é ü ✓  # ⟿ ñ", "é ü ✓", "é ü ✓", "⟿ ñ"),
        ("A: 😀  # 😀", "😀", "😀", "😀"),
        ("A:", "", "", ""),
        ("A:  # reason: x", "", "", "reason: x"),
        ("A: a#b", "a#b", "a#b", ""),
        ("'A': v", "v", "v", ""),
        ("A: 2026-11-21", "2026-11-21", "2026-11-21", ""),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_value_stands_where_it_is_written(
    line: str, text: str, written: str, comment: str, ending: str, bom: str
) -> None:
    source = f"{bom}---{ending}# é comment{ending}Z: ü{ending}{line}{ending}B: 1{ending}---{ending}"
    value = header(source).value("A")
    assert value is not None
    assert (value.text, source[value.start : value.end]) == (text, written)
    assert (value.comment, value.line) == (comment, 4)


def test_body_starts_after_the_closing_line() -> None:
    for ending in ("\n", "\r\n"):
        text = f"---{ending}a: 1{ending}--- {ending}body{ending}---{ending}"
        assert text[header(text).body :] == f"body{ending}---{ending}"


def test_body_may_be_absent() -> None:
    assert header("---\na: 1\n---").body == len("---\na: 1\n---")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.md:1: no front matter"),
        ("\n---\na: 1\n---\n", "f.md:1: no front matter"),
        ("---\na: 1\n", "f.md:1: front matter is never closed"),
        ("---\na: 1\nb: [\n---\n", "f.md:4: broken YAML"),
        ("---\na: 1\n\tb: 2\n---\n", "f.md:3: broken YAML"),
        ("---\na: *x\n---\n", "f.md:2: broken YAML"),
        ("---\n<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n---\n", "f.md:"),
        ("---\na: 1\nb:\n  c: 1\n  c: 2\n---\n", "f.md:5: key 'c' twice"),
        ("---\n- a\n---\n", "f.md:1: broken YAML"),
        ("---\na: !!python/name:os.system x\n---\n", "f.md:2: broken YAML"),
    ],
)
def test_broken_headers_name_file_and_line(text: str, message: str) -> None:
    with pytest.raises(SkillError) as error:
        header(text)
    assert str(error.value).startswith(message)
    assert "\n" not in error.value.what


def test_line_of_any_key() -> None:
    found = header("---\na:\n  b: [1]\nc: {d: [x]}\n---\n")
    lines = [found.line(*path) for path in (("a",), ("a", "b"), ("c", "d"), ("x",), ("x", "y"))]
    assert lines == [2, 3, 4, 0, 0]


def test_comment_inside_a_block_scalar_is_text() -> None:
    value = header("---\na: |\n  text\n  # no comment\nb: x  # yes\n---\n").value("a")
    assert value is not None
    assert (value.text, value.comment) == ("text\n# no comment\n", "")


# Skills


def test_ledger_has_all_phases_in_order_then_the_rest() -> None:
    found = skill("---\nphase_ledger:\n  TEST: gone  # x\n  OTHER: 1\n  PLAN: skipped\n---\n")
    assert [entry.phase for entry in found.ledger] == [*PHASES, "OTHER"]
    test = found.entry("TEST")
    assert (test.raw, test.status, test.settled, test.note, test.line) == (
        "gone",
        None,
        False,
        "x",
        3,
    )
    assert found.entry("QA").line == 0
    assert found.current == found.entry("RESEARCH")


def test_ledger_in_the_body_is_not_the_ledger() -> None:
    text = (
        "---\nphase_ledger: {PLAN: complete}\n---\n```yaml\nphase_ledger:\n  PLAN: pending\n```\n"
    )
    assert skill(text).entry("PLAN").status is Status.COMPLETE


@pytest.mark.parametrize(
    ("note", "reason"),
    [("reason: a: b, c", "a: b, c"), ("reason:x", "x"), ("2026-11-21: done", ""), ("", "")],
)
def test_reason_is_read_from_the_comment(note: str, reason: str) -> None:
    found = skill(f"---\nphase_ledger:\n  QA: skipped  # {note}\n---\n")
    assert found.entry("QA").reason == reason


def test_every_phase_settled_means_no_current() -> None:
    rows = "".join(f"  {phase}: deferred\n" for phase in PHASES)
    assert skill(f"---\nphase_ledger:\n{rows}---\n").current is None


def test_unknown_phase() -> None:
    with pytest.raises(UsageError, match="no phase 'X'"):
        skill("---\nphase_ledger: {}\n---\n").entry("X")


def test_lists_and_tables_tolerate_what_they_are_not() -> None:
    found = skill("---\nphase_ledger: {}\ndocs: one.md\nhandles: [a]\nenables: [1, b]\n---\n")
    assert (found.strings("docs"), found.table("handles")) == ((), {})
    assert found.strings("enables") == ("1", "b")


BODY = """\
intro
# Title {#id}

text

## TEST

lead

### Mission

do

#### Deep

deeper

```md
### Exit criteria
```

### Exit criteria

- a

## TEST

### Mission

second
"""


def test_sections_are_flat_and_first_wins() -> None:
    found = sections(BODY)
    assert list(found) == ["Title", "TEST", "Mission", "Deep", "Exit criteria"]
    assert (found["Title"], found["Mission"]) == ("text", "do")


def test_subsections_keep_what_is_deeper() -> None:
    found = subsections(BODY, "TEST")
    assert list(found) == ["Mission", "Exit criteria"]
    assert found["Mission"] == "do\n\n#### Deep\n\ndeeper\n\n```md\n### Exit criteria\n```"
    assert subsections(BODY, "QA") == {}


# Projects


def test_forest_reads_all_it_can_and_lists_the_rest(tmp_path: Path) -> None:
    (tmp_path / "skills").mkdir()
    (tmp_path / "skills/ü.md").write_text("---\nphase_ledger: {}\n---\n")
    (tmp_path / "skills/bad.md").write_text("x")
    (tmp_path / "skills/note.txt").write_text("x")
    skills, problems = forest(Project(tmp_path))
    assert [found.name for found in skills] == ["ü"]
    assert [problem.where for problem in problems] == ["skills/bad.md:1"]


def test_find_skill_suggests_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "skills").mkdir()
    with pytest.raises(UsageError, match="skills here: none"):
        find_skill(Project(tmp_path), "x")
    (tmp_path / "skills/backup.md").write_text("---\nphase_ledger: {}\n---\n")
    with pytest.raises(UsageError, match="did you mean backup"):
        find_skill(Project(tmp_path), "bakup")
    for number in range(6):
        (tmp_path / f"skills/a{number}.md").write_text("")
    with pytest.raises(UsageError, match="ledger status lists all skills"):
        find_skill(Project(tmp_path), "x")


def test_link_that_leads_nowhere_is_a_skill_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "skills").mkdir()
    link, loop = tmp_path / "skills/gone.md", tmp_path / "skills/loop.md"
    link.symlink_to("nowhere.md")
    loop.symlink_to("loop.md")
    for path in (link, loop):
        with pytest.raises(SkillError):
            find_skill(Project(tmp_path), str(path))
    assert [problem.where for problem in forest(Project(tmp_path))[1]] == [
        "skills/nowhere.md",
        "skills/loop.md",
    ]


def test_root_is_found_upwards_or_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEDGER_ROOT", raising=False)
    deep = tmp_path / "a/b"
    deep.mkdir(parents=True)
    with pytest.raises(UsageError, match=r"no mkdocs\.yml"):
        find_root(deep)
    (tmp_path / "mkdocs.yml").touch()
    assert find_root(deep) == tmp_path.resolve()
    monkeypatch.setenv("LEDGER_ROOT", str(deep))
    with pytest.raises(UsageError, match=r"LEDGER_ROOT=.*no mkdocs\.yml there"):
        find_root()
    (deep / "mkdocs.yml").touch()
    assert find_root() == deep.resolve()


# Phases


def test_phases_have_an_order() -> None:
    assert len(PHASES) == len(set(PHASES)) == 11
    assert [following(phase) for phase in PHASES] == [*PHASES[1:], None]


def test_statuses_sort_into_settled_done_and_owing() -> None:
    words = {status.value: (status.settled, status.done, status.needs_reason) for status in Status}
    assert words == {
        "pending": (False, False, False),
        "in_progress": (False, False, False),
        "touched": (True, True, False),
        "complete": (True, True, False),
        "skipped": (True, False, True),
        "deferred": (True, False, True),
        "blocked": (False, False, True),
    }


def test_character_that_yaml_refuses_is_told_on_one_line_with_its_place() -> None:
    with pytest.raises(SkillError) as told:
        Header("---\r\na: äöü\r\nb: c\r\nd: \x01\r\n---\r\n", "a.md")
    assert told.value.where == "a.md:4"
    assert "\n" not in told.value.what
