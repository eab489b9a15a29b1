"""The prompt and the epilogue say what the files say, in a fixed shape, and stay short."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import frontmatter
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.phases import PHASES
from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.flow.brief import brief_of
from ledger.flow.epilogue import latest_epilogue
from ledger.flow.evidence import gather
from ledger.flow.prompt import MAX_LINES, build_prompt, draw
from tests.fixtures.flow_project import DAY, SEED, SKILL, Fake

GOLDEN = """\
concept.forest.manifest[phase=EDUCATE][sprint=backup]@span=backup

/hydrate

handles:
  - skill: skills/backup.md
  - page: docs/page.md
  - config: manifests
  - epilogue: epilogues/2026-11-21-backup-test.md

ledger: {PLAN:complete, RESEARCH:complete, DEVELOP:touched, STRATEGIZE:complete, \
CROSS-SYNERGIZE:skipped, IMPLEMENT:touched, QA:touched, TEST:touched, EDUCATE:pending, \
MEASURE:deferred}
entropy: spent 0.02 + returned 0.01 of 0.05 (0.02 left)

## Context

9 of 11 phases are settled; this one is EDUCATE.
- TEST is touched: 2026-11-21: 2 blocks verified on Kubernetes 1.34.4, 1 deferred
- Owed: MEASURE is deferred: no metrics yet
- Waits on: cost_approval
- docs/page.md: 2 verified, 1 deferred; run of 2026-11-21 on kubernetes 1.34.4, nats 0.4.0

## Your Mission

"""


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return Fake(tmp_path)


def text_skill(text: str) -> Skill:
    return Skill(Path("skills/backup.md"), "skills/backup.md", text)


def headings(prompt: str) -> list[str]:
    return [line for line in prompt.splitlines() if line.startswith("## ")]


def test_golden_head(fake: Fake) -> None:
    assert fake.run("advance", "backup").out.startswith(GOLDEN)


def test_golden_tail(fake: Fake) -> None:
    tail = fake.run("prompt", "backup").out.partition("\n---\n")[2].splitlines()
    assert tail[:7] == [
        "",
        "This is the *TEST* for Backup of Orders.",
        "",
        "Run everything that can run; defer the rest with a reason.",
        "",
        "⟿[EDUCATE]",
        "/hydrate",
    ]
    keys = [line.partition(":")[0] for line in tail[7:11]]
    assert keys == ["handles", "mission", "actions", "exit"]
    assert tail[7].endswith("; ledger={TEST:touched}; branches=none")
    assert tail[10].endswith("; ledger.EDUCATE=touched; continuation → REFLECT.")
    assert tail[11] == ""
    assert [line[:2] for line in tail[12:]] == ["⟂["] * 3
    assert tail[-1].startswith("⟂[ENTROPY_DEPLETED]")


@pytest.mark.parametrize("phase", PHASES)
def test_every_phase_has_the_same_shape(fake: Fake, phase: str) -> None:
    prompt = fake.run("prompt", "backup", "--phase", phase).out
    assert headings(prompt) == [
        "## Context",
        "## Your Mission",
        "## Exit Criteria",
        "## Non-Goals",
        "## Entropy Budget",
    ]
    assert f"- [ ] Ledger: {phase}=touched\n" in prompt
    assert prompt.startswith(f"concept.forest.manifest[phase={phase}]")
    assert len(prompt.splitlines()) <= MAX_LINES
    assert sum(track.share for track in brief_of(fake.skill(), phase).tracks) == 100
    assert re.findall(r"\n\n\n|[ \t]\n", prompt) == []


def test_same_files_same_bytes(fake: Fake) -> None:
    assert fake.run("prompt", "backup").out == fake.run("prompt", "backup").out


def test_prompt_and_show_and_status_write_nothing(fake: Fake) -> None:
    before = fake.files()
    for command in (["prompt", "backup"], ["show", "backup"], ["status"]):
        assert fake.run(*command).code == 0
    assert fake.files() == before


def test_sprint_span_and_parent(fake: Fake) -> None:
    fake.replace("skills/backup.md", "progress: 0", "progress: 0\nparent: docs/big-plan.md")
    assert "[sprint=backup]@span=big_plan\n" in fake.run("prompt", "backup").out
    fake.replace("skills/backup.md", "progress: 0", "progress: 0\nsprint: s1\nspan: s2")
    assert "[sprint=s1]@span=s2\n" in fake.run("prompt", "backup").out


def test_body_of_the_skill_says_it_better(tmp_path: Path) -> None:
    fake = Fake(tmp_path)
    prompt = fake.run("prompt", fake.seed().stem).out
    mission = prompt.partition("## Your Mission\n\n")[2]
    assert mission.startswith("Say what the backup taught us. Keep it short.\n\n## Exit Criteria\n")
    assert (
        "- [ ] Learnings written\n- [ ] Owner of the metrics that were put off named\n" in mission
    )
    assert "## Non-Goals\n\n- New alerts\n\n" in mission
    assert "[sprint=saas_phase11_external_backup]" in prompt
    assert "inside a fence" not in fake.run("prompt", SEED.stem, "--phase", "PLAN").out


def test_own_tracks_are_raised_and_share_the_draw(fake: Fake) -> None:
    tracks = "#### Track A: Big (60%)\n\n1. one\n\n#### Small (40%)\n\n2. two\n"
    fake.write("skills/backup.md", f"{SKILL}\n## TEST\n\n### Tracks\n\n{tracks}")
    prompt = fake.run("prompt", "backup").out
    assert "### Track A: Big (60%)\n\n1. one\n\n### Small (40%)\n\n2. two\n\n## Exit" in prompt
    assert "| Big | 0.003 |\n| Small | 0.003 |\n" in prompt
    assert "sip(amount=0.006)" in prompt


def test_missing_handles_are_marked_and_not_handed_on(fake: Fake) -> None:
    fake.replace("skills/backup.md", "config: manifests", "config: gone.yaml")
    prompt = fake.run("prompt", "backup").out
    assert "  - config: gone.yaml  # missing\n" in prompt
    assert "config=gone.yaml" not in prompt


def test_stale_blocks_are_named_with_their_mend(fake: Fake) -> None:
    fake.replace("docs/page.md", "echo one\n", "echo two\n")
    prompt = fake.run("prompt", "backup").out
    assert "  - docs/page.md:7: block one is stale: its text changed since the run\n" in prompt
    assert "  - mend with: ledger verify docs/page.md --update-lock\n" in prompt


def test_page_that_cannot_be_read_is_said_and_breaks_nothing(fake: Fake) -> None:
    (fake.root / "docs/page.md").unlink()
    assert "- docs/page.md cannot be read: no such page\n" in fake.run("prompt", "backup").out


# The budget


@pytest.mark.parametrize(
    ("spent", "line"),
    [
        ("0.02", "Draw: `void.entropy.sip(amount=0.006)`"),
        ("0.04", "Nothing is left to draw: spent 0.04 + returned 0.01 of 0.05 (0.00 left)."),
        ("0.05", "The plan halts on its budget: spent 0.05 + returned 0.01 of 0.05 (-0.01 left)."),
    ],
)
def test_a_sip_is_offered_only_where_something_is_left(fake: Fake, spent: str, line: str) -> None:
    fake.replace("skills/backup.md", "spent: 0.02", f"spent: {spent}")
    prompt = fake.run("prompt", "backup").out
    assert line in prompt
    assert ("void.entropy.sip" in prompt) == (spent == "0.02")


@settings(deadline=None)  # the machine may be busy
@given(
    remaining=(st.integers(-5, 40) | st.integers(40, 200)).map(lambda n: Decimal(n) / 1000),
    settled=st.sets(st.sampled_from(PHASES)),
    phase=st.sampled_from(PHASES),
)
def test_a_draw_is_covered_and_leaves_no_rest_that_halts(
    remaining: Decimal, settled: set[str], phase: str
) -> None:
    rows = "".join(f"  {p}: {'touched' if p in settled else 'pending'}\n" for p in PHASES)
    skill = text_skill(f"---\nphase_ledger:\n{rows}entropy: {{planned: {remaining}}}\n---\n")
    amount = draw(skill, phase)
    assert 0 <= amount <= max(remaining, Decimal(0))
    left = remaining - amount
    others = any(p not in settled and p != phase for p in PHASES)
    if amount and others:
        assert left == 0 or left >= Decimal("0.01")


@pytest.mark.parametrize(
    ("remaining", "still_open", "amount"),
    [
        ("0.03", 3, "0.01"),
        ("0.05", 11, "0.004"),
        ("0.012", 2, "0.012"),
        ("0.01", 11, "0.01"),
        ("0.02", 1, "0.02"),
        ("0.009", 2, "0"),
        ("0", 3, "0"),
        ("-0.01", 3, "0"),
    ],
)
def test_a_draw_is_an_even_share_or_all(remaining: str, still_open: int, amount: str) -> None:
    phases = PHASES[-still_open:]
    rows = "".join(f"  {p}: {'pending' if p in phases else 'touched'}\n" for p in PHASES)
    skill = text_skill(f"---\nphase_ledger:\n{rows}entropy: {{planned: {remaining}}}\n---\n")
    assert draw(skill, phases[0]) == Decimal(amount)


# The bound


@pytest.mark.parametrize("phase", ["TEST", "REFLECT"])
def test_huge_skill_still_gives_a_short_prompt(fake: Fake, phase: str) -> None:
    many = range(400)
    handles = ", ".join(f"h{n}: docs/page.md" for n in many)
    fake.replace("skills/backup.md", "{page: docs/page.md, config: manifests}", f"{{{handles}}}")
    fake.replace("skills/backup.md", "docs: [docs/page.md]", f"docs: [{'docs/page.md, ' * 40}]")
    notes = "".join(f"  line {n}\n" for n in many)
    fake.replace("skills/backup.md", "progress: 0\n", f"progress: 0\nsession_notes: |\n{notes}")
    items = "".join(f"- item {n}\n" for n in many)
    tracks = "".join(f"#### Track {n} (10%)\n\n1. do\n\n" for n in range(10))
    own = "".join(
        f"### {title}\n\n{text}\n"
        for title, text in (
            ("Mission", items),
            ("Tracks", tracks),
            ("Exit criteria", items),
            ("Non-goals", items),
        )
    )
    fake.write("skills/backup.md", fake.read("skills/backup.md") + f"\n## {phase}\n\n{own}")
    fake.verify("failed")
    prompt = fake.run("prompt", "backup", "--phase", phase).out
    assert len(prompt.splitlines()) <= MAX_LINES
    assert prompt.count("more lines, see skills/backup.md") == 6


@settings(deadline=None)  # the machine may be busy
@given(status=st.lists(st.sampled_from(["pending", "touched", "done", "", "~"]), min_size=11))
def test_any_ledger_gives_a_prompt_for_any_phase(status: list[str]) -> None:
    rows = "".join(f"  {p}: {s}\n" for p, s in zip(PHASES, status, strict=False))
    skill = text_skill(f"---\nphase_ledger:\n{rows}---\n")
    project = Project(Path("/nonexistent"))
    for phase in PHASES:
        prompt = build_prompt(project, skill, phase, gather(project, skill, DAY))
        assert prompt.startswith(f"concept.forest.manifest[phase={phase}]")


# Epilogues


def test_epilogue_tells_what_was_proved(fake: Fake) -> None:
    fake.run("advance", "backup")
    post = frontmatter.load(str(fake.root / "epilogues/2026-11-21-backup-test.md"))
    assert dict(post.metadata) == {
        "skill": "backup",
        "phase": "TEST",
        "date": DAY,
        "status": "touched",
    }
    assert [line for line in post.content.splitlines() if line.startswith("## ")] == [
        "## Summary",
        "## Phase trace",
        "## Artifacts",
        "## Test results",
        "## Deferred",
        "## Entropy",
        "## Continuation",
    ]
    for line in (
        "- Gate `verify` holds: 2 blocks verified on Kubernetes 1.34.4, 1 deferred.",
        "| CROSS-SYNERGIZE | skipped | reason: single-track focus |",
        "| config | `manifests` | yes |",
        "Run of 2026-11-21 on kubernetes 1.34.4, nats 0.4.0.",
        "| one | 7 | verified |  |",
        "| upload | 19 | deferred | there is no bucket yet |",
        "- MEASURE is deferred: no metrics yet",
        "- docs/page.md:19 upload: there is no bucket yet",
        "spent 0.02 + returned 0.01 of 0.05 (0.02 left)",
        "⟿[EDUCATE]",
    ):
        assert line in post.content.splitlines()


def test_pipe_in_a_note_stays_in_its_cell(fake: Fake) -> None:
    fake.run("advance", "backup", "--note", "a | b")
    assert "| TEST | touched | 2026-11-21: a \\| b |" in fake.read(
        "epilogues/2026-11-21-backup-test.md"
    )


def test_newest_epilogue_is_found_by_day_then_phase(fake: Fake) -> None:
    for name in (
        "2026-11-20-backup-reflect",
        "2026-11-21-backup-test",
        "2026-11-21-backup-qa",
        "2026-11-22-backup-test-plan",  # of a skill named backup-test
        "2026-11-23-backup-notes",
    ):
        fake.write(f"epilogues/{name}.md", "")
    found = latest_epilogue(fake.project, fake.skill())
    assert found is not None
    assert found.name == "2026-11-21-backup-test.md"
