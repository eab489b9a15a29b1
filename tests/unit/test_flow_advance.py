"""A phase settles only on fresh evidence, and settling changes only what it must."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import frontmatter
import pytest

from ledger.core.phases import Status
from ledger.errors import GateError, HaltError, LedgerError, UsageError
from ledger.flow.advance import apply, plan_advance
from tests.fixtures.flow_project import DAY, SEED, Fake, changed
from tests.support.flat import flat

EPILOGUE = "epilogues/2026-11-21-backup-test.md"
LATER = ("--to", "deferred", "--reason", "x")
FORCE = ("--force", "--reason", "the cluster is gone until Monday")


# What is written


def test_fresh_evidence_settles_the_next_phase(fake: Fake) -> None:
    before = fake.read("skills/backup.md")
    outcome = fake.run("advance", "backup")
    assert outcome.code == 0
    assert changed(before, fake.read("skills/backup.md")) == [
        "-status: pending   # a person's word",
        "-progress: 0",
        "-last_touched: 2026-11-01",
        "+status: active   # a person's word",
        "+progress: 72",
        "+last_touched: 2026-11-21",
        "-  TEST: in_progress  # waiting, for: a cluster",
        "+  TEST: touched  # 2026-11-21: 2 blocks verified on Kubernetes 1.34.4, 1 deferred",
    ]


def test_prompt_goes_to_stdout_and_talk_to_stderr(fake: Fake) -> None:
    outcome = fake.run("advance", "backup")
    assert outcome.out.startswith("concept.forest.manifest[phase=EDUCATE]")
    assert f"  - epilogue: {EPILOGUE}\n" in outcome.out
    assert outcome.err.splitlines() == [
        "TEST: in_progress -> touched  "
        "# 2026-11-21: 2 blocks verified on Kubernetes 1.34.4, 1 deferred",
        f"wrote {EPILOGUE}",
        "wrote skills/backup.md",
        "next: EDUCATE; settle it with: ledger advance backup",
    ]
    assert fake.run("prompt", "backup").out == outcome.out


def test_seed_header_changes_only_the_lines_meant(tmp_path: Path) -> None:
    fake = Fake(tmp_path)
    path = fake.seed()
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "seed"]):
        subprocess.run([*git, *command], check=True)
    assert fake.run("advance", path.stem, "REFLECT").code == 0
    diff = subprocess.run(
        [*git, "diff", "-U0", "--", "skills"], check=True, capture_output=True, text=True
    ).stdout
    assert [
        line for line in diff.splitlines() if line[0] in "+-" and line[1:3] not in {"++", "--"}
    ] == [
        "-status: pending",
        "-progress: 0",
        "-last_touched: 2025-12-14",
        "+status: active",
        "+progress: 90",
        "+last_touched: 2026-11-21",
        "-  REFLECT: pending",
        "+  REFLECT: touched  # 2026-11-21: settled without a gate",
    ]
    for comment in (
        line.partition("#")[2] for line in SEED.read_text().split("---")[1].splitlines()
    ):
        assert comment in path.read_text()


def test_settled_book_halts_nothing(fake: Fake) -> None:
    path = fake.seed()
    assert fake.skill(path.stem).budget.settled
    assert fake.run("advance", path.stem).code == 0


@pytest.mark.parametrize("status", ["dormant", "[a, b]", "2026-11-21"])
def test_a_persons_own_words_stay(fake: Fake, status: str) -> None:
    fake.replace("skills/backup.md", "status: pending", f"status: {status}")
    fake.replace("skills/backup.md", "progress: 0", "progress: half")
    assert fake.run("advance", "backup").code == 0
    assert f"status: {status}   # a person's word\nprogress: half\n" in fake.read(
        "skills/backup.md"
    )


def test_key_that_says_the_truth_already_is_not_touched(fake: Fake) -> None:
    fake.replace("skills/backup.md", "status: pending", "status: &word active")
    assert fake.run("advance", "backup").code == 0
    assert "status: &word active   # a person's word\n" in fake.read("skills/backup.md")


def test_note_replaces_the_default(fake: Fake) -> None:
    assert fake.run("advance", "backup", "--note", "by hand: all good").code == 0
    assert "  TEST: touched  # 2026-11-21: by hand: all good\n" in fake.read("skills/backup.md")


def test_complete_outranks_touched_and_keeps_its_note(fake: Fake) -> None:
    assert fake.run("advance", "backup", "QA", "--to", "complete").code == 0
    assert "  QA: complete  # 2026-11-02: linted\n" in fake.read("skills/backup.md")


def test_phase_names_are_taken_in_any_case(fake: Fake) -> None:
    assert fake.run("advance", "backup", "test").code == 0


def test_phase_that_the_ledger_lacks_gets_its_line(fake: Fake) -> None:
    fake.replace("skills/backup.md", "  TEST: in_progress  # waiting, for: a cluster\n", "")
    assert fake.run("advance", "backup").code == 0
    assert "  QA: touched  # 2026-11-02: linted\n  TEST: touched  # 2026-11-21" in fake.read(
        "skills/backup.md"
    )


def test_last_phase_ends_the_plan_and_says_what_is_owed(fake: Fake) -> None:
    fake.run("advance", "backup")
    fake.run("advance", "backup")
    outcome = fake.run("advance", "backup")
    assert outcome.out == "⟂[DETACH:awaiting_human] MEASURE is deferred: no metrics yet\n"
    assert "status: active" in fake.read("skills/backup.md")  # what is deferred is not done
    fake.run("advance", "backup", "MEASURE", "--force", "--reason", "no metrics ever")
    assert "status: complete   # a person's word\nprogress: 100\n" in fake.read("skills/backup.md")
    assert fake.run("prompt", "backup").out.startswith("⟂[DETACH:cycle_complete]")


def test_dry_run_and_diff_write_nothing(fake: Fake) -> None:
    before = fake.files()
    dry = fake.run("advance", "backup", "--dry-run")
    assert dry.code == 0
    assert f"would write {EPILOGUE} and skills/backup.md; nothing was written" in dry.err
    diff = fake.run("advance", "backup", "--diff")
    assert "+  TEST: touched" in diff.out
    assert f"--- /dev/null\n+++ b/{EPILOGUE}\n" in diff.out
    assert fake.files() == before


def test_diff_is_one_that_git_applies(fake: Fake) -> None:
    diff = fake.run("advance", "backup", "--diff").out
    subprocess.run(["git", "apply"], cwd=fake.root, input=diff, text=True, check=True)
    patched = fake.files()
    for name in ("skills/backup.md", EPILOGUE):
        assert name in patched
    Fake(fake.root)
    (fake.root / EPILOGUE).unlink()
    fake.run("advance", "backup")
    assert fake.files() == patched


def test_json_says_the_same(fake: Fake) -> None:
    document = json.loads(fake.run("advance", "backup", "--json").out)
    assert document["schema"] == "phase-ledger/advance/v1"
    assert document["written"] == [EPILOGUE, "skills/backup.md"]
    assert (document["before"], document["after"], document["next"]) == (
        "in_progress",
        "touched",
        "EDUCATE",
    )
    assert document["prompt"] == fake.run("prompt", "backup").out


# Evidence decides


def test_one_changed_character_of_a_block_refuses(fake: Fake) -> None:
    fake.replace("docs/page.md", "echo one\n", "echo  one\n")
    before = fake.files()
    outcome = fake.run("advance", "backup")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.splitlines() == [
        "error: skills/backup.md:18: TEST may not settle, gate verify does not hold:",
        "  docs/page.md:7: block one is stale: its text changed since the run",
        "  docs/page.md:15: block two is stale: a block before it changed since the run",
        "  fix: ledger verify docs/page.md --update-lock",
    ]
    assert fake.files() == before


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda f: f.verify("failed"), "block one (and 1 more) is failed: it failed"),
        (lambda f: f.write("manifests/a.yaml", "a: 2\n"), "manifests changed since the run"),
        (lambda f: f.replace("airgap/pins.toml", "1.34.4", "1.35.0"), "is pinned to 1.35.0 now"),
        (lambda f: f.verify(day=DAY - timedelta(days=31)), "the run is 31 days old"),
        (lambda f: (f.root / "evidence/page.json").unlink(), "block one (and 1 more) is never run"),
        (lambda f: f.write("evidence/page.json", "{"), "not evidence that this version can read"),
        (lambda f: (f.root / "evidence/page.json").write_bytes(b"\xff"), "not evidence that"),
        (lambda f: f.write("airgap/pins.toml", "[[["), "airgap/pins.toml: broken TOML"),
        (lambda f: f.write("mkdocs.yml", "a:\n b: ["), "mkdocs.yml:2: broken YAML"),
        (lambda f: f.write("mkdocs.yml", "markdown_extensions: [x_y]"), "Markdown extension x_y"),
        (lambda f: f.replace("skills/backup.md", "docs/page.md]", "docs]"), "docs: no such page"),
        (lambda f: (f.root / "docs/page.md").unlink(), "docs/page.md: no such page"),
        (lambda f: f.write("docs/page.md", "```bash\nls\n```\n"), "a bare bash fence"),
        (
            lambda f: f.replace("skills/backup.md", "docs/page.md]", "skills/backup.md]"),
            "not a page below docs/",
        ),
    ],
)
def test_evidence_that_does_not_hold_refuses(
    fake: Fake, spoil: Callable[[Fake], object], why: str
) -> None:
    spoil(fake)
    before = fake.files()
    outcome = fake.run("advance", "backup")
    assert outcome.code == 1
    assert why in outcome.err
    assert "Traceback" not in outcome.err
    assert fake.files() == before


def test_refusal_is_in_the_json_too(fake: Fake) -> None:
    fake.verify("failed")
    outcome = fake.run("advance", "backup", "--json")
    document = json.loads(outcome.out)
    assert (outcome.code, document["written"], document["gates"][0]["holds"]) == (1, [], False)
    assert document["gates"][0]["findings"][0] == {
        "where": "docs/page.md:7",
        "what": "block one (and 1 more) is failed: it failed",
        "fix": "ledger verify docs/page.md --update-lock",
    }


def test_a_page_of_deferrals_alone_proves_nothing(fake: Fake) -> None:
    page = fake.read("docs/page.md")
    start, end = page.index("```bash {.verify name=one"), page.index("```bash {.skip")
    fake.write("docs/page.md", page[:start] + page[end:])
    fake.verify()
    outcome = fake.run("advance", "backup")
    assert outcome.code == 1
    assert "no block of these pages is verified" in outcome.err


def test_plan_without_pages_is_refused_unless_it_asks_for_no_gate(fake: Fake) -> None:
    fake.replace("skills/backup.md", "docs: [docs/page.md]\n", "")
    outcome = fake.run("advance", "backup")
    assert outcome.code == 1
    assert "no pages under docs:" in outcome.err
    assert "gates: {TEST: []}" in outcome.err
    fake.replace("skills/backup.md", "handles:", "gates: {TEST: []}\nhandles:")
    assert fake.run("advance", "backup").code == 0
    assert "TEST: touched  # 2026-11-21: settled without a gate\n" in fake.read("skills/backup.md")


def test_missing_handle_keeps_educate_open(fake: Fake) -> None:
    fake.run("advance", "backup")
    fake.replace("skills/backup.md", "config: manifests}", "config: gone/away.yaml}")
    outcome = fake.run("advance", "backup")
    assert outcome.code == 1
    assert (
        "skills/backup.md:9: handle config names gone/away.yaml, which does not exist"
        in outcome.err
    )


def test_every_shut_gate_says_what_to_do(fake: Fake) -> None:
    fake.verify("failed")
    fake.replace("docs/page.md", "reasons:", "owner: a\nreasons:")
    fake.replace("docs/page.md", "aws s3 ls", "$ aws s3 ls <bucket>")
    fake.replace("skills/backup.md", "config: manifests}", "config: gone}")
    outcome = fake.run("advance", "backup", "EDUCATE")
    assert outcome.code == 1
    assert outcome.err.splitlines()[1:] == [
        "error: skills/backup.md:19: EDUCATE may not settle, gates verify and handles and",
        "    pages do not hold:",
        "  docs/page.md:8: block one (and 1 more) is failed: it failed",
        "  skills/backup.md:9: handle config names gone, which does not exist",
        "  docs/page.md:21: this command begins with the prompt '$ '",
        "  docs/page.md:21: <bucket> is a placeholder",
        "  fix: ledger verify docs/page.md --update-lock",
        "       make it, or correct the handle",
        "       write the command alone; what comes back goes into a text fence",
        "       use a shell parameter, ${NAME:?set NAME}, and explain it under parameters:",
    ]


def test_settled_phase_is_asked_again(fake: Fake) -> None:
    fake.run("advance", "backup")
    before = fake.files()
    again = fake.run("advance", "backup", "TEST")
    assert (again.code, again.out) == (0, "")
    assert "nothing to do" in again.err
    fake.replace("docs/page.md", "true\n", "false\n")
    stale = fake.run("advance", "backup", "TEST")
    assert stale.code == 1
    assert "block two is stale" in stale.err
    assert fake.read("skills/backup.md").encode() == before["skills/backup.md"]


def test_plan_with_nothing_open_is_asked_as_a_whole(fake: Fake) -> None:
    for _ in range(3):
        assert fake.run("advance", "backup").code == 0
    assert fake.run("advance", "backup").code == 0
    fake.verify("failed")
    assert fake.run("advance", "backup").code == 1


# The rules of the ledger


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nosuch"], 2, "no skill 'nosuch'"),
        (["backups"], 2, "did you mean backup?"),
        (["backup", "TSET"], 2, "no phase 'TSET'"),
        (["backup", "--to", "done"], 2, "no status 'done'"),
        (["backup", "--to", "deferred"], 2, "TEST cannot be deferred without a reason"),
        (["backup", "--to", "blocked"], 2, "TEST cannot be blocked without a reason"),
        (["backup", "--reason", "x"], 2, "TEST takes no reason where it is touched"),
        (["backup", "--to", "skipped", "--reason", "x", "--note", "y"], 2, "not both"),
        (["backup", "--note", "a\nb: c"], 2, "is one printable line"),
        (["backup", "IMPLEMENT", "--to", "skipped", "--reason", "x"], 1, "cannot be skipped"),
        (["backup", "PLAN", "--to", "touched"], 1, "PLAN would fall back from complete to touched"),
        (["backup", "PLAN", "--to", "touched", "--force"], 2, "set back without a reason"),
        (["backup", "PLAN", "--note", "x"], 2, "PLAN is complete already, so nothing of this"),
        (["backup", "PLAN", *FORCE], 2, "nothing of this would be written"),
        (["backup", "--force"], 2, "TEST cannot be forced without a reason"),
        (["backup", "--owner", "ops"], 2, "is not put off, so --owner has no place"),
        (["backup", *LATER, "--until", "soon"], 2, "'soon' is not a date"),
        (["backup", *LATER, "--until", "2026-11-20"], 2, "--until 2026-11-20 has passed"),
        (["backup", *LATER, "--risk", "x; owner: me"], 2, "would be read back as others"),
        (["backup", "--decision", "archive"], 2, "a decision is taken when REFLECT is done"),
        (["backup", "REFLECT", "--decision", "keep"], 2, "no decision 'keep'"),
        (["backup", "TEST", "--to", "pending"], 1, "would fall back from in_progress to pending"),
    ],
)
def test_bad_orders_are_refused(fake: Fake, arguments: list[str], code: int, message: str) -> None:
    before = fake.files()
    outcome = fake.run("advance", *arguments)
    assert outcome.code == code
    assert message in flat(outcome.err)
    assert outcome.out == ""
    assert fake.files() == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("---\npath", "path", "skills/backup.md:1: no front matter"),
        ("  TEST: in_progress", "\tTEST: in_progress", "skills/backup.md:18: broken YAML"),
        ("  QA: touched", "  PLAN: touched", "skills/backup.md:17: key 'PLAN' twice"),
        ("---\n\n#", "\n#", "skills/backup.md:1: front matter is never closed"),
        ("spent: 0.02", "spent: some", "entropy.spent is 'some', not a number"),
        ("phase_ledger:", "ledger:", "no phase_ledger in the front matter"),
        ("docs: [", "gates: {TEST: [verfy]}\ndocs: [", "skills/backup.md:8: no gate 'verfy'"),
        ("docs: [", "gates: {TSET: []}\ndocs: [", "skills/backup.md:8: no phase 'TSET'"),
        ("docs: [", "gates: {TEST: verify}\ndocs: [", "gates of TEST must be a list"),
        ("docs: [", "gates: [verify]\ndocs: [", "gates must be a mapping"),
        ("docs: [", "gates: {TEST: [[x]]}\ndocs: [", "no gate ['x']"),
        ("TEST: in_progress", "TEST: &t in_progress", "phase_ledger.TEST is an anchor"),
        ("TEST: in_progress", "TEST: {a: b}", "phase_ledger.TEST is not a single word"),
    ],
)
def test_broken_headers_are_one_clear_line(fake: Fake, old: str, new: str, message: str) -> None:
    fake.replace("skills/backup.md", old, new)
    before = fake.files()
    outcome = fake.run("advance", "backup")
    assert outcome.code == 1
    assert message in outcome.err.splitlines()[0]
    assert "Traceback" not in outcome.err
    assert fake.files() == before


def test_reason_is_written_as_data(fake: Fake) -> None:
    outcome = fake.run("advance", "backup", "--to", "deferred", "--reason", "no bucket: later, #3")
    assert outcome.code == 0
    line = "  TEST: deferred  # reason: no bucket: later, #3; since: 2026-11-21\n"
    assert line in fake.read("skills/backup.md")
    assert fake.skill().entry("TEST").reason == "no bucket: later, #3"
    assert not (fake.root / "epilogues").exists()


def test_deferring_asks_for_no_evidence(fake: Fake) -> None:
    fake.verify("failed")
    assert fake.run("advance", "backup", "--to", "deferred", "--reason", "later").code == 0


def test_deferred_phase_can_be_done_after_all(fake: Fake) -> None:
    fake.replace("skills/backup.md", "handles:", "gates: {MEASURE: []}\nhandles:")
    assert fake.run("advance", "backup", "MEASURE", "--to", "complete").code == 0
    assert "  MEASURE: complete  # 2026-11-21: settled without a gate\n" in fake.read(
        "skills/backup.md"
    )


def test_regression_with_force_and_reason(fake: Fake) -> None:
    arguments = ("advance", "backup", "QA", "--to", "in_progress", "--force", "--reason", "a leak")
    assert fake.run(*arguments).code == 0
    assert "  QA: in_progress  # reason: a leak\n" in fake.read("skills/backup.md")


def test_falling_back_asks_for_no_evidence(fake: Fake) -> None:
    fake.replace("skills/backup.md", "TEST: in_progress", "TEST: complete")
    fake.verify("failed")
    arguments = ("TEST", "--to", "touched", "--force", "--reason", "too early")
    assert fake.run("advance", "backup", *arguments).code == 0
    assert "  TEST: touched  # reason: too early\n" in fake.read("skills/backup.md")
    assert not (fake.root / "epilogues").exists()


def test_phase_out_of_order_is_a_warning(fake: Fake) -> None:
    outcome = fake.run("advance", "backup", "EDUCATE")
    assert outcome.code == 0
    assert "warning: EDUCATE is not next: TEST still open" in outcome.err


def test_implement_cannot_be_jumped_over(fake: Fake) -> None:
    fake.replace("skills/backup.md", "IMPLEMENT: touched", "IMPLEMENT: pending")
    outcome = fake.run("advance", "backup", "TEST")
    assert outcome.code == 1
    assert "TEST may not settle before IMPLEMENT" in outcome.err
    assert "fix: ledger advance backup IMPLEMENT" in outcome.err


def test_word_that_is_no_status_is_read_and_replaced(fake: Fake) -> None:
    fake.replace("skills/backup.md", "TEST: in_progress", "TEST: gone")
    outcome = fake.run("advance", "backup")
    assert outcome.code == 0
    assert "warning: TEST was 'gone', which is no status" in outcome.err


@pytest.mark.parametrize(
    ("spent", "fix"),
    [("0.045", "fix: give the rest back: ledger pour backup 0.005"), ("0.06", "0.06")],
)
def test_budget_that_is_gone_halts(fake: Fake, spent: str, fix: str) -> None:
    old = "{planned: 0.05, spent: 0.02, returned: 0.01}"
    fake.replace("skills/backup.md", old, f"{{planned: 0.05, spent: {spent}, returned: 0}}")
    before = fake.files()
    outcome = fake.run("advance", "backup")
    assert outcome.code == 3
    assert "skills/backup.md:22: ⟂[ENTROPY_DEPLETED]" in outcome.err
    assert fix in outcome.err
    assert fake.files() == before


def test_plan_goes_on_once_the_rest_is_given_back(fake: Fake) -> None:
    fake.replace("skills/backup.md", "spent: 0.02", "spent: 0.035")
    assert fake.run("advance", "backup").code == 3
    assert fake.run("pour", "backup", "0.005").code == 0
    assert fake.run("advance", "backup").code == 0


def test_small_rest_halts_nothing_when_all_is_settled(fake: Fake) -> None:
    for _ in range(3):
        fake.run("advance", "backup")
    fake.replace("skills/backup.md", "spent: 0.02", "spent: 0.035")
    assert fake.run("advance", "backup").code == 0


# Crashes and collisions


def test_other_epilogue_of_that_name_is_never_overwritten(fake: Fake) -> None:
    fake.write(EPILOGUE, "mine\n")
    second = EPILOGUE.replace(".md", "-2.md")
    assert f"+++ b/{second}\n" in fake.run("advance", "backup", "--diff").out
    outcome = fake.run("advance", "backup")
    assert (outcome.code, fake.read(EPILOGUE)) == (0, "mine\n")
    assert f"wrote {second}\n" in outcome.err
    assert f"  - epilogue: {second}\n" in fake.run("prompt", "backup").out


def test_phase_settled_twice_a_day_leaves_two_epilogues(fake: Fake) -> None:
    assert fake.run("advance", "backup").code == 0
    assert fake.run("advance", "backup", "TEST", "--to", "complete").code == 0
    told = [frontmatter.load(str(p))["status"] for p in sorted((fake.root / "epilogues").iterdir())]
    assert told == ["complete", "touched"]  # -test-2.md sorts before -test.md
    back = ("TEST", "--to", "in_progress", "--force", "--reason", "a leak")
    assert fake.run("advance", "backup", *back).code == 0
    assert fake.run("advance", "backup", "TEST").code == 0
    assert len(list((fake.root / "epilogues").iterdir())) == 3


def test_file_that_changed_meanwhile_is_not_overwritten(fake: Fake) -> None:
    advance = plan_advance(fake.project, fake.skill(), today=DAY)
    fake.replace("skills/backup.md", "A plan.", "A better plan.")
    with pytest.raises(LedgerError, match="changed since it was read"):
        apply(advance)
    assert "in_progress" in fake.read("skills/backup.md")
    assert not (fake.root / "epilogues").exists()


def test_folder_that_cannot_be_made_is_one_clear_line(fake: Fake) -> None:
    fake.write("epilogues", "a file")
    before = fake.files()
    outcome = fake.run("advance", "backup")
    assert (outcome.code, outcome.out) == (1, "")
    assert flat(outcome.err).endswith("epilogues: cannot be written: File exists\n")
    assert fake.files() == before


KILLED = """
import os, sys
from ledger.core import files
calls, last = 0, int(sys.argv[1])
def counted(real):
    def call(*args):
        global calls
        calls += 1
        if calls == last:
            os._exit(137)
        return real(*args)
    return call
os.fsync = counted(os.fsync)
os.fchmod = counted(os.fchmod)
files.Path.replace = counted(files.Path.replace)
sys.argv = ["ledger", "advance", "backup", "--now", "2026-11-21"]
from ledger.cli import main
main()
"""


@pytest.mark.parametrize("step", range(1, 10))
def test_killed_at_any_write_it_can_be_run_again(fake: Fake, step: int) -> None:
    header = fake.read("skills/backup.md")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(step)], cwd=fake.root, capture_output=True, check=False
    )
    assert killed.returncode == (137 if step <= 8 else 0), killed.stderr
    moved = fake.read("skills/backup.md") != header
    assert moved == (step == 8 or step == 9)
    if moved:  # the header is written last: what it says has its epilogue
        assert (fake.root / EPILOGUE).exists()
    again = fake.run("advance", "backup", "TEST")
    assert again.code == 0
    assert fake.skill().entry("TEST").status is Status.TOUCHED
    left = [path.name for path in (fake.root / "epilogues").glob("*.md")]
    assert left == [Path(EPILOGUE).name]  # its own was found again
    assert frontmatter.load(str(fake.root / EPILOGUE))["status"] == "touched"


# The library


def test_planning_writes_nothing_and_names_the_refusal(fake: Fake) -> None:
    fake.verify("failed")
    before = fake.files()
    advance = plan_advance(fake.project, fake.skill(), today=DAY)
    assert isinstance(advance.refused, GateError)
    with pytest.raises(GateError):
        apply(advance)
    assert fake.files() == before


def test_errors_have_their_kind(fake: Fake) -> None:
    with pytest.raises(UsageError):
        plan_advance(fake.project, fake.skill(), "NOPE", today=DAY)
    fake.replace("skills/backup.md", "spent: 0.02", "spent: 0.2")
    with pytest.raises(HaltError):
        plan_advance(fake.project, fake.skill(), today=DAY)


# Putting off


def test_debt_is_written_with_all_that_was_said_of_it(fake: Fake) -> None:
    said = ("--risk", "no alarm", "--fallback", "look daily", "--owner", "ops")
    outcome = fake.run("advance", "backup", *LATER, *said, "--until", "2026-12-31")
    assert outcome.code == 0
    assert (
        "  TEST: deferred  # reason: x; risk: no alarm; fallback: look daily; owner: ops; "
        "until: 2026-12-31; since: 2026-11-21\n"
    ) in fake.read("skills/backup.md")
    debt = fake.skill().entry("TEST").debt
    assert (debt.owner, debt.until, debt.since) == ("ops", date(2026, 12, 31), DAY)


def test_putting_off_again_makes_a_debt_no_younger(fake: Fake) -> None:
    fake.run("advance", "backup", *LATER)
    again = ("TEST", "--to", "blocked", "--reason", "y", "--force")
    assert fake.run("advance", "backup", *again, now=DAY + timedelta(days=9)).code == 0
    assert "  TEST: blocked  # reason: y; since: 2026-11-21\n" in fake.read("skills/backup.md")
    # Since when MEASURE is put off, its line does not say.
    assert fake.run("advance", "backup", "MEASURE", "--to", "skipped", "--reason", "z").code == 0
    assert "  MEASURE: skipped  # reason: z\n" in fake.read("skills/backup.md")


def test_day_that_it_is_due_is_not_past(fake: Fake) -> None:
    assert fake.run("advance", "backup", *LATER, "--until", DAY.isoformat()).code == 0


def test_phase_name_that_is_none_is_a_warning(fake: Fake) -> None:
    fake.replace("skills/backup.md", "  REFLECT: pending\n", "  REFLECT: pending\n  DEPLOY: done\n")
    outcome = fake.run("advance", "backup")
    assert outcome.code == 0
    assert "warning: the ledger names 'DEPLOY', which is no phase\n" in outcome.err
    assert "  DEPLOY: done\n" in fake.read("skills/backup.md")


# Force


def test_forced_past_a_shut_gate_and_both_places_say_so(fake: Fake) -> None:
    fake.verify("failed")
    outcome = fake.run("advance", "backup", *FORCE)
    assert outcome.code == 0
    finding = "docs/page.md:7: block one (and 1 more) is failed: it failed"
    assert f"forced past gate verify: {finding}\n" in outcome.err
    line = f"  TEST: touched  # 2026-11-21: forced: {FORCE[-1]}\n"
    assert line in fake.read("skills/backup.md")
    epilogue = fake.read(EPILOGUE)
    assert finding in epilogue
    assert FORCE[-1] in epilogue
    assert fake.run("advance", "backup", "TEST").code == 1  # it still does not hold


def test_forced_completion_replaces_the_note_of_the_touch(fake: Fake) -> None:
    fake.run("advance", "backup")
    fake.verify("failed")
    assert fake.run("advance", "backup", "TEST", "--to", "complete", *FORCE).code == 0
    assert f"TEST: complete  # 2026-11-21: forced: {FORCE[-1]}" in fake.read("skills/backup.md")


def test_force_where_every_gate_is_open_is_not_recorded(fake: Fake) -> None:
    outcome = fake.run("advance", "backup", *FORCE, "--json")
    document = json.loads(outcome.out)
    assert (outcome.code, document["forced"]) == (0, None)
    assert "every gate of TEST is open; nothing was forced" in outcome.err
    assert "forced" not in fake.read("skills/backup.md") + fake.read(EPILOGUE)


def test_force_overrides_no_halt_and_no_rule(fake: Fake) -> None:
    fake.replace("skills/backup.md", "IMPLEMENT: touched", "IMPLEMENT: pending")
    assert fake.run("advance", "backup", "TEST", *FORCE).code == 1
    assert fake.run("advance", "backup", "IMPLEMENT", "--to", "skipped", *FORCE).code == 1
    fake.replace("skills/backup.md", "spent: 0.02", "spent: 0.2")
    assert fake.run("advance", "backup", "TEST", *FORCE).code == 3


# The end of a plan


@pytest.mark.parametrize(
    ("arguments", "decision"),
    [
        ((), "retain"),  # MEASURE and the page's upload are owed
        (("--decision", "upgrade"), "upgrade"),
        (("--decision", "archive"), "archive"),
    ],
)
def test_reflect_decides_what_becomes_of_the_plan(
    fake: Fake, arguments: tuple[str, ...], decision: str
) -> None:
    outcome = fake.run("advance", "backup", "REFLECT", *arguments, "--json")
    assert outcome.code == 0
    assert f"the plan: {decision}\n" in outcome.err
    document = json.loads(outcome.out)
    assert document["decision"] == decision
    assert frontmatter.load(str(fake.root / document["epilogue"]))["decision"] == decision


def test_plan_that_owes_nothing_is_archived_unless_something_waits_on_it(fake: Fake) -> None:
    header = fake.read("skills/backup.md").split("phase_ledger:")[0]
    paid = header.replace("docs: [docs/page.md]\n", "")
    fake.replace("skills/backup.md", header, paid)
    for line in (
        "MEASURE: deferred  # reason: no metrics yet",
        "CROSS-SYNERGIZE: skipped  # reason: ",
    ):
        fake.replace("skills/backup.md", line, f"{line.split(':')[0]}: touched  # ")
    ask = ("advance", "backup", "REFLECT", "--dry-run", "--json")
    assert json.loads(fake.run(*ask).out)["decision"] == "archive"
    fake.replace("skills/backup.md", "phase_ledger:", "enables: [next]\nphase_ledger:")
    assert json.loads(fake.run(*ask).out)["decision"] == "retain"


# Going round in circles


def commit(fake: Fake, second: int) -> None:
    git = ["git", "-C", str(fake.root), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "add", "."], check=True)
    date = f"--date=@{1_790_000_000 + second} +0000"  # git tells moves apart by their time
    subprocess.run([*git, "commit", "-qm", "a move", date], check=True)


def test_plan_that_never_reflects_halts_and_only_reflect_goes_on(fake: Fake) -> None:
    subprocess.run(["git", "init", "-q", str(fake.root)], check=True)
    commit(fake, 0)
    words = ("pending", "in_progress")
    for move in range(32):
        fake.replace(
            "skills/backup.md", f"EDUCATE: {words[move % 2]}", f"EDUCATE: {words[1 - move % 2]}"
        )
        commit(fake, move + 1)
    assert fake.run("advance", "backup").code == 0  # the 33rd
    commit(fake, 33)
    before = fake.files()
    outcome = fake.run("advance", "backup")
    assert outcome.code == 3
    assert "skills/backup.md:21: ⟂[RUNAWAY_LOOP] 33 moves without REFLECT" in outcome.err
    assert "fix: look back first: ledger advance backup REFLECT" in outcome.err
    assert fake.run("advance", "backup", *FORCE).code == 3
    assert fake.files() == before
    blocked = fake.run("advance", "backup", "--to", "blocked", "--reason", "a loop", "--dry-run")
    assert blocked.code == 0
    assert fake.run("advance", "backup", "REFLECT").code == 0
    assert fake.run("advance", "backup").code == 0


def test_crlf_and_bom_survive(fake: Fake) -> None:
    text = "\ufeff" + fake.read("skills/backup.md").replace("\n", "\r\n")
    path = fake.write("skills/backup.md", text)
    assert fake.run("advance", "backup").code == 0
    after = path.read_bytes().decode()
    assert after.startswith("\ufeff---\r\n")
    assert after.count("\n") == after.count("\r\n") == text.count("\r\n")
    assert "TEST: touched  # 2026-11-21: 2 blocks" in after


def test_mode_of_the_skill_file_is_kept(fake: Fake) -> None:
    path = fake.root / "skills/backup.md"
    path.chmod(0o600)
    fake.run("advance", "backup")
    assert path.stat().st_mode & 0o777 == 0o600


def test_age_is_measured_on_the_day_given(fake: Fake) -> None:
    assert fake.run("advance", "backup", "--dry-run", now=date(2026, 12, 22)).code == 1
    assert fake.run("advance", "backup", "--dry-run", now=date(2026, 12, 21)).code == 0
