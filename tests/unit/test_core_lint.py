"""Every form that people write is read and explained; no rule is without a form that breaks it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ledger.core.lint import lint
from ledger.core.lint_rules import RULES
from ledger.core.lint_subject import Around
from ledger.core.problem import Problem, Severity
from ledger.core.project import Project

FORMS = Path(__file__).parents[1] / "fixtures" / "forms"
AROUND = Around(Project(FORMS), date(2026, 11, 21), ("handles", "verify"), {"plain"})

# What each form is told: the codes and their lines. The file's name says what is odd about it.
EXPECTED = {
    "aliases": "L205:6 L205:7 L205:8 L205:10 L205:11 L205:12 L205:13 L205:14 L205:15",
    "anchor-in-itself": "",
    "anchors": "L214:6 L214:7 L214:8",
    "bad-tag": "L104:1",
    "bad-yaml": "L104:4",
    "branches": "L411:4 L411:6 L411:7",
    "byte-order-mark": "",
    "comments-above-keys": "",
    "complete-but-open": "L412:2",
    "crlf": "",
    "dangling-enables": "L406:5",
    "dots-close-it": "",
    "duplicate-keys": "L105:11",
    "earlier-phase-open": "L211:7",
    "empty-file": "L102:1",
    "empty-ledger": "L201:5 L213:5",
    "empty-statuses": "L207:15 L207:16",
    "entropy-both-names": "L303:17 L303:17",
    "entropy-is-a-number": "L302:17",
    "entropy-old-keys": "L303:18 L303:19 L309:20",
    "float-noise": "L304:19",
    "flow-style-of-lines": "L201:5 L213:5 L205:8",
    "flow-style": "L201:5 L205:5 L205:5 L213:5",
    "foreign-phases": "L202:17 L202:18",
    "front-matter-is-a-list": "L104:1",
    "front-matter-not-closed": "L103:1",
    "größe-λ": "",
    "implement-open": "L212:11",
    "implement-skipped": "L210:11",
    "last-touched-future": "L404:2",
    "last-touched-no-date": "L403:2",
    "ledger-in-a-fence": "L107:1",
    "ledger-is-a-word": "L107:3",
    "left-is-too-much": "L305:17",
    "left-without-planned": "L305:17",
    "lists-that-are-none": "L405:2 L405:3 L405:4 L405:5",
    "merge-markers": "L106:5",
    "missing-phases": "L201:5",
    "nearly-a-key": "L413:5",
    "nearly-empty": "L307:17",
    "negative": "L308:17",
    "no-entropy": "L310:1",
    "no-front-matter": "L102:1",
    "no-numbers": "L301:17 L301:17 L301:17",
    "no-reason": "L209:12 L209:13 L209:14",
    "no-such-handle": "L408:3 L408:4",
    "no-such-page": "L407:3 L407:4 L407:5",
    "not-utf-8": "L101:3",
    "nul-byte": "L104:2",
    "overdrawn": "L306:17",
    "overdue": "L215:12 L216:13 L216:13 L217:13",
    "per-cent": "L311:17",
    "plain": "",
    "progress-float": "L402:2",
    "progress-is-a-word": "L401:2",
    "progress-out-of-range": "L401:2",
    "quoted-phases": "",
    "reasons": "L217:15",
    "respelled-phases": "L203:6 L203:10 L203:12",
    "statuses-of-more": "L208:12 L208:13",
    "sums-off": "L305:17 L305:17",
    "tables-that-are-none": "L409:2 L409:3",
    "tabs": "L104:4",
    "unclosed-fence": "L108:25",
    "unknown-gates": "L410:3 L410:4 L410:5",
    "unknown-keys": "",
    "unknown-statuses": "L206:6 L206:7",
    "wrong-order": "L204:7",
}


def told(path: Path) -> list[Problem]:
    return lint(path, AROUND)


def problems(tmp_path: Path, text: str | bytes) -> list[Problem]:
    path = tmp_path / "f.md"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return lint(path, AROUND._replace(project=Project(tmp_path)))


def whats(tmp_path: Path, header: str) -> list[str]:
    return [problem.what for problem in problems(tmp_path, f"---\n{header}---\n")]


@pytest.mark.parametrize("form", sorted(EXPECTED))
def test_each_form_is_told_what_it_breaks(form: str) -> None:
    path = FORMS / f"{form}.md"
    before = path.read_bytes()
    found = told(path)
    assert " ".join(f"{p.code}:{p.line}" for p in found) == EXPECTED[form]
    assert path.read_bytes() == before
    lines = before.count(b"\n") + 1
    assert all(p.where == f"{form}.md" and 1 <= p.line <= lines for p in found)


def test_no_form_is_forgotten() -> None:
    assert {path.stem for path in FORMS.glob("*.md")} == set(EXPECTED)


@pytest.mark.parametrize(
    ("form", "start", "held"),
    [
        ("crlf", b"---\r\n", b"\r\n---\r\n"),
        ("byte-order-mark", b"\xef\xbb\xbf---\n", b"PLAN"),
        ("nul-byte", b"---\n", b"\0"),
        ("not-utf-8", b"---\n", b"\xe9"),
        ("tabs", b"---\n", b"\n\t"),
    ],
)
def test_no_tool_has_tidied_the_forms(form: str, start: bytes, held: bytes) -> None:
    data = (FORMS / f"{form}.md").read_bytes()
    assert data.startswith(start)
    assert held in data


def test_every_rule_has_a_form_that_breaks_it() -> None:
    broken = {code.split(":")[0] for codes in EXPECTED.values() for code in codes.split()}
    assert {rule.code for rule in RULES} == broken


def test_codes_are_unique_and_in_order() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))


def test_every_problem_says_what_why_and_what_to_do() -> None:
    for form in EXPECTED:
        for problem in told(FORMS / f"{form}.md"):
            assert all((problem.what, problem.why, problem.fix))
            assert "\n" not in problem.what
            assert "SKILL" not in problem.fix


# The file


def test_what_is_no_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "gone.md").symlink_to("nowhere")
    (tmp_path / "loop.md").symlink_to("loop.md")
    for name in ("folder.md", "gone.md", "loop.md"):
        (problem,) = lint(tmp_path / name, AROUND._replace(project=Project(tmp_path)))
        assert (problem.where, problem.code, problem.line) == (name, "L101", 1)


def test_names_may_be_anything_a_file_system_takes(tmp_path: Path) -> None:
    text = (FORMS / "no-entropy.md").read_text()
    for name in ("größe ⟿.md", "a b'c.md", "a\nb.md", "\udce9.md"):
        path = tmp_path / "skills" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        (problem,) = lint(path, AROUND._replace(project=Project(tmp_path)))
        assert problem.where == f"skills/{name}"


def test_command_in_a_fix_can_be_pasted(tmp_path: Path) -> None:
    around = AROUND._replace(project=Project(tmp_path))
    (tmp_path / "skills").mkdir()
    for path, name in (
        (tmp_path / "skills/my plan.md", "'my plan'"),
        (tmp_path / "apart.md", "apart.md"),
    ):
        path.write_bytes((FORMS / "wrong-order.md").read_bytes())
        assert lint(path, around)[0].fix == f"ledger fix {name} --write"


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("---\na:\n\tb: c\n---\n", "indent with blanks; YAML takes no tabs there"),
        ("---\na: b\nc: \x07\n---\n", "delete the character '\\x07'"),
        ("---\n- a\n---\n", "write key: value on each line"),
        ("---\na: [\n---\n", "mend the line; indent with blanks, quote texts"),
    ],
)
def test_broken_yaml_has_a_fix_for_its_place(tmp_path: Path, text: str, fix: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem.code == "L104"
    assert problem.fix.startswith(fix)


@pytest.mark.parametrize(
    "value",
    [
        "!!bool perhaps",
        "!!int ''",
        "!!timestamp soon",
        "!!float x",
        "!!python/name:os.system x",
        "=",
        "9" * 5000,
        "[" * 200_000,
        "- " * 200_000,
        "{a: " * 2_000 + "}" * 2_000,
    ],
)
def test_values_that_no_parser_likes_are_broken_yaml(tmp_path: Path, value: str) -> None:
    (problem,) = problems(tmp_path, f"---\na: {value}\n---\n")
    assert problem.code == "L104"


def test_conflict_is_found_where_it_begins(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "<<<<<<< HEAD\n---\na: 1\n=======\n---\n>>>>>>> x\n---\n")
    assert (problem.code, problem.line) == ("L106", 1)


def test_ledger_in_the_body_is_pointed_at() -> None:
    (problem,) = told(FORMS / "ledger-in-a-fence.md")
    assert problem.what == "no phase_ledger in the front matter; the one on line 6 is text"


# The ledger


def test_words_are_shown_with_what_they_are_read_as() -> None:
    found = [problem.what for problem in told(FORMS / "aliases.md")]
    assert "PLAN is 'done', read as complete" in found
    assert "MEASURE is 'not-applicable', read as skipped" in found


def test_note_without_the_word_reason_is_offered_as_one() -> None:
    fixes = [problem.fix for problem in told(FORMS / "no-reason.md")]
    assert fixes[1] == "if that is why, write: # reason: no time"


def test_debt_falls_due_on_the_day_after(tmp_path: Path) -> None:
    text = (FORMS / "overdue.md").read_bytes()
    path = tmp_path / "f.md"
    path.write_bytes(text)
    for day, due in ((date(2026, 11, 20), False), (date(2026, 11, 21), True)):
        found = lint(path, AROUND._replace(today=day))
        assert ("L215" in {problem.code for problem in found}) is due


def test_open_phase_that_is_left_out_is_told_once(tmp_path: Path) -> None:
    text = (FORMS / "missing-phases.md").read_text().replace("REFLECT: pending", "REFLECT: done")
    assert [p.code for p in problems(tmp_path, text)] == ["L201", "L212", "L205"]


@pytest.mark.parametrize("name", ["REFLEKT", "reflecting"])
def test_foreign_name_that_is_near_a_phase_is_named(tmp_path: Path, name: str) -> None:
    text = (FORMS / "plain.md").read_text().replace("REFLECT:", f"{name}:")
    found = [problem.what for problem in problems(tmp_path, text)]
    assert f"{name!r} is no phase; did you mean REFLECT?" in found


def test_two_spellings_of_one_phase(tmp_path: Path) -> None:
    text = (FORMS / "plain.md").read_text().replace("  QA: pending", "  qa: done\n  QA: pending")
    (problem,) = problems(tmp_path, text)
    assert (problem.code, problem.line) == ("L202", 12)


# The budget


@pytest.mark.parametrize(
    ("entropy", "found"),
    [
        ("{planned: 0.05, spent: 0.02, returned: 0.03}", []),
        ("{planned: 0.05, spent: , returned: }", []),
        ("{planned: 0.3, spent: 0.30000000000000004, returned: 0}", ["L304"]),
        ("{planned: 0.123456789, spent: 0, returned: 0}", []),
        ("{planned: 0.01, spent: 0.009, returned: 0.001}", []),
        ("{planned: 0.01, spent: 0.009, returned: 0}", ["L307"]),
        ("{budget: 0.05, remaining: 0.05}", ["L303", "L303"]),
        ("{budget: 0.05, remaining: 0.020000000000000004, spent: 0.03}", ["L303", "L303", "L304"]),
        ("{planned: 1e999999, spent: -9e999999}", ["L301", "L301"]),
        ("{planned: 0.05, spent: 0.03, remaining: 0.02, returned: 0.01}", ["L305"]),
        ("{planned: x, spent: 9}", ["L301"]),
    ],
)
def test_books(tmp_path: Path, entropy: str, found: list[str]) -> None:
    text = (FORMS / "no-entropy.md").read_text()
    text = text.replace("\n---\n\n", f"\nentropy: {entropy}\n---\n\n")
    assert [problem.code for problem in problems(tmp_path, text)] == found


# The other keys


@pytest.mark.parametrize(
    "progress", ["0", "100", "47", "yes", "-1", "100.5", ".nan", ".inf", "[1]"]
)
def test_progress(tmp_path: Path, progress: str) -> None:
    found = whats(tmp_path, f"progress: {progress}\nphase_ledger: {{}}\n")
    assert any("progress" in what for what in found) is (progress not in {"0", "100", "47"})


@pytest.mark.parametrize(
    ("day", "what"),
    [
        ("2026-11-21", ""),
        ("'2026-11-21'", ""),
        ("2026-11-22", "last_touched is 2026-11-22"),
        ("2026-11-01 10:00:00", "last_touched is 2026-11-01 10:00:00"),
        ("'2026-02-30'", "last_touched is '2026-02-30'"),
    ],
)
def test_last_touched(tmp_path: Path, day: str, what: str) -> None:
    found = whats(tmp_path, f"last_touched: {day}\nphase_ledger: {{}}\n")
    assert [w for w in found if w.startswith("last_touched")] == ([what] if what else [])


def test_keys_of_others_are_nobodys_business() -> None:
    assert told(FORMS / "unknown-keys.md") == []


def test_long_values_are_shown_short(tmp_path: Path) -> None:
    (what,) = (w for w in whats(tmp_path, f"docs: [{'x' * 300}]\nphase_ledger: {{}}\n") if "x" in w)
    assert len(what) < 80


def test_severities_are_three() -> None:
    assert {rule.severity for rule in RULES} == set(Severity)
