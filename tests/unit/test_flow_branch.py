"""Branches are classified, kept as a handle in the header, and carried on by prompts."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ledger.flow.branches import Branch, branches_of
from ledger.flow.text import scalar
from tests.fixtures.flow_project import Fake, changed

SCHEMA = Path(__file__).parents[2] / "docs/schemas/branch.v1.json"
ADD = ("branch", "backup", "alerting", "--class", "parallel", "--when", "gaps are found")
LINE = "  - {name: alerting, class: parallel, when: gaps are found, phase: PLAN, since: 2026-11-21}"


def test_a_branch_becomes_one_line_of_the_header(fake: Fake) -> None:
    before = fake.read("skills/backup.md")
    assert fake.run(*ADD).code == 0
    assert changed(before, fake.read("skills/backup.md")) == [
        "-last_touched: 2026-11-01",
        "+last_touched: 2026-11-21",
        "+branches:",
        f"+{LINE}",
    ]


def test_a_second_branch_stands_behind_the_first(fake: Fake) -> None:
    fake.run(*ADD)
    fake.run("branch", "backup", "later", "--class", "deferred", "--when", "a: b, c # d")
    text = fake.read("skills/backup.md")
    later = '{name: later, class: deferred, when: "a: b, c # d", phase: PLAN, since: 2026-11-21}'
    assert f"\n{LINE}\n  - {later}\n" in text
    assert branches_of(fake.skill())[1] == Branch(
        "later", "deferred", "a: b, c # d", "PLAN", "2026-11-21"
    )


def test_a_blocking_branch_is_waited_on(fake: Fake) -> None:
    fake.run("branch", "backup", "bucket", "--class", "blocking", "--when", "now")
    assert fake.skill().strings("blocking") == ("cost_approval", "bucket")
    assert "  - cost_approval  # ~$340/month\n  - bucket\n" in fake.read("skills/backup.md")


def test_the_same_again_changes_nothing(fake: Fake) -> None:
    fake.run(*ADD)
    before = fake.files()
    again = fake.run(*ADD)
    assert (again.code, again.err, fake.files()) == (0, "nothing to do\n", before)


def test_another_word_on_the_same_branch_is_refused(fake: Fake) -> None:
    fake.run(*ADD)
    before = fake.files()
    outcome = fake.run("branch", "backup", "alerting", "--class", "void", "--when", "x")
    assert (outcome.code, fake.files()) == (2, before)
    line = fake.read("skills/backup.md").splitlines().index("branches:") + 1
    assert f"skills/backup.md:{line}: branch alerting is there already" in outcome.err


@pytest.mark.parametrize("option", ["--dry-run", "--diff"])
def test_a_preview_writes_nothing(fake: Fake, option: str) -> None:
    before = fake.files()
    outcome = fake.run(*ADD, "--create", option)
    assert (outcome.code, fake.files()) == (0, before)
    assert (f"+{LINE}\n" in outcome.out) == (option == "--diff")
    assert "would write skills/alerting.md; nothing was written" in outcome.err


def test_create_writes_the_skill_and_ties_it(fake: Fake) -> None:
    create = ("branch", "backup", "bucket", "--class", "blocking", "--when", "now", "--create")
    assert fake.run(*create).code == 0
    made = fake.skill("bucket")
    assert (made.strings("enables"), made.header.data["parent"]) == (("backup",), "backup")
    (fake.root / "skills/bucket.md").unlink()  # as a crash between the two would leave it
    assert fake.run(*create).code == 0
    before = fake.files()
    assert "skills/bucket.md is there already" in fake.run(*create).err
    assert fake.files() == before


def test_branches_are_listed_in_eighty_columns(fake: Fake) -> None:
    assert fake.run("branch", "backup").err == "backup has no branches\n"
    fake.run(*ADD)
    when = "word " * 30
    fake.run("branch", "backup", "later", "--class", "deferred", "--when", when, "--phase", "qa")
    lines = fake.run("branch", "backup").out.splitlines()
    assert lines[:3] == [
        "parallel  alerting  PLAN  2026-11-21",
        "          gaps are found",
        "deferred  later  QA  2026-11-21",
    ]
    assert max(map(len, lines)) <= 80


def test_prompt_carries_what_is_not_void(fake: Fake) -> None:
    fake.run(*ADD)
    fake.run("branch", "backup", "gone", "--class", "void", "--when", "x")
    prompt = fake.run("prompt", "backup").out
    assert "- gaps are found: spawn `alerting` at PLAN (parallel, since 2026-11-21)\n" in prompt
    assert "branches=alerting\n" in prompt
    assert "gone" not in prompt


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("x",), "a branch needs its class and its condition"),
        (("x", "--class", "paralel", "--when", "y"), "did you mean parallel?"),
        (("x", "--class", "void", "--when", "y", "--phase", "tset"), "did you mean TEST?"),
        (("x", "--class", "void", "--when", " "), "--when must be one printable line"),
        (("x", "--class", "void", "--when", "a\nb"), "--when must be one printable line"),
        (("a b", "--class", "void", "--when", "y"), "is not a name for a branch"),
        (("x", "--class", "void", "--when", "y", "--create"), "a void branch has no skill yet"),
        (("Bad_Name", "--class", "parallel", "--when", "y", "--create"), "not a name for a skill"),
        (("--class", "void"), "a branch needs a name"),
        (("backup", "--class", "blocking", "--when", "y"), "backup is the plan itself"),
    ],
)
def test_wrong_use_is_told_and_writes_nothing(
    fake: Fake, options: tuple[str, ...], message: str
) -> None:
    before = fake.files()
    outcome = fake.run("branch", "backup", *options)
    assert (outcome.code, fake.files()) == (2, before)
    assert message in outcome.err


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("[]", ()),
        ("", ()),
        ("a word", ()),
        ("[only-a-name, null, {class: void}, 7]", ("only-a-name", "7")),
        ("[{name: x, class: odd, when: [a], phase: null, more: 1}]", ("x",)),
    ],
)
def test_odd_branches_are_read(fake: Fake, written: str, read: tuple[str, ...]) -> None:
    fake.replace("skills/backup.md", "progress: 0", f"progress: 0\nbranches: {written}")
    assert tuple(branch.name for branch in branches_of(fake.skill())) == read
    assert fake.run("branch", "backup").code == fake.run("prompt", "backup").code == 0


def test_json_is_what_its_schema_says(fake: Fake) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for command in (("branch", "backup"), (*ADD, "--create"), ("branch", "backup")):
        document = json.loads(fake.run(*command, "--json").out)
        jsonschema.validate(document, schema)
    assert document["branches"] == [
        {
            "name": "alerting",
            "class": "parallel",
            "when": "gaps are found",
            "phase": "PLAN",
            "since": "2026-11-21",
        }
    ]
    preview = json.loads(fake.run(*ADD[:2], "b", *ADD[3:], "--dry-run", "--json").out)
    assert ([b["name"] for b in preview["branches"]], preview["written"]) == (["alerting", "b"], [])


TEXTS = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1).filter(str.strip)
WORDS = st.sampled_from(["yes", "NULL", "~", "1_0", "0o7", "1:30", "a # b", "- x", "{", "!t", "=="])


@given(TEXTS | WORDS)
def test_any_text_is_one_scalar_in_both_yaml_readers(text: str) -> None:
    source = f"- {{name: {scalar(text)}, class: x}}"
    assert yaml.safe_load(source) == [{"name": text, "class": "x"}]
    assert YAML(typ="safe").load(source) == [{"name": text, "class": "x"}]
