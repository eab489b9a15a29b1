"""`ledger status` and `ledger show`: every file is accounted for, and it fits the screen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixtures.flow_project import SKILL, Fake


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return Fake(tmp_path)


def test_status_is_one_row_a_skill(fake: Fake) -> None:
    fake.seed()
    outcome = fake.run("status")
    assert outcome.code == 0
    assert [line.split() for line in outcome.out.splitlines()] == [
        ["skill", "phases", "open", "left", "evidence"],
        ["backup", "CCTCsTT>.d.", "TEST", "0.02", "verified"],
        ["saas-phase11-external-backup", "CCTCsTTTTd.", "REFLECT", "0.00", "no", "pages"],
    ]
    assert "d deferred" in outcome.err


@pytest.mark.parametrize("name", ["backup", "a-very-long-name-" * 4])
def test_status_fits_eighty_columns(fake: Fake, name: str) -> None:
    text = SKILL.replace("CROSS-SYNERGIZE: skipped", "CROSS-SYNERGIZE: pending")
    fake.write(f"skills/{name}.md", text)
    fake.verify("failed")
    outcome = fake.run("status")
    assert max(map(len, (outcome.out + outcome.err).splitlines())) <= 90
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert name in outcome.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"no header", "skills/bad.md:1: no front matter"),
        (b"", "skills/bad.md:1: no front matter"),
        (b"---\na: [\n---\n", "skills/bad.md:3: broken YAML"),
        (b"---\na: 1\n---\n", "skills/bad.md: no phase_ledger"),
        (b"\xff\xfe", "skills/bad.md: not UTF-8 text"),
        (b"---\n- a\n---\n", "skills/bad.md:1: broken YAML"),
    ],
)
def test_status_lists_what_it_cannot_read(fake: Fake, text: bytes, message: str) -> None:
    (fake.root / "skills/bad.md").write_bytes(text)
    outcome = fake.run("status")
    assert outcome.code == 1
    assert f"error: {message}" in outcome.err
    assert "backup " in outcome.out
    document = json.loads(fake.run("status", "--json").out)
    assert [skill["name"] for skill in document["skills"]] == ["backup"]
    assert len(document["problems"]) == 1


def test_folder_named_like_a_skill_is_listed_too(fake: Fake) -> None:
    (fake.root / "skills/dir.md").mkdir()
    outcome = fake.run("status")
    assert (outcome.code, "skills/dir.md: cannot be read" in outcome.err) == (1, True)


def test_status_lists_pages_that_cannot_be_read(fake: Fake) -> None:
    fake.write("docs/page.md", "```bash\nls\n```\n")
    outcome = fake.run("status")
    assert outcome.code == 1
    assert "error: docs/page.md:1: a bare bash fence" in outcome.err
    assert outcome.out.splitlines()[1].endswith("broken")


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda f: f.verify("failed"), "failed"),
        (lambda f: f.replace("docs/page.md", "true\n", "false\n"), "stale"),
        (lambda f: (f.root / "evidence/page.json").unlink(), "never run"),
        (lambda f: f.write("docs/page.md", "---\ntitle: t\n---\n"), "no blocks"),
    ],
)
def test_status_shows_the_least_trusted_state(
    fake: Fake, spoil: Callable[[Fake], object], word: str
) -> None:
    spoil(fake)
    outcome = fake.run("status")
    assert (outcome.code, outcome.out.splitlines()[1].endswith(word)) == (0, True)


def test_show_tells_phases_budget_pages_handles(fake: Fake) -> None:
    fake.replace("docs/page.md", "true\n", "false\n")
    outcome = fake.run("show", "backup")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    for line in (
        "Backup of Orders",
        "  CROSS-SYNERGIZE  skipped      reason: single-track focus",
        "> TEST             in_progress  waiting, for: a cluster",
        "  EDUCATE          pending      gates: verify, handles",
        "budget   spent 0.02 + returned 0.01 of 0.05 (0.02 left)",
        "waits on cost_approval",
        "         docs/page.md:15: block two is stale: its text changed since the run",
        "handle   config: manifests",
    ):
        assert line in lines


def test_show_json(fake: Fake) -> None:
    document = json.loads(fake.run("show", "backup", "--json").out)
    assert document["schema"] == "phase-ledger/show/v1"
    assert document["phases"][4] == {
        "phase": "CROSS-SYNERGIZE",
        "status": "skipped",
        "settled": True,
        "note": "reason: single-track focus",
        "reason": "single-track focus",
        "line": 15,
        "gates": [],
    }
    assert {row["phase"]: row["gates"] for row in document["phases"] if row["gates"]} == {
        "TEST": ["verify"],
        "EDUCATE": ["verify", "handles"],
        "REFLECT": ["handles"],
    }
    assert document["entropy"]["remaining"] == "0.02"
    assert document["pages"][0]["verified"] == "2026-11-21"


def test_show_by_path_and_unknown_name(fake: Fake) -> None:
    assert fake.run("show", "skills/backup.md").code == 0
    outcome = fake.run("show", "bakcup")
    assert (outcome.code, "did you mean backup?" in outcome.err) == (2, True)


def test_project_without_skills(fake: Fake) -> None:
    (fake.root / "skills/backup.md").unlink()
    outcome = fake.run("status")
    assert (outcome.code, outcome.out) == (0, "")


def test_odd_words_in_a_ledger_are_shown(fake: Fake) -> None:
    fake.replace("skills/backup.md", "TEST: in_progress", "TEST: gone")
    assert fake.run("status").out.splitlines()[1].split()[1] == "CCTCsTT?.d."


def test_heavy_imports_wait_until_a_command_runs() -> None:
    code = (
        "import sys; from ledger.cli import COMMANDS; from ledger.cli.parser import build;"
        "[build(COMMANDS, [name]) for name in COMMANDS];"
        "print(sorted({'yaml', 'ruamel', 'markdown', 'jinja2', 'kubernetes'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
