"""The prompt says what the files say, in a fixed shape, and stays short."""

from __future__ import annotations

import io
import json
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.core.phases import PHASES
from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.flow.brief import brief_of
from ledger.flow.fit import BRIEF_LINES, MAX_LINES, clip
from ledger.flow.shares import allocate, draw
from ledger.pages.evidence import Lock, Result, input_digests, write_lock
from ledger.pages.page import read_page
from tests.fixtures.flow_project import DAY, PAGE, SEED, SKILL, Fake
from tests.support.flat import flat

GOLDEN = Path(__file__).parents[1] / "fixtures" / "golden"
NAME = SEED.stem
FOUR = ("TEST", "EDUCATE", "MEASURE", "IMPLEMENT")
RENEW = "RENEW_GOLDEN=1 pytest tests/unit/test_flow_prompt.py -k golden"
SECTIONS = (
    "## Context",
    "## Debts",
    "## Your Mission",
    "## Exit Criteria",
    "## Non-Goals",
    "## Entropy Budget",
    "## Branch Candidates",
)


@pytest.fixture
def full(tmp_path: Path) -> Fake:
    """The plan that says all that a plan can say, with two pages that were run."""
    fake = Fake(tmp_path)
    fake.write(f"skills/{NAME}.md", (GOLDEN / "skill.md").read_text("utf-8"))
    fake.write("manifests/nats/base/backup-cronjob.yaml", "kind: CronJob\n")
    for name in ("docs/runbook/nats-backup.md", "docs/quick-start.md"):
        fake.write(name, PAGE)
        page = read_page(fake.project, fake.root / name)
        blocks = {block.name: Result(block.sha256, "passed") for block in page.verified_blocks}
        inputs = input_digests(fake.project, page.strings("inputs"), page.where)
        versions = {"kubernetes": "1.34.4", "nats": "0.4.0"}
        lock = Lock(page.where, DAY, page.setup, versions, inputs, blocks)
        write_lock(fake.project, page, lock)
    return fake


def text_skill(text: str) -> Skill:
    return Skill(Path("skills/backup.md"), "skills/backup.md", text)


def headings(prompt: str) -> list[str]:
    return [line for line in prompt.splitlines() if line.startswith("## ")]


def part(prompt: str, heading: str) -> str:
    return prompt.partition(f"\n## {heading}\n\n")[2].partition("\n\n## ")[0]


# The golden prompts, and what each must hold however they are renewed


@pytest.mark.parametrize("phase", FOUR)
@pytest.mark.parametrize("kind", ["seed", "full"])
def test_golden_prompt(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str, phase: str
) -> None:
    project: Fake = request.getfixturevalue("full" if kind == "full" else "fake")
    if kind == "seed":
        project.seed()
    prompt = project.run("prompt", NAME, "--phase", phase).out
    golden = GOLDEN / f"{kind}-{phase}.md"
    if os.environ.get("RENEW_GOLDEN"):
        golden.write_text(prompt, "utf-8")
    assert prompt == golden.read_text("utf-8"), f"if that is meant: {RENEW}"


@pytest.mark.parametrize("phase", FOUR)
def test_prompt_has_every_section_and_every_fact_of_its_files(full: Fake, phase: str) -> None:
    prompt = full.run("prompt", NAME, "--phase", phase).out
    own = {
        "TEST": ["## Test Strata"],
        "EDUCATE": ["## Audience Map"],
        "MEASURE": ["## Service Levels"],
        "IMPLEMENT": [],
    }
    assert headings(prompt) == [
        *SECTIONS[:5],
        *own[phase],
        *SECTIONS[5:],
        "## Principles Alignment",
    ]
    lines = prompt.splitlines()
    for line in (
        f"concept.forest.manifest[phase={phase}][sprint=saas_phase11_external_backup]"
        "@span=saas_dr_foundation",
        "/hydrate",
        "  - runbook: docs/runbook/nats-backup.md",
        "  - nats-backup: manifests/nats/base/backup-cronjob.yaml",
        "  - backup-image: images/nats-backup  # missing",
        "ledger: {PLAN:complete, RESEARCH:complete, DEVELOP:touched, STRATEGIZE:deferred, "
        "CROSS-SYNERGIZE:skipped, IMPLEMENT:touched, QA:touched, TEST:in_progress, "
        "EDUCATE:pending, MEASURE:pending, REFLECT:pending}",
        "entropy: spent 0.02 + returned 0 of 0.05 (0.03 left)",
        "- docs/quick-start.md: 2 verified, 1 deferred; run of 2026-11-21 on kubernetes 1.34.4, "
        "nats 0.4.0",
        "- Waits on: cost_approval (~$340/month for DR infrastructure)",
        "- Waited on by: saas-phase12-dns-failover, saas-phase13-standby-cluster",
        "> outside it, and Velero, wait for the money.",
        f"- OVERDUE by 20 d: STRATEGIZE is deferred: no second region yet; risk: rework; "
        f"owner: ops; until: 2026-11-01; age: 51 d (skills/{NAME}.md:37)",
        f"- CROSS-SYNERGIZE is skipped: no other plan here to share with (skills/{NAME}.md:38)",
        "- test upload is deferred: there is no bucket yet (docs/quick-start.md:19)",
        f"- [ ] Ledger: {phase}=touched",
        "- S3 bucket approved: spawn `saas-phase11-s3-quick-start` at EDUCATE "
        "(deferred, since 2026-11-20)",
        "- monitoring: gaps found: spawn `saas-backup-alerting` at PLAN "
        "(parallel, since 2026-11-21)",
        "| **Tasteful** | Few metrics, each one acted on |",
        f"This is the *{phase}* for SaaS Phase 11: External Backup.",
        "⟂[BLOCKED:cost_approval] ~$340/month for DR infrastructure",
        "⟂[ENTROPY_DEPLETED] The budget is used up before the phase is done",
    ):
        assert line in lines
    assert "velero-installation-guide" not in prompt  # a void branch is closed
    assert lines.index("## Debts") + 2 == next(i for i, x in enumerate(lines) if "OVERDUE" in x)
    payload = prompt.partition("\n⟿[")[2]
    assert "branches=saas-phase11-s3-quick-start,saas-backup-alerting\n" in payload
    assert f"; ledger={{{phase}:touched}};" in payload
    assert [x.partition(":")[0] for x in payload.splitlines()[2:6]] == [
        "handles",
        "mission",
        "actions",
        "exit",
    ]


@pytest.mark.parametrize(
    ("phase", "facts"),
    [
        (
            "TEST",
            [
                "this one is TEST, in_progress: 2026-11-20: started.",
                "**Constraint**: a cluster is there, a bucket is not.",
                "### Track A: Local backup (60%)\n\n1. Trigger a backup by hand:\n   ```bash\n",
                "| Local backup | 0.003 |\n| Restore | 0.002 |\n"
                "| Manifests | 0.001 |\n| Writing it down | 0.001 |",
                "sip(amount=0.007)",
                "| Unit | Manifests are valid YAML | testable |",
                "| End to end | Restore across regions | deferred: no second region |",
                "| Integration | docs/runbook/nats-backup.md | testable: 2 verified |",
                "| Integration | upload (docs/quick-start.md:19) "
                "| deferred: there is no bucket yet |",
                "- **Backup fails**: back to IMPLEMENT\n",
                "⟂[BLOCKED:backup_failure] The backup job fails: back to IMPLEMENT\n",
                "⟿[EDUCATE]\n/hydrate\n",
                "continuation → MEASURE.",
            ],
        ),
        (
            "EDUCATE",
            [
                "| **On-call** | at night | what to stop, what to run |",
                "### Track B: Quick start (30%)",
                "- [ ] A newcomer gets through the quick start by copying alone",
                "- Videos and translations",
                "⟿[TEST]",
            ],
        ),
        (
            "MEASURE",
            [
                "| Freshness | < 25 h | age of the last good backup |",
                "| Recovery | < 15 min | the restore drill |",
                "1. `NATSBackupFailed`: a backup job failed, for 5 minutes; warning.",
                "- A dashboard for the backup alone",
            ],
        ),
        (
            "IMPLEMENT",
            [
                "### Decisions\n\n- **Active-passive** DR",
                "### Chunks\n\n| | Chunk | State |",
                "| 11 | Runbook with the restore, each command run | built |",
                "### Files to Create or Modify\n\n| File | Action | Purpose |",
                "| `manifests/nats/base/backup-cronjob.yaml` | modify | nats-backup |",
                "| `images/nats-backup` | create | backup-image |",
                "- **Track A, bucket**: `dr-backups` with versioning",
                "- [ ] The bucket exists, with versioning",
            ],
        ),
    ],
)
def test_prompt_has_what_is_its_phases_own(full: Fake, phase: str, facts: list[str]) -> None:
    prompt = full.run("prompt", NAME, "--phase", phase).out
    for fact in facts:
        assert fact in prompt


def test_this_projects_own_skills_give_good_prompts() -> None:
    from ledger.core.forest import forest
    from ledger.flow.evidence import gather
    from ledger.flow.prompt import next_prompt

    project = Project(Path(__file__).parents[2])
    for skill in forest(project)[0]:
        for phase in PHASES:
            prompt = next_prompt(project, skill, gather(project, skill, DAY), DAY, phase=phase)
            assert len(prompt.splitlines()) <= MAX_LINES
            assert [h for h in headings(prompt) if h in SECTIONS] == list(SECTIONS)
            # A plan of many pages has more to tell than fits: then it says where the rest stands.
            cuts = [line for line in prompt.splitlines() if "more lines, see" in line]
            assert all(line.endswith(f"see {project.relative(skill.path)}") for line in cuts)


# The shape


@pytest.mark.parametrize("phase", PHASES)
def test_every_phase_has_the_same_shape(fake: Fake, phase: str) -> None:
    prompt = fake.run("prompt", "backup", "--phase", phase).out
    assert [heading for heading in headings(prompt) if heading in SECTIONS] == list(SECTIONS)
    assert f"- [ ] Ledger: {phase}=touched\n" in prompt
    assert prompt.startswith(f"concept.forest.manifest[phase={phase}]")
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


def test_body_of_the_skill_says_it_better(fake: Fake) -> None:
    prompt = fake.run("prompt", fake.seed().stem).out
    mission = part(prompt, "Your Mission")
    assert mission == "Say what the backup taught us. Keep it short."
    assert "- [ ] Learnings written\n- [ ] Owner of the metrics that were put off named\n" in prompt
    assert part(prompt, "Non-Goals") == "- New alerts"
    assert "inside a fence" not in fake.run("prompt", NAME, "--phase", "PLAN").out


def test_own_tracks_are_raised_and_share_the_draw(fake: Fake) -> None:
    tracks = "#### Track A: Big (60%)\n\n1. one\n\n#### Small (40%)\n\n2. two\n"
    fake.write("skills/backup.md", f"{SKILL}\n## TEST\n\n### Tracks\n\n{tracks}")
    prompt = fake.run("prompt", "backup").out
    assert "### Track A: Big (60%)\n\n1. one\n\n### Small (40%)\n\n2. two\n\n## Exit" in prompt
    assert "| Big | 0.004 |\n| Small | 0.002 |\n" in prompt
    assert "sip(amount=0.006)" in prompt


def test_own_exit_criteria_and_halts_leave_what_every_prompt_has_once(fake: Fake) -> None:
    own = "### Exit criteria\n\n- [ ] It runs\n- [ ] Ledger: TEST=touched\n\n### Halts\n\n"
    halts = "- `⟂[ENTROPY_DEPLETED]` Nothing left\n- ⟂[TEST:flaky]: It passes twice in three\n"
    fake.write("skills/backup.md", f"{SKILL}\n## TEST\n\n{own}{halts}")
    prompt = fake.run("prompt", "backup").out
    assert part(prompt, "Exit Criteria") == "- [ ] It runs\n- [ ] Ledger: TEST=touched"
    assert prompt.splitlines()[-3:] == [
        "⟂[BLOCKED:cost_approval] ~$340/month",
        "⟂[TEST:flaky] It passes twice in three",
        "⟂[ENTROPY_DEPLETED] Nothing left",
    ]


def test_own_actions_and_closing_replace_the_projects(fake: Fake) -> None:
    own = "### Actions\n\n- run it\n- write it\n  down\n\n### Closing\n\nRun what\nruns.\n"
    fake.write("skills/backup.md", f"{SKILL}\n## TEST\n\n{own}")
    assert "\nThis is the *TEST* for Backup of Orders.\n\nRun what runs.\n\n⟿" in (
        prompt := fake.run("prompt", "backup").out
    )
    assert "run it; write it down." not in prompt
    assert "\nactions: run it; write it down.\n" in (
        fake.run("prompt", "backup", "--phase", "QA").out
    )


def test_sections_under_the_names_that_older_plans_give_them(fake: Fake) -> None:
    body = (
        "# Plan (IMPLEMENT)\n\n## Context from Phase 10\n\n### Decisions Made\n\n1. Mirror\n\n"
        "## Your Mission\n\nBuild it.\n\n## Implementation Chunks\n\n```\n[ ] 1. A bucket\n```\n\n"
        "## Files to Create/Modify\n\n| File |\n| --- |\n| `a.yaml` |\n\n"
        "## Principles Alignment\n\n- Tasteful\n\n## Continuation Generator\n\n### Exits\n\n"
        "```markdown\n⟿[QA]\nexit: done.\n\n⟂[BLOCKED:cost_approval] Nobody pays\n"
        "⟂[BLOCKED:iam_access] No role\n⟂[ENTROPY_DEPLETED] Used up\n```\n"
    )
    fake.write("skills/backup.md", SKILL.split("# Backup")[0] + body)
    prompt = fake.run("prompt", "backup", "--phase", "IMPLEMENT").out
    assert "### Decisions Made\n\n1. Mirror" in part(prompt, "Context")
    for fact in ("Build it.", "[ ] 1. A bucket", "| `a.yaml` |"):
        assert fact in part(prompt, "Your Mission")
    assert part(prompt, "Principles Alignment").startswith("- Tasteful")
    assert "This is the *IMPLEMENT* for Plan.\n" in prompt
    assert prompt.splitlines()[-3:] == [
        "⟂[BLOCKED:cost_approval] Nobody pays",
        "⟂[BLOCKED:iam_access] No role",
        "⟂[ENTROPY_DEPLETED] Used up",
    ]


def test_rule_between_sections_is_no_part_of_one(fake: Fake) -> None:
    fake.write("skills/backup.md", f"{SKILL}\n---\n\n## TEST\n\n### Mission\n\nDo it.\n\n---\n")
    assert part(fake.run("prompt", "backup").out, "Your Mission") == "Do it."


def test_tracks_without_shares_share_evenly(fake: Fake) -> None:
    tracks = "#### One\n\n```bash\n### no track\n```\n\n#### Two\n"
    fake.write("skills/backup.md", f"{SKILL}\n## TEST\n\n### Tracks\n\n{tracks}")
    assert "| One | 0.003 |\n| Two | 0.003 |\n\nDraw" in fake.run("prompt", "backup").out


def test_missing_handles_are_marked_and_not_handed_on(fake: Fake) -> None:
    fake.replace("skills/backup.md", "config: manifests", "config: gone.yaml")
    prompt = fake.run("prompt", "backup").out
    assert "  - config: gone.yaml  # missing\n" in prompt
    assert "config=gone.yaml" not in prompt


@pytest.mark.parametrize(
    "handles",
    ["[{page: docs/page.md}, {config: manifests}]", '"page=docs/page.md; config=manifests"'],
)
def test_every_form_of_handles_is_read(fake: Fake, handles: str) -> None:
    fake.replace("skills/backup.md", "{page: docs/page.md, config: manifests}", handles)
    prompt = fake.run("prompt", "backup").out
    assert "  - page: docs/page.md\n  - config: manifests\n\n" in prompt


@pytest.mark.parametrize("path", ["x" * 300, '"a\\0b"', "'${placeholder}'"])
def test_handle_that_no_file_can_have_is_missing(fake: Fake, path: str) -> None:
    fake.replace("skills/backup.md", "config: manifests", f"config: {path}")
    outcome = fake.run("prompt", "backup")
    assert (outcome.code, outcome.out.count("  # missing\n")) == (0, 1)


def test_stale_blocks_are_named_with_their_mend(fake: Fake) -> None:
    fake.replace("docs/page.md", "echo one\n", "echo two\n")
    prompt = fake.run("prompt", "backup").out
    assert "  - docs/page.md:7: block one is stale: its text changed since the run\n" in prompt
    assert "  - mend with: ledger verify docs/page.md --update-lock\n" in prompt


def test_page_that_cannot_be_read_is_said_and_breaks_nothing(fake: Fake) -> None:
    (fake.root / "docs/page.md").unlink()
    assert "- docs/page.md: cannot be read: no such page\n" in fake.run("prompt", "backup").out


def test_targets_may_stand_in_the_header(fake: Fake) -> None:
    slis = "slis:\n  - {sli: Freshness, target: < 25 h, measurement: a|b}\n"
    fake.replace("skills/backup.md", "progress: 0\n", f"progress: 0\n{slis}")
    table = part(fake.run("prompt", "backup", "--phase", "MEASURE").out, "Service Levels")
    assert table.splitlines()[-1] == "| Freshness | < 25 h | a\\|b |"


@pytest.mark.parametrize(
    ("enables", "debts", "says"),
    [
        (True, True, "retain. MEASURE, upload are still owed and a, b wait on it."),
        (False, True, "retain. MEASURE, upload are still owed and nothing waits on it."),
        (True, False, "retain. Nothing is owed and a, b wait on it."),
        (False, False, "archive. Nothing is owed and nothing waits on it."),
    ],
)
def test_reflect_says_what_the_files_call_for(
    fake: Fake, enables: bool, debts: bool, says: str
) -> None:
    if enables:
        fake.replace("skills/backup.md", "progress: 0\n", "progress: 0\nenables: [a, b]\n")
    if not debts:
        fake.replace("skills/backup.md", "MEASURE: deferred", "MEASURE: touched")
        fake.replace("skills/backup.md", "docs: [docs/page.md]", "docs: []")
    prompt = fake.run("prompt", "backup", "--phase", "REFLECT").out
    assert f"\nBy the files: {says}\n" in prompt


def test_last_phase_goes_on_with_the_plan_that_waits(fake: Fake) -> None:
    seed = fake.run("prompt", fake.seed().stem).out
    assert "\n⟿[PLAN[saas-phase12-dns-failover]]\n/hydrate\n" in seed
    assert "continuation → RESEARCH." in seed
    before = fake.run("prompt", NAME, "--phase", "MEASURE").out
    assert "continuation → PLAN[saas-phase12-dns-failover]." in before


def test_first_phase_that_is_open_is_this_plans(fake: Fake) -> None:
    path = f"skills/{fake.seed().name}"
    fake.replace(path, "PLAN: complete", "PLAN: pending")
    prompt = fake.run("prompt", NAME, "--phase", "TEST").out
    assert "\n⟿[PLAN]\n" in prompt
    assert "continuation → REFLECT." in prompt


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
    assert ("void.entropy.sip" in prompt) == ("| Allocation |" in prompt) == (spent == "0.02")


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


def test_many_activities_share_one_table() -> None:
    rows = allocate(Decimal("0.05"), [(f"a{n}", 10) for n in range(10)])
    assert [name for name, _ in rows] == ["a0", "a1", "a2", "a3", "a4", "5 more"]
    assert rows[-1][1] == Decimal("0.025")


# The bound


@pytest.mark.parametrize("brief", [False, True])
@pytest.mark.parametrize("phase", ["IMPLEMENT", "TEST", "REFLECT"])
def test_huge_skill_still_gives_a_short_prompt(fake: Fake, phase: str, brief: bool) -> None:
    many = range(400)
    handles = ", ".join(f"h{n}: docs/page.md" for n in many)
    fake.replace("skills/backup.md", "{page: docs/page.md, config: manifests}", f"{{{handles}}}")
    fake.replace("skills/backup.md", "docs: [docs/page.md]", f"docs: [{'docs/page.md, ' * 40}]")
    notes = "".join(f"  line {n}\n" for n in many)
    fake.replace("skills/backup.md", "progress: 0\n", f"progress: 0\nsession_notes: |\n{notes}")
    blocking = "".join(f"  - b{n}\n" for n in many)
    fake.replace("skills/backup.md", "blocking:\n", f"blocking:\n{blocking}")
    items = "".join(f"- item {n}\n" for n in many)
    titles = "Mission Tracks Strata Decision Context Chunks Files Decisions Principles Activities"
    titles += ":Exit criteria:Non-goals:Branch candidates"
    own = "".join(
        f"### {title}\n\n{items}\n"
        for title in (*titles.split(":")[0].split(), *titles.split(":")[1:])
    )
    fake.write("skills/backup.md", fake.read("skills/backup.md") + f"\n## {phase}\n\n{own}")
    fake.verify("failed")
    prompt = fake.run("prompt", "backup", "--phase", phase, *(["--brief"] if brief else [])).out
    assert len(prompt.splitlines()) <= (BRIEF_LINES if brief else MAX_LINES)
    assert len(prompt.splitlines()) >= (70 if brief else 140)
    assert [heading for heading in headings(prompt) if heading in SECTIONS] == list(SECTIONS)
    assert "more lines, see skills/backup.md" in prompt
    assert "void.entropy.sip(amount=" in prompt
    assert "\n⟂[ENTROPY_DEPLETED]" in prompt
    assert len(re.findall(r"^  - h\d+: ", prompt, re.MULTILINE)) >= (5 if brief else 8)


def test_one_huge_part_leaves_the_others_whole(fake: Fake) -> None:
    context = "- a fact\n" * 12
    fake.write("skills/backup.md", f"{SKILL}\n## TEST\n\n### Context\n\n{context}")
    before = fake.run("prompt", "backup").out
    handles = ", ".join(f"h{n}: docs/page.md" for n in range(400))
    fake.replace("skills/backup.md", "{page: docs/page.md, config: manifests}", f"{{{handles}}}")
    after = fake.run("prompt", "backup").out
    assert after.count("more lines, see skills/backup.md") == 1
    for heading in ("Context", "Your Mission", "Non-Goals", "Test Strata", "Entropy Budget"):
        assert part(after, heading) == part(before, heading)


def test_a_cut_leaves_no_fence_open() -> None:
    lines = ["text", "```bash", "one", "two", "```", "end"]
    assert clip(lines, 4, "a.md") == ["text", "... and 5 more lines, see a.md"]
    assert clip(lines, 6, "a.md") == lines


def test_brief_prompt_keeps_what_matters_most(full: Fake) -> None:
    prompt = full.run("prompt", NAME, "--brief").out
    assert len(prompt.splitlines()) <= BRIEF_LINES
    for line in ("sip(amount=0.007)", "OVERDUE", "⟿[EDUCATE]", "⟂[", "Ledger: TEST=touched"):
        assert line in prompt
    assert [heading for heading in headings(prompt) if heading in SECTIONS] == list(SECTIONS)


# A team's own templates


def test_team_replaces_one_block_for_all_phases_and_one_phase_whole(fake: Fake) -> None:
    base = '{% extends "ledger/prompt.md.j2" %}{% block table %}OURS {{ phase }}\n{% endblock %}'
    fake.write("skills/_templates/prompt.md.j2", base)
    fake.write("skills/_templates/QA.md.j2", "only {{ title }}: {{ handles | length }}\n")
    assert fake.run("prompt", "backup", "--phase", "QA").out == "only Backup of Orders: 3\n"
    prompt = fake.run("prompt", "backup").out
    assert "\nOURS TEST\n" in prompt
    assert "## Test Strata" not in prompt
    assert "## Entropy Budget" in prompt
    assert "_templates" not in fake.run("status").out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("one\n{% if %}\n", "TEST.md.j2:2: broken template: Expected an expression"),
        ("one\n\n{{ nothing }}\n", "TEST.md.j2:3: the template fails: 'nothing' is undefined"),
        ("{{ handles.append('x') }}", "TEST.md.j2:1: the template fails: access to attribute"),
        ("{{ ''.__class__.__mro__ }}", "TEST.md.j2:1: the template fails: access to attribute"),
        ("a\n{{ 1 / 0 }}", "TEST.md.j2:2: the template fails: division by zero"),
        ("{% include 'TEST.md.j2' %}", "TEST.md.j2:1: the template fails: maximum recursion"),
        ("a\n{% include '../backup.md' %}", "TEST.md.j2:2: the template fails: "),
        ("{% for x in range(9999999) %}{% endfor %}", "TEST.md.j2:1: the template fails: "),
        ("a\n" * 200, "the prompt has 200 lines, more than 160"),
    ],
)
def test_fault_of_a_template_is_one_clear_line(fake: Fake, text: str, message: str) -> None:
    fake.write("skills/_templates/TEST.md.j2", text)
    outcome = fake.run("prompt", "backup")
    assert (outcome.code, outcome.out) == (1, "")
    told = flat(outcome.err)
    assert told.startswith("error: skills/")
    assert message in told
    assert len(told.splitlines()) <= 2


def test_template_that_is_no_text_is_one_clear_line(fake: Fake) -> None:
    (fake.root / "skills/_templates").mkdir()
    (fake.root / "skills/_templates/TEST.md.j2").write_bytes(b"\xff\xfe")
    outcome = fake.run("prompt", "backup")
    assert (outcome.code, len(flat(outcome.err).splitlines())) == (1, 1)
    assert "skills/_templates/TEST.md.j2:1: the template fails" in outcome.err


# Prompts gone stale


def test_newest_epilogue_takes_the_place_of_a_handle_of_that_name(fake: Fake) -> None:
    fake.replace("skills/backup.md", "config: manifests", "epilogue: manifests")
    prompt = fake.run("advance", "backup").out
    assert re.findall("  - epilogue: (.*)", prompt) == ["epilogues/2026-11-21-backup-test.md"]
    assert check(fake, prompt) == (0, [])


def check(fake: Fake, prompt: str, *options: str) -> tuple[int, list[str]]:
    fake.write("next.md", prompt)
    outcome = fake.run("prompt", "backup", "--check", "next.md", *options)
    return outcome.code, outcome.out.splitlines()


@pytest.mark.parametrize("brief", [[], ["--brief"]])
def test_fresh_prompt_says_what_the_files_say(fake: Fake, brief: list[str]) -> None:
    prompt = fake.run("prompt", "backup", *brief).out
    assert check(fake, prompt) == (0, [])
    assert check(fake, f"Here it is:\n\n```markdown\n{prompt}```\n") == (0, [])


def test_what_a_prompt_cut_short_is_no_difference(fake: Fake) -> None:
    handles = ", ".join(f"h{n}: docs/page.md" for n in range(200))
    fake.replace("skills/backup.md", "{page: docs/page.md, config: manifests}", f"{{{handles}}}")
    assert check(fake, fake.run("prompt", "backup", "--brief").out) == (0, [])


def test_what_a_mission_says_of_a_page_is_no_evidence(fake: Fake) -> None:
    mission = "- docs/page.md: read it\n\nentropy: none\n"
    fake.write("skills/backup.md", f"{SKILL}\n## TEST\n\n### Mission\n\n{mission}")
    assert check(fake, fake.run("prompt", "backup").out) == (0, [])


def test_prompt_to_check_may_come_from_standard_input(fake: Fake, monkeypatch: Any) -> None:
    prompt = fake.run("prompt", "backup", "--phase", "QA").out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(prompt.encode())))
    outcome = fake.run("prompt", "backup", "--check", "-")
    assert (outcome.code, outcome.out) == (1, "-:1: phase: QA, now TEST\n")


def test_stale_prompt_is_told_each_difference(fake: Fake) -> None:
    fake.replace("skills/backup.md", "config: manifests", "config: manifests, old: docs/old.md")
    fake.write("docs/old.md", "")
    prompt = fake.run("prompt", "backup").out
    (fake.root / "docs/old.md").unlink()
    fake.replace("skills/backup.md", "page: docs/page.md", "site: docs/page.md")
    fake.replace("skills/backup.md", "spent: 0.02", "spent: 0.025")
    fake.replace("docs/page.md", "echo one\n", "echo two\n")
    fake.run("advance", "backup", "TEST", "--to", "deferred", "--reason", "later")
    run = "; run of 2026-11-21 on kubernetes 1.34.4, nats 0.4.0"
    assert check(fake, prompt) == (
        1,
        [
            "next.md:1: phase: TEST, now EDUCATE",
            "next.md:1: handle site: nothing, now docs/page.md",
            "next.md:7: handle page: docs/page.md, now nothing",
            "next.md:9: handle old: docs/old.md, now docs/old.md  # missing",
            "next.md:11: ledger TEST: in_progress, now deferred",
            "next.md:12: entropy: spent 0.02 + returned 0.01 of 0.05 (0.02 left), "
            "now spent 0.025 + returned 0.01 of 0.05 (0.015 left)",
            f"next.md:18: evidence docs/page.md: 2 verified, 1 deferred{run}, "
            f"now 1 deferred, 2 stale{run}",
        ],
    )


def test_a_prompt_as_people_wrote_it_is_compared_too(fake: Fake) -> None:
    text = (
        "concept.forest.manifest[phase=TEST][sprint=backup]@span=backup\n\nhandles:\n"
        "  - skill: skills/backup.md\n\n"
        "ledger: {PLAN:complete, TEST:in_progress}\nentropy: 0.05 budget (0.03 remaining)\n"
    )
    code, lines = check(fake, text)
    assert code == 1
    assert "next.md:1: ledger QA: nothing, now touched" in lines
    assert "next.md:1: handle page: nothing, now docs/page.md" in lines
    assert "next.md:1: evidence docs/page.md: nothing, now 2 verified" in "\n".join(lines)
    assert sum("entropy: 0.05 budget (0.03 remaining), now spent" in line for line in lines) == 1
    assert not any(": phase:" in line or "ledger TEST" in line for line in lines)


def test_prompt_of_another_phase_is_compared_with_that_phase(fake: Fake) -> None:
    prompt = fake.run("prompt", "backup", "--phase", "MEASURE").out
    assert check(fake, prompt) == (1, ["next.md:1: phase: MEASURE, now TEST"])
    assert check(fake, prompt, "--phase", "measure") == (0, [])


@pytest.mark.parametrize("text", ["", "hello\n", "\x00\ud7ff"])
def test_what_is_no_prompt_is_refused(fake: Fake, text: str) -> None:
    fake.write("next.md", text)
    outcome = fake.run("prompt", "backup", "--check", "next.md")
    assert (outcome.code, outcome.out) == (2, "")
    assert "next.md: no prompt" in outcome.err
    assert fake.run("prompt", "backup", "--check", "gone.md").code == 2


# JSON


def test_json_is_what_its_schema_says(fake: Fake) -> None:
    import jsonschema

    schemas = Path(__file__).parents[2] / "docs/schemas"
    schema = json.loads((schemas / "prompt.v1.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    stale = fake.run("prompt", "backup", "--phase", "QA").out
    fake.write("next.md", stale)
    for options in ([], ["--check", "next.md"]):
        outcome = fake.run("prompt", "backup", "--json", *options)
        document = json.loads(outcome.out)
        jsonschema.validate(document, schema)
        assert document["prompt"] == fake.run("prompt", "backup").out
        assert document["lines"] == len(document["prompt"].splitlines())
        assert outcome.code == len(document["differences"]) == bool(options)
    assert document["differences"] == [
        {"where": "next.md:1", "what": "phase", "says": "QA", "now": "TEST"}
    ]
