"""The quick reader takes what people write, leaves the rest, and every file is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.skills import COUNT, write_skills
from ledger.core.forest import facts, find_skill, forest, skill_files, survey
from ledger.core.phases import PHASES, Status
from ledger.core.project import Project
from ledger.core.scan import Facts, Phase, scan
from ledger.core.skill import Skill
from ledger.core.standing import legend
from ledger.errors import UsageError

LEDGER = "phase_ledger:\n  PLAN: complete\n"
SKILLS = Path(__file__).parents[2] / "skills"
SEED = Path(__file__).parents[1] / "fixtures/saas-phase11-external-backup.md"


def read(text: str) -> Facts | None:
    found = scan(text, "n", "skills/n.md")
    if found:
        assert found == facts(Skill(Path("skills/n.md"), "skills/n.md", text))
    return found


def header(lines: str) -> Facts | None:
    return read(f"---\n{lines}{LEDGER}---\n")


def test_seed_is_read_whole() -> None:
    found = read(SEED.read_text("utf-8"))
    assert found is not None
    assert found.title == "SaaS Phase 11: External Backup"
    assert (found.status, found.progress, found.last_touched) == ("pending", "0", "2025-12-14")
    assert found.blocking == ("cost_approval",)
    assert found.enables == ("saas-phase12-dns-failover", "saas-phase13-standby-cluster")
    assert found.entropy == {"planned": "0.05", "spent": "0.03", "returned": "0.02"}
    assert found.phases[4] == Phase("CROSS-SYNERGIZE", "skipped", "reason: single-track focus")
    assert found.current == Phase("REFLECT", "pending")


@pytest.mark.parametrize("path", sorted(SKILLS.glob("*.md")), ids=lambda path: path.stem)
def test_own_skills_need_no_yaml(path: Path) -> None:
    assert read(path.read_text("utf-8")) is not None


@pytest.mark.parametrize(
    "lines",
    [
        "status: pending   # a person's word\n",
        "status:\n",
        "# a comment\n\n  # another\nstatus: active\n\n",
        "url: http://host:80/x#y  # z: w\n",
        "note: 11 phases, 5% of 0.05\nshare: 0.30000000000000004\nsmall: -1.5e-17\n",
        "note: 'single # quoted'\nother: \"double: quoted\"  # c\n",
        "notes: |\n  # not a comment\n    a: b\n\n  end\nstatus: active\n",
        "notes: >-  # folded\n  text\n\n",
        "blocking:\n- a\n- b/c.md  # why: so\n",
        "blocking: [a, b-c]\nenables: []  # none\n",
        "enables:\n  # above\n  - 'quoted'\n\n  - plans/x\n",
        "entropy: {planned: 0.05, spent: 0, returned: 0.0}  # one line\n",
        "entropy:\n  budget: 0.05\n  remaining: 0.02\n  sip_allowed: true\n",
        "gates: {TEST: [verify, handles], EDUCATE: []}\n",
        "gates:\n  TEST: [verify]\n  EDUCATE: []\n",
        "branches:\n  - {name: a-b, class: deferred, when: S3 is there, since: 2026-11-21}\n",
        "last_touched: 2024-02-29\nparent: ñandú\npath: /x\n",
        "last_touched: 2025-13-44\nopened: {at: 2026-02-30, by: [2026-02-31]}\n",
        "blocking: cost_approval\nenables: null\n",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_usual_forms_need_no_yaml(lines: str, end: str, bom: str) -> None:
    text = f"{bom}---\n{lines}{LEDGER}  TEST: done  # x: y, z \n---\n\n# A title {{#a}}\n"
    found = read(text.replace("\n", end))
    assert found is not None
    assert (found.title, found.phases[7]) == ("A title", Phase("TEST", "done", "x: y, z"))


@pytest.mark.parametrize(
    "lines",
    [
        "a: &x b\nb: *x\n",
        "a: b\n  c\n",
        "a: 'it''s'\n",
        'a: "\\u00e9"\n',
        "a:\tb\n",
        "a: {b: c, b: d}\n",
        "a: !t b\n",
        "'status': active\n",
        "status: a\nstatus: b\n",
        "a:\n  b: c\n  b: d\n",
        "a:\n  b:\n    c: d\n",
        "a:\n  - b\n  c: d\n",
        "a: b: c\n",
        "a: |\n    b\n  c\n",
        "a: [b, [c]]\n",
        "a: [\n  b]\n",
        "enables: [yes]\n",
        "enables: [12]\n",
        "blocking:\n  - Null\n",
        "enables:\n  - a: b\n",
        "status: [a]\n",
        "status: |\n  a\n",
        "<<<<<<< ours\nstatus: a\n=======\nstatus: b\n>>>>>>> theirs\n",
        "phase_ledger: {PLAN: done}\n",
        "...\n",
        "a: \u2028b\n",
    ],
)
def test_other_forms_are_left_to_yaml(lines: str) -> None:
    assert header(lines) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---",
        "---\n",
        "# no header\n",
        "---\nstatus: a\n---\n",
        f"---\n{LEDGER}",
        f"---\n{LEDGER}----\n",
        f"---\n{LEDGER}---\n```\n# in a fence\n```\n# Title\n",
        f"---\n{LEDGER}---\n# Title\x0b# Other\n",
    ],
)
def test_what_is_no_plain_skill_is_left_to_yaml(text: str) -> None:
    assert read(text) is None


def test_foreign_phases_come_last_and_missing_ones_are_pending() -> None:
    found = read("---\nphase_ledger:\n  POLISH: done\n  TEST: COMPLETE\n  PLAN: what\n---\n")
    assert found is not None
    assert [phase.name for phase in found.phases] == [*PHASES, "POLISH"]
    assert [found.phases[i].status for i in (0, 1, 7)] == [None, Status.PENDING, Status.COMPLETE]
    assert found.title == "n"


def test_generated_forest_needs_no_yaml(tmp_path: Path) -> None:
    write_skills(tmp_path / "skills")
    project = Project(tmp_path)
    found, problems = survey(str(tmp_path))
    skills, _ = forest(project)
    assert (len(found), problems) == (COUNT, [])
    assert found == [facts(skill) for skill in skills]
    assert all(scan(skill.text, skill.name, skill.where) for skill in skills)


def test_same_seed_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_skills(tmp_path / name, count=9, seed=7)
    files = [{p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("a", "b")]
    assert files[0] == files[1]


def test_no_file_vanishes(tmp_path: Path) -> None:
    skill = f"---\n{LEDGER}---\n"
    texts = {
        "a.md": skill,
        "b.md": f"---\na: &x 1\n{LEDGER}---\n",
        "deep/er/ü.md": skill,
        "folder.md/in.md": skill,
        "empty.md": "",
        "broken.md": "---\na: [\n---\n",
        "large.md": skill + "x\n" * 200_000,
        ".hidden.md": skill,
        "note.txt": "",
    }
    for name, text in texts.items():
        path = tmp_path / "skills" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (tmp_path / "skills/gone.md").symlink_to("nowhere")
    (tmp_path / "skills/latin.md").write_bytes(b"---\n\xff\n---\n")
    project = Project(tmp_path)
    found, problems = survey(str(tmp_path))
    assert [f.where for f in found] == [
        f"skills/{n}.md" for n in ("a", "b", "deep/er/ü", "folder.md/in", "large")
    ]
    assert [p.where.partition(":")[0] for p in problems] == [
        f"skills/{name}.md" for name in ("broken", "empty", "folder", "gone", "latin")
    ]
    assert len(found) + len(problems) == len(skill_files(project)) == len(forest(project)[0]) + 5


def test_no_folder_no_skills(tmp_path: Path) -> None:
    assert survey(str(tmp_path)) == ([], [])


def test_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "skills").write_text("no folder", "utf-8")
    found, problems = survey(str(tmp_path))
    assert (found, [problem.where for problem in problems]) == ([], ["skills:1"])


def test_nested_skill_is_found_and_twins_are_told_apart(tmp_path: Path) -> None:
    for name in ("one/a.md", "two/a.md", "two/b.md"):
        (tmp_path / "skills" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "skills" / name).write_text(f"---\n{LEDGER}---\n", "utf-8")
    project = Project(tmp_path)
    assert find_skill(project, "b").where == "skills/two/b.md"
    assert find_skill(project, str(tmp_path / "skills/two/a.md")).where == "skills/two/a.md"
    with pytest.raises(UsageError, match=r"2 skills are named 'a'") as error:
        find_skill(project, "a")
    assert "skills/one/a.md or skills/two/a.md" in error.value.fix


def test_the_legend_of_a_table_is_whole_and_fits() -> None:
    assert all(f" {status}" in legend() for status in Status)
    assert max(map(len, legend().splitlines())) <= 80
