"""`ledger check` and `ledger fix` in a project: what they print, how they end, what they write."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ledger.core.lint_rules import RULES
from ledger.core.problem import Rule
from ledger.pages.lint_rules import RULES as PAGE_RULES
from ledger.pages.types import TYPES
from ledger.site.check import RULES as SITE_RULES
from tests.fixtures.flow_project import Fake, Outcome

ROOT = Path(__file__).parents[2]
FORMS = ROOT / "tests/fixtures/forms"
LEDGER = Path(sys.executable).with_name("ledger")
REFERENCE = ROOT / "docs/reference/checks.md"


def add(fake: Fake, *forms: str) -> None:
    for form in forms:
        fake.write(f"skills/{form}.md", (FORMS / f"{form}.md").read_bytes().decode())


def run(fake: Fake, *arguments: str) -> Outcome:
    """Run the command as its users do."""
    env = os.environ | {"SOURCE_DATE_EPOCH": "1795219200", "LEDGER_ROOT": ""}
    done = subprocess.run(
        [LEDGER, *arguments], cwd=fake.root, env=env, capture_output=True, text=True
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def document(kind: str, outcome: Outcome) -> dict[str, Any]:
    data = json.loads(outcome.out)
    schema = json.loads((ROOT / f"docs/schemas/{kind}.v1.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(data)
    assert isinstance(data, dict)
    return data


# check


def test_sound_project_has_no_errors(fake: Fake) -> None:
    found = fake.run("check")
    assert found.code == 0
    assert found.err.startswith("1 file: 0 errors, ")


def test_problem_is_told_in_full_and_why_only_once(fake: Fake) -> None:
    add(fake, "no-reason")
    found = fake.run("check", "no-reason")
    assert found.out == (
        "skills/no-reason.md:12: L209 error: QA is skipped and says no reason\n"
        "  why: a debt that says nothing cannot be weighed, and is forgotten\n"
        "  fix: write behind the status: # reason: and why\n"
        "skills/no-reason.md:13: L209 error: TEST is deferred and says no reason\n"
        "  fix: if that is why, write: # reason: no time\n"
        "skills/no-reason.md:14: L209 error: EDUCATE is blocked and says no reason\n"
        "  fix: write behind the status: # reason: and why\n"
    )
    assert (found.code, found.err) == (1, "1 file: 3 errors, 0 warnings, 0 infos\n")


def test_settings_that_no_page_can_be_read_with_are_told_once(fake: Fake) -> None:
    fake.write("docs/other.md", "# Other\n")
    fake.write("mkdocs.yml", "a:\n b: [")
    found = fake.run("check", "--pages")
    assert (found.code, found.out.count("mkdocs.yml:2: P101 error")) == (1, 1)


def test_warnings_count_only_if_that_is_asked(fake: Fake) -> None:
    add(fake, "wrong-order", "reasons")
    assert fake.run("check", "wrong-order").code == 0
    assert fake.run("check", "wrong-order", "--strict").code == 1
    assert fake.run("check", "reasons", "--strict").code == 0


def test_every_form_at_once_stays_as_it_was_and_within_80_columns(fake: Fake) -> None:
    for path in FORMS.glob("*.md"):
        (fake.root / "skills" / path.name).write_bytes(path.read_bytes())
    before = fake.files()
    found = fake.run("check")
    assert found.code == 1
    assert fake.files() == before
    assert found.err.startswith(f"{len(list(FORMS.glob('*.md'))) + 1} files: ")
    assert [line for line in found.out.splitlines() if len(line) > 80] == []
    heads = [line for line in found.out.splitlines() if line.startswith("skills/")]
    places = [(where, int(line)) for where, line in (h.split(":")[:2] for h in heads)]
    assert places == sorted(places)


def test_document_fits_its_schema(fake: Fake) -> None:
    add(fake, "aliases", "bad-yaml", "reasons")
    found = fake.run("check", "--json")
    data = document("check", found)
    assert data["files"] == 4
    assert data["count"]["error"] == sum(p["severity"] == "error" for p in data["problems"])
    assert {p["where"] for p in data["problems"]} >= {"skills/aliases.md", "skills/bad-yaml.md"}
    assert found.code == 1


def test_skills_go_by_name_or_path_and_count_once(fake: Fake) -> None:
    add(fake, "wrong-order")
    fake.write("skills/deep/wrong-order.md", fake.read("skills/wrong-order.md"))
    one = fake.run("check", "skills/wrong-order.md", "--json")
    both = fake.run("check", "wrong-order", "skills/wrong-order.md", "--json")
    assert (document("check", one)["files"], document("check", both)["files"]) == (1, 2)


def test_unknown_name_is_wrong_use(fake: Fake) -> None:
    found = fake.run("check", "bakup")
    assert (found.code, found.out) == (2, "")
    assert "did you mean backup" in found.err


def test_pages_are_checked_too(fake: Fake) -> None:
    fake.replace("docs/page.md", "echo one", "$ echo <name>")
    assert fake.run("check").code == 0
    for arguments in (("--pages",), ("docs/page.md",)):
        found = fake.run("check", *arguments, "--json")
        codes = {p["code"] for p in document("check", found)["problems"] if p["code"] > "P"}
        assert (found.code, codes) == (1, {"P104", "P105"})


def test_own_gates_are_known(fake: Fake) -> None:
    from ledger.flow.gates import GATES

    fake.replace("skills/backup.md", "docs:", f"gates: {{TEST: [{', '.join(GATES)}]}}\ndocs:")
    assert "L410" not in fake.run("check").out


def test_day_is_an_input(fake: Fake) -> None:
    add(fake, "overdue")
    assert "until 2026-11-20, 1 day ago" in " ".join(fake.run("check").out.split())


def test_terminal_obeys_no_file(fake: Fake) -> None:
    fake.write("skills/a\x1b[2J.md", '---\nphase_ledger:\n  "\\e[2J": x\n---\n')
    found = run(fake, "check")
    assert "\x1b" not in found.out
    assert "skills/a\\x1b[2J.md:3: L202" in found.out


def test_name_that_is_not_utf_8_is_no_traceback(fake: Fake) -> None:
    path = os.fsencode(fake.root / "skills") + b"/\xe9.md"
    Path(os.fsdecode(path)).write_text("x")
    for arguments in ((), ("--json",)):
        found = run(fake, "check", *arguments)
        assert found.code == 1
        assert "Traceback" not in found.err


# fix


def test_preview_is_a_diff_and_writes_nothing(fake: Fake) -> None:
    add(fake, "aliases", "no-reason", "bad-yaml")
    before = fake.files()
    found = run(fake, "fix", "aliases", "no-reason")
    assert found.code == 1
    assert fake.files() == before
    assert found.out.startswith("--- a/skills/aliases.md\n+++ b/skills/aliases.md\n@@ ")
    assert "-  PLAN: done\n" in found.out
    assert "+  CROSS-SYNERGIZE: skipped  # reason: not applicable\n" in found.out
    assert "skills/aliases.md:6: L205 PLAN: done -> complete\n" in found.err
    assert run(fake, "fix", "aliases", "--diff").out in found.out


def test_what_is_written_needs_no_second_repair(fake: Fake) -> None:
    add(fake, "aliases", "flow-style", "entropy-old-keys", "crlf", "wrong-order")
    preview = run(fake, "fix").out
    wrote = run(fake, "fix", "--write")
    assert (wrote.code, wrote.out) == (0, "")
    assert wrote.err.count("wrote skills/") == 4
    again = run(fake, "fix")
    assert (again.code, again.out, again.err) == (0, "", "nothing to mend\n")
    assert "+  CROSS-SYNERGIZE: skipped  # reason: not applicable\n" in preview
    told = fake.run("check").out
    assert not any(code in told for code in ("L201", "L203", "L204", "L205", "L213", "L303"))
    names = sorted(path.name for path in (fake.root / "skills").iterdir())
    assert names == sorted(
        f"{name}.md"
        for name in ("aliases", "backup", "crlf", "entropy-old-keys", "flow-style", "wrong-order")
    )


def test_file_that_cannot_be_read_does_not_keep_others_from_repair(fake: Fake) -> None:
    add(fake, "bad-yaml", "wrong-order")
    (fake.root / "skills/loop.md").symlink_to("loop.md")
    found = run(fake, "fix", "--write")
    assert found.code == 1
    assert "error: skills/bad-yaml.md:4: broken YAML" in found.err
    assert fake.read("skills/wrong-order.md").index("PLAN") < fake.read(
        "skills/wrong-order.md"
    ).index("RESEARCH")


@pytest.mark.parametrize("arguments", [(), ("--write",)])
def test_repairs_fit_their_schema(fake: Fake, arguments: tuple[str, ...]) -> None:
    add(fake, "aliases", "bad-yaml")
    data = document("fix", run(fake, "fix", "--json", *arguments))
    (told,) = data["skills"]
    assert told["skill"] == "aliases"
    assert told["changes"][0] == {"code": "L205", "line": 6, "what": "PLAN: done -> complete"}
    assert told["diff"].startswith("--- a/skills/aliases.md")
    assert data["written"] is bool(arguments)
    assert data["problems"][0]["where"] == "skills/bad-yaml.md:4"


def test_unknown_skill_is_wrong_use(fake: Fake) -> None:
    assert run(fake, "fix", "bakup").code == 2


# The page that explains the codes


def table(rules: Iterable[Rule]) -> str:
    # A brace at a cell's end would give the cell attributes.
    rows = (f"| {' | '.join(rule)} |".replace("{", "\\{") for rule in rules)
    head = ("| Code | Severity | What | Why | Fix |", "| --- | --- | --- | --- | --- |")
    return "\n".join((*head, *rows))


@pytest.mark.parametrize("group", ["L1", "L2", "L3", "L4", "P1", "S1"])
def test_reference_has_every_rule_in_the_code_s_own_words(group: str) -> None:
    wanted = table(
        rule for rule in (*RULES, *PAGE_RULES, *SITE_RULES) if rule.code.startswith(group)
    )
    page = REFERENCE.read_text("utf-8")
    assert f"\n{wanted}\n" in page, f"put this into {REFERENCE.name}:\n\n{wanted}\n"
    rows = re.findall(rf"^\| {group}\d\d \| (?:error|warning|info) \|", page, re.MULTILINE)
    assert len(rows) == wanted.count("\n") - 1


def test_reference_has_every_type_of_page() -> None:
    def told(names: Iterable[str]) -> str:
        return ", ".join(f"`{name}`" for name in names) or "any"

    rows = [
        f"| `{name}` | {told(of.sections)} | {', '.join(of.first) or 'anything'} "
        f"| {told(of.people)} |"
        for name, of in TYPES.items()
    ]
    table = "\n".join(rows)
    assert f"\n{table}\n\n<!-- /types -->" in REFERENCE.read_text("utf-8"), f"put there:\n{table}"
