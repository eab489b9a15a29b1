"""An epilogue tells what a phase left behind, and a reader of front matter understands it."""

from __future__ import annotations

from datetime import date

import frontmatter
import pytest

from ledger.core.phases import PHASES
from ledger.flow.debts import debts_of
from ledger.flow.epilogue import build_epilogue, latest_epilogue
from ledger.flow.evidence import gather
from ledger.flow.gates import GateResult, Subject
from ledger.flow.verdict import why
from tests.fixtures.flow_project import DAY, Fake

REASON = 'the lab said: "go", 100 % # sure'


def subject(fake: Fake, phase: str) -> Subject:
    skill = fake.skill()
    return Subject(fake.project, skill, gather(fake.project, skill, DAY), phase)


def head(text: str) -> dict[str, object]:
    return dict(frontmatter.loads(text).metadata)


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
        "## Debts",
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
        "- MEASURE is deferred: no metrics yet (skills/backup.md:20)",
        "- test upload is deferred: there is no bucket yet (docs/page.md:19)",
        "spent 0.02 + returned 0.01 of 0.05 (0.02 left)",
        "⟿[EDUCATE]",
    ):
        assert line in post.content.splitlines()


def test_trace_holds_every_settled_phase_and_no_other(fake: Fake) -> None:
    text = build_epilogue(subject(fake, "QA"), (), DAY)
    trace = text.partition("## Phase trace")[2].partition("## Artifacts")[0]
    phases = [line.split(" | ")[0].removeprefix("| ") for line in trace.splitlines()[4:-1]]
    assert phases == [p for p in PHASES if p not in {"TEST", "EDUCATE", "REFLECT"}]


def test_missing_artifacts_are_said(fake: Fake) -> None:
    fake.replace("skills/backup.md", "config: manifests", "config: gone.yaml")
    text = build_epilogue(subject(fake, "QA"), (), DAY)
    assert "| config | `gone.yaml` | missing |\n" in text


def test_many_debts_are_counted_in_the_decision(fake: Fake) -> None:
    reflect = subject(fake, "REFLECT")
    (*_, owed) = debts_of(fake.project, reflect.skill, reflect.evidence, DAY)
    assert why(reflect.skill, [owed] * 5, "retain").startswith("5 debts are still owed and ")


def test_overdue_debts_come_first(fake: Fake) -> None:
    debt = "reason: no metrics yet; owner: ops; until: 2026-11-01; since: 2026-10-01"
    fake.replace("skills/backup.md", "reason: no metrics yet", debt)
    debts = build_epilogue(subject(fake, "QA"), (), DAY).partition("## Debts\n\n")[2]
    assert debts.startswith(
        "- OVERDUE by 20 d: MEASURE is deferred: no metrics yet; owner: ops; until: 2026-11-01; "
        "age: 51 d (skills/backup.md:20)\n"
    )


def test_forced_gates_are_kept_with_what_they_found(fake: Fake) -> None:
    from ledger.flow.gates import Finding

    shut = GateResult("verify", "", (Finding("docs/page.md:7", "block one is stale", "run it"),))
    text = build_epilogue(subject(fake, "TEST"), [shut], DAY, forced=REASON)
    assert head(text)["forced"] == REASON
    assert (
        "- Gate `verify` does not hold:\n  - docs/page.md:7: block one is stale\n\n"
        f"Settled by force: {REASON}\n" in text
    )
    assert "forced" not in head(build_epilogue(subject(fake, "TEST"), (), DAY))


@pytest.mark.parametrize(
    ("given", "decision", "why"),
    [
        ("", "retain", "MEASURE, upload are still owed and nothing waits on it."),
        (
            "archive",
            "archive",
            "Decided by a person, although MEASURE, upload are still owed and nothing waits on it.",
        ),
        (
            "upgrade",
            "upgrade",
            "A pattern of this plan becomes a skill of its own; MEASURE, upload are still owed "
            "and nothing waits on it.",
        ),
    ],
)
def test_reflect_writes_the_decision_and_why(
    fake: Fake, given: str, decision: str, why: str
) -> None:
    text = build_epilogue(subject(fake, "REFLECT"), (), DAY, decision=given)
    assert head(text)["decision"] == decision
    assert f"\n## Decision\n\n{decision}: {why}\n\n## Phase trace\n" in text
    assert "decision" not in head(build_epilogue(subject(fake, "QA"), (), DAY))


@pytest.mark.parametrize("name", ["yes", "2026-11-21", "a: b", "1e3", "x #y", "null", "it's"])
def test_any_name_of_a_skill_is_read_back(fake: Fake, name: str) -> None:
    path = fake.root / "skills" / f"{name}.md"
    (fake.root / "skills/backup.md").rename(path)
    skill = fake.skill(name)
    about = Subject(fake.project, skill, (), "QA")
    assert head(build_epilogue(about, (), DAY))["skill"] == name


def test_same_files_same_bytes_and_no_line_with_trailing_blanks(fake: Fake) -> None:
    text = build_epilogue(subject(fake, "TEST"), (), DAY)
    assert text == build_epilogue(subject(fake, "TEST"), (), DAY)
    assert "\n\n\n" not in text
    assert not any(line.endswith(" ") for line in text.splitlines())


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
        "2026-11-21-backup-test-2",
        "2026-11-21-backup-test-10",
        "2026-11-22-backup-test-plan",  # of a skill named backup-test
        "2026-11-23-backup-notes",
    ):
        fake.write(f"epilogues/{name}.md", "")
    found = latest_epilogue(fake.project, fake.skill())
    assert found is not None
    assert found.name == "2026-11-21-backup-test-10.md"


def test_day_is_an_input(fake: Fake) -> None:
    assert head(build_epilogue(subject(fake, "QA"), (), date(2027, 1, 2)))["date"] == date(
        2027, 1, 2
    )
