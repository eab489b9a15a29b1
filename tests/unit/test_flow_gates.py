"""A gate opens on what is there and was run, and a shut one says what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from ledger.errors import SkillError
from ledger.flow.evidence import gather
from ledger.flow.gates import DEFAULTS, GATES, GateResult, Subject, check_gates, gates_of
from tests.fixtures.flow_project import DAY, Fake

RULES = """\
groups:
  - name: backup
    rules:
      - alert: BackupFailed
        expr: failed > 0
      - record: backup:age
        expr: time() - last
"""
PROMTOOL = """
```bash {.verify name=rules expect=none}
promtool test rules manifests/rules_test.yaml
```
"""
# Put together here, so that no scanner takes this file for a leak.
AWS_KEY = "AKIA" + "Z7QWERTY" * 2
AWS_SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzzKEYab12"
GITHUB = "ghp_" + "a1B2c3D4e5F6" * 3
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
PRIVATE = "-----BEGIN " + "RSA PRIVATE KEY-----"


def ask(fake: Fake, gate: str) -> GateResult:
    """What one gate finds."""
    skill = fake.skill()
    return GATES[gate](Subject(fake.project, skill, gather(fake.project, skill, DAY), "TEST"))


def head(fake: Fake, line: str) -> None:
    """Put a line into the skill's header; its line is 8."""
    fake.replace("skills/backup.md", "docs: [", f"{line}\ndocs: [")


# Which gates


def test_defaults_name_gates_that_exist() -> None:
    assert {name for names in DEFAULTS.values() for name in names} == set(GATES)


def test_header_overrides_the_defaults_of_the_phases_that_it_names(fake: Fake) -> None:
    head(fake, "gates: {TEST: [rules, secrets], EDUCATE: []}")
    asked = [gates_of(fake.skill(), phase) for phase in ("TEST", "EDUCATE", "MEASURE", "PLAN")]
    assert asked == [("rules", "secrets"), (), ("rules",), ()]


def test_every_gate_of_a_phase_is_asked(fake: Fake) -> None:
    skill = fake.skill()
    subject = Subject(fake.project, skill, gather(fake.project, skill, DAY), "EDUCATE")
    assert [(r.gate, r.holds, r.summary) for r in check_gates(subject)] == [
        ("verify", True, "2 blocks verified on Kubernetes 1.34.4, 1 deferred"),
        ("handles", True, "2 handles exist"),
        ("pages", True, "1 page linted"),
    ]


def test_unknown_gate_names_those_that_there_are(fake: Fake) -> None:
    head(fake, "gates: {TEST: [secret]}")
    with pytest.raises(SkillError) as caught:
        gates_of(fake.skill(), "PLAN")
    assert "handles, pages, rules, secrets, verify" in caught.value.fix


def test_library_of_secrets_is_not_loaded_before_it_is_asked_for() -> None:
    code = "import sys, ledger.flow.gates; sys.exit('detect_secrets' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# handles


@pytest.mark.parametrize(
    "form",
    ["{a: docs/page.md, b: gone.md}", "[a: docs/page.md, b: gone.md]", "a=docs/page.md; b=gone.md"],
)
def test_missing_handle_is_found_in_every_form(fake: Fake, form: str) -> None:
    fake.replace("skills/backup.md", "{page: docs/page.md, config: manifests}", form)
    (finding,) = ask(fake, "handles").findings
    assert str(finding) == "skills/backup.md:9: handle b names gone.md, which does not exist"


def test_skill_that_hands_nothing_on_has_nothing_to_miss(fake: Fake) -> None:
    fake.replace("skills/backup.md", "handles: {page: docs/page.md, config: manifests}\n", "")
    (fake.root / "docs/page.md").unlink()
    assert ask(fake, "handles") == GateResult("handles", "")


# pages


def test_page_that_lints_clean_opens_the_gate(fake: Fake) -> None:
    assert ask(fake, "pages") == GateResult("pages", "1 page linted")


def test_page_with_a_problem_shuts_it_and_says_where(fake: Fake) -> None:
    fake.replace("docs/page.md", "echo one\n", "$ echo one\n")
    result = ask(fake, "pages")
    assert [finding.where for finding in result.findings] == ["docs/page.md:8"]
    assert "write the command alone" in result.findings[0].fix


def test_skill_without_pages_shuts_it(fake: Fake) -> None:
    fake.replace("skills/backup.md", "docs: [docs/page.md]\n", "")
    result = ask(fake, "pages")
    assert (result.summary, len(result.findings)) == ("", 1)
    assert "no pages under docs:" in result.findings[0].what


# rules


def with_rules(fake: Fake) -> None:
    head(fake, "rules: [manifests/rules.yaml]")
    fake.write("manifests/rules.yaml", RULES)
    fake.write("docs/page.md", fake.read("docs/page.md") + PROMTOOL)
    fake.verify()


def test_tested_rules_open_the_gate(fake: Fake) -> None:
    with_rules(fake)
    assert ask(fake, "rules") == GateResult("rules", "1 rule file tested")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: f.verify("failed"), "no verified block runs promtool on manifests/rules.yaml"),
        (lambda f: f.write("manifests/rules.yaml", RULES + "# changed\n"), "no verified block"),
        (lambda f: f.replace("docs/page.md", "promtool test", "echo test"), "no verified block"),
        (lambda f: f.replace("docs/page.md", "inputs: [manifests]", "inputs: []"), "no verified"),
        (lambda f: (f.root / "manifests/rules.yaml").unlink(), "cannot be read: No such file"),
        (lambda f: f.write("manifests/rules.yaml", "a: ["), "broken YAML"),
        (lambda f: f.write("manifests/rules.yaml", "\x00"), "broken YAML"),
        (lambda f: f.write("manifests/rules.yaml", "- a"), "no Prometheus groups in it"),
        (lambda f: f.write("manifests/rules.yaml", "groups: []"), "no Prometheus groups in it"),
        (lambda f: f.replace("manifests/rules.yaml", "name: backup", "x: y"), "has no name"),
        (lambda f: f.replace("manifests/rules.yaml", "    rules:", "    rule:"), "has no rules"),
        (lambda f: f.replace("manifests/rules.yaml", "expr: failed", "e: failed"), "without expr"),
        (lambda f: f.replace("manifests/rules.yaml", "- record:", "- r:"), "alert or record"),
    ],
)
def test_rules_that_are_not_proved_shut_it(
    fake: Fake, spoil: Callable[[Fake], object], said: str
) -> None:
    with_rules(fake)
    spoil(fake)
    findings = ask(fake, "rules").findings
    assert any(said in str(finding) for finding in findings)
    assert all("promtool test rules" in f.fix or "groups:" in f.fix for f in findings)


@pytest.mark.parametrize("command", ["promtool check rules x", "cd a && promtool  test rules x"])
def test_both_commands_of_promtool_count(fake: Fake, command: str) -> None:
    with_rules(fake)
    fake.replace("docs/page.md", "promtool test rules manifests/rules_test.yaml", command)
    fake.verify()
    assert ask(fake, "rules").holds


def test_plan_that_names_no_rules_is_told_how_to(fake: Fake) -> None:
    outcome = fake.run("advance", "backup", "MEASURE")
    assert outcome.code == 1
    assert "no files under rules:, so nothing proves that an alert fires" in outcome.err
    assert "gates: {MEASURE: []}" in outcome.err


def test_name_that_only_begins_like_an_input_is_not_covered(fake: Fake) -> None:
    with_rules(fake)
    fake.replace("skills/backup.md", "[manifests/rules.yaml]", "[manifests-old/rules.yaml]")
    fake.write("manifests-old/rules.yaml", RULES)
    assert "manifests-old/rules.yaml" in ask(fake, "rules").findings[0].what


# secrets


def test_project_without_secrets_opens_the_gate(fake: Fake) -> None:
    assert ask(fake, "secrets") == GateResult("secrets", "no secret in 3 files")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (f"key: {AWS_KEY}", "AWS Access Key"),
        (f"# key: {AWS_KEY}", "AWS Access Key"),
        (f"aws_secret_access_key: {AWS_SECRET}", "AWS Access Key"),
        (f"export AWS_SECRET_ACCESS_KEY={AWS_SECRET}", "AWS Access Key"),
        (f"token: {GITHUB}", "GitHub Token"),
        (f"Authorization: Bearer {JWT}", "JSON Web Token"),
        ("url: nats://admin:s3cr3t@nats:4222", "Basic Auth Credentials"),
        (f"{PRIVATE}\nMIIEowIBAAKCAQEA", "Private Key"),
    ],
)
@pytest.mark.parametrize("name", ["skills/backup.md", "docs/page.md", "manifests/deep/a.env"])
def test_secret_is_found_and_never_shown(fake: Fake, name: str, line: str, kind: str) -> None:
    before = fake.read(name) if (fake.root / name).exists() else "a=1\n"
    fake.write(name, f"{before}{line}\n")
    (finding,) = ask(fake, "secrets").findings
    place = before.count("\n") + 1
    assert str(finding) == f"{name}:{place}: a secret stands here: {kind}"
    fake.replace("skills/backup.md", "QA: touched", "QA: pending")
    outcome = fake.run("advance", "backup", "QA", "--json")
    assert outcome.code == 1
    assert f"{name}:{place}: a secret stands here: {kind}" in outcome.err
    value = line.split("\n")[-1].split()[-1].split("=")[-1].split("@")[0].split(":")[-1]
    assert value not in outcome.out + outcome.err


@pytest.mark.parametrize(
    "line",
    [
        f"key: {AWS_KEY}  # pragma: allowlist secret",
        f"key: {AWS_KEY} <!-- pragma: allowlist secret -->",
        f"<!-- pragma: allowlist nextline secret -->\nkey: {AWS_KEY}",
        "url: nats://admin:REPLACE_WITH_PASSWORD@nats:4222",
        "url: nats://admin:$PASSWORD@nats:4222",
        "url: nats://admin:<password>@nats:4222",
        f"{PRIVATE}\nREPLACE_WITH_THE_KEY",
        "aws_secret_access_key: REPLACE_WITH_SECRET_KEY",
        "password: correct horse battery staple",
        "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "uid: 123e4567-e89b-12d3-a456-426614174000",
    ],
)
def test_what_opens_nothing_is_no_secret(fake: Fake, line: str) -> None:
    fake.write("docs/page.md", f"{fake.read('docs/page.md')}{line}\n")
    assert ask(fake, "secrets").findings == ()


def test_file_that_is_not_text_is_searched_too(fake: Fake) -> None:
    (fake.root / "manifests/a.bin").write_bytes(b"\xff\x00\n" + AWS_KEY.encode())
    (finding,) = ask(fake, "secrets").findings
    assert finding.where == "manifests/a.bin:2"


def test_what_lies_outside_the_project_is_not_searched(
    fake: Fake, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "key"
    outside.write_text(AWS_KEY)
    (fake.root / "manifests/link").symlink_to(outside)
    fake.replace("skills/backup.md", "config: manifests", f"config: manifests, other: {outside}")
    assert ask(fake, "secrets").holds
