"""What is told of pages and manifests without a cluster: each fault by its place, and no other."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.core.problem import Severity
from ledger.core.project import Project
from ledger.errors import UsageError
from ledger.verify import offline_python
from ledger.verify.offline import Report, check
from ledger.verify.offline_data import NOT_JSON, NOT_YAML
from ledger.verify.offline_kube import INVALID, UNCHECKED
from ledger.verify.offline_manifests import MISSING
from ledger.verify.offline_python import FAILS
from ledger.verify.offline_shell import SYNTAX
from tests.fixtures.schemas import validate

ROOT = Path(__file__).parents[2]
LEDGER = str(Path(sys.executable).with_name("ledger"))
MKDOCS = """\
markdown_extensions:
  - admonition
  - pymdownx.superfences
  - pymdownx.snippets:
      base_path: [parts]
"""
HEAD = (
    "---\ntitle: Page\nparameters: {STREAM: {example: ORDERS}}\nreasons: {later: not here}\n---\n"
)
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: one
spec:
  containers:
    - name: one
      image: one:1
"""


class Site:
    """A project of its own, and what is told of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project = Project(root)
        self.write("mkdocs.yml", MKDOCS)
        self.write("docs/index.md", "# Home\n")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def page(self, body: str) -> None:
        self.write("docs/page.md", HEAD + body)

    def check(self, *names: str) -> Report:
        return check(self.project, names)

    def told(self) -> list[tuple[str, str]]:
        """Place and code of every problem."""
        return [(f"{p.where}:{p.line}", p.code) for p in self.check().problems]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def fence(info: str, *lines: str) -> str:
    return "\n".join((f"```{info}", *lines, "```", ""))


def run(name: str, *lines: str) -> str:
    return fence(f"bash {{.verify name={name} expect=none}}", *lines)


# HEAD has five lines, so the first line of the body is line 6.


def test_a_good_page_is_not_blamed(site: Site) -> None:
    site.page(
        run("one", "export MADE=1", 'echo "$STREAM" "$KUBECONFIG" "$HOME"')
        + run("two", 'echo "$MADE"', "exit 0")
        + run("three", 'echo "${UNKNOWN:?set UNKNOWN}"', "shopt -s extglob", "echo !(one)")
        + fence("bash {.verify name=four}", "env")
        + fence("python {.expect match=contains}", "(no example")
        + fence("bash {.skip reason=later}", 'echo "$MADE"')
        + fence("bash {.show}", 'echo "$ANYTHING"', "NOTHING=1")
        + fence("python", "print(1 + 1)", "#> 2")
        + fence("yaml", "a: 2026-11-21", "--- !unknown/tag", "- b")
        + fence("json", '{"a": 1}')
        + fence("yaml", *POD.splitlines())
    )
    report = site.check()
    assert report.problems == ()
    assert (report.pages, report.fences, report.resources) == (2, 11, 1)


# Shell


def test_bash_that_is_not_complete_is_told_where_it_stands(site: Site) -> None:
    site.page(
        "Text.\n\n" + run("one", "true", "if true; then", "  echo )", "fi") + run("two", "ls")
    )
    (problem,) = site.check().problems
    assert (problem.where, problem.line, problem.code) == ("docs/page.md", 11, SYNTAX.code)
    assert problem.what == "bash cannot read this block: syntax error near unexpected token `)'"


@pytest.mark.parametrize("line", ["echo 'one", "cat <<END", "for i in 1 2; do", "echo $(date"])
def test_a_block_that_waits_for_more_is_told_and_the_next_is_checked(site: Site, line: str) -> None:
    site.page(run("one", line) + run("two", 'echo "$NOBODY"'))
    assert site.told() == [("docs/page.md:7", SYNTAX.code), ("docs/page.md:10", "SC2154")]


def test_a_variable_that_no_block_and_no_parameter_sets_is_an_error(site: Site) -> None:
    site.page(run("one", 'echo "$STREAM" "$MADE"') + run("two", "export MADE=1", 'echo "$MADE"'))
    assert site.told() == []  # shellcheck asks whether it is set, not when
    site.page(run("one", 'echo "$STREAM"', 'echo "$STRAEM"'))
    (problem,) = site.check().problems
    assert (problem.line, problem.code, problem.severity) == (8, "SC2154", Severity.ERROR)
    assert "STRAEM" in problem.what


def test_a_captured_output_is_a_variable(site: Site) -> None:
    site.page(
        fence("bash {.verify name=one set=MADE expect=none}", "date")
        + run("two", 'echo "$MADE"', 'echo "$TAKEN"')
    )
    assert site.told() == [("docs/page.md:11", "SC2154")]


def test_severities_are_shellchecks_own(site: Site) -> None:
    site.page(run("one", 'export A="$(date)"', "echo $A", "[ -n $A ", "echo `date`"))
    told = {(p.line, p.code): p.severity for p in site.check().problems}
    assert told[9, "SC1073"] is Severity.ERROR  # what bash -n lets pass
    site.page(run("one", 'export A="$(date)"', "echo $A", "echo `date`"))
    told = {(p.line, p.code): p.severity for p in site.check().problems}
    assert told == {
        (7, "SC2155"): Severity.WARNING,
        (8, "SC2086"): Severity.INFO,
        (9, "SC2046"): Severity.WARNING,
    }


def test_an_author_can_overrule_shellcheck_and_a_file_of_his_cannot(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write(".shellcheckrc", "disable=SC2086\n")
    monkeypatch.setenv("SHELLCHECK_OPTS", "--exclude=SC2086")
    monkeypatch.setenv("HOME", str(site.root))
    site.page(run("one", "A=$(date)", "# shellcheck disable=SC2086", "echo $A", "echo $A"))
    assert site.told() == [("docs/page.md:10", "SC2086")]


def test_a_show_block_stands_alone(site: Site) -> None:
    site.page(
        fence("bash {.show}", "export MADE=1")
        + run("one", 'echo "$MADE"')
        + fence("bash {.show}", "if [ $X = 1 ]; then", "  echo 'x")
    )
    assert site.told() == [("docs/page.md:10", "SC2154"), ("docs/page.md:14", SYNTAX.code)]


def test_places_in_containers_and_snippets(site: Site) -> None:
    site.write("parts/part.md", "Text.\n\n" + run("two", "true", 'echo "$NOBODY"'))
    site.page(
        '!!! note\n\n    ```bash {.verify name=one expect=none}\n    true\n    echo "$NONE"\n'
        '    ```\n\n--8<-- "part.md"\n'
    )
    assert site.told() == [("docs/page.md:10", "SC2154"), ("parts/part.md:5", "SC2154")]


def test_a_page_that_cannot_be_read_does_not_hide_the_others(site: Site) -> None:
    site.write("docs/bad.md", "# Bad\n\n```bash\nls\n```\n")
    site.page(run("one", "echo )"))
    assert site.told() == [("docs/bad.md:3", "P101"), ("docs/page.md:7", SYNTAX.code)]


# Python


@pytest.mark.parametrize(
    ("lines", "line", "what"),
    [
        (("x = 1", "print(x)", "#> 2"), 9, "it prints '#> 1', the page says '#> 2'"),
        (("x = 1", "print(x)"), 9, "it prints '#> 1', the page says 'the end'"),
        (("x = 1", "", "raise KeyError(x)"), 9, "KeyError: 1"),
        (("def f():", "    1 / 0", "f()"), 8, "ZeroDivisionError: division by zero"),
        (("x = 1", "x ="), 8, "SyntaxError: invalid syntax"),
        (("import nothing_such",), 7, "ModuleNotFoundError: No module named 'nothing_such'"),
        (("raise SystemExit(0)",), 6, "SystemExit: 0"),
        (("import os", "os._exit(3)"), 6, "this example ended Python with exit status 3"),
    ],
)
def test_python_that_is_not_as_it_says(
    site: Site, lines: tuple[str, ...], line: int, what: str
) -> None:
    site.page(fence("python", *lines))
    (problem,) = site.check().problems
    assert (problem.line, problem.code) == (line, FAILS.code)
    assert problem.what.startswith(what)


def test_one_example_does_not_change_the_next(site: Site) -> None:
    site.page(fence("python", "x = 1", "print(x)", "#> 1") + fence("python", "print(x)"))
    (problem,) = site.check().problems
    assert (problem.line, problem.what) == (12, "NameError: name 'x' is not defined")


def test_an_example_that_never_ends(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_python, "SECONDS", 3.0)
    site.page(fence("python", "x = 1") + fence("python", "while True:", "    pass"))
    (problem,) = site.check().problems
    assert (problem.line, problem.what) == (9, "this example took longer than 3 s")


# YAML and JSON


def test_yaml_and_json_that_cannot_be_read(site: Site) -> None:
    site.page(
        fence("yaml", "a: 1", "b: [1", "c: 2")
        + fence("yml", "a: {b: 1,", "    b: 2}")
        + fence("json", "{", '  "a": 1,', "}")
        + run("one", "true").replace(" expect=none", "")
        + fence("yaml {.expect match=contains}", "a: [")
        + fence("bash {.verify name=two}", "true")
        + fence("text {.expect match=json}", '{"a": }')
    )
    assert site.told() == [
        ("docs/page.md:9", NOT_YAML.code),
        ("docs/page.md:13", NOT_YAML.code),
        ("docs/page.md:18", NOT_JSON.code),
        ("docs/page.md:30", NOT_JSON.code),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "what", "fix"),
    [
        ("image:", "imgae:", 14, "spec.containers.0.imgae: unknown key imgae", "image?"),
        ("kind: Pod", "kind: Pood", 8, "Kubernetes 1.34 has no v1 Pood", "v1 Pod?"),
        ("- name: one\n      image", "- image", 13, "'name' is a required", ""),
        ("image: one:1", "image: 1", 14, "spec.containers.0.image: 1 is not of type", ""),
        ("v1\nkind: Pod", "extensions/v1beta1\nkind: Ingress", 8, "has no extensions/v1beta1", ""),
    ],
)
def test_a_resource_that_kubernetes_would_not_take(
    site: Site, old: str, new: str, line: int, what: str, fix: str
) -> None:
    assert old in POD
    site.write("airgap/pins.toml", '[versions]\nkubernetes = "1.34.4"\n')
    site.page(fence("yaml", *POD.replace(old, new).splitlines()))
    found = [p for p in site.check().problems if what in p.what]
    assert [(p.line, p.code, p.severity) for p in found] == [(line, INVALID.code, Severity.ERROR)]
    assert found[0].fix.endswith(fix)


def test_every_fault_of_a_file_is_told_by_its_line(site: Site) -> None:
    bad = POD.replace("image:", "imgae:").replace("  name: one\n", "  name: [one]\n", 1)
    site.write("manifests/a.yaml", f"# One\n{POD}---\n{bad}")
    lines = [p.line for p in site.check().problems if p.where == "manifests/a.yaml"]
    assert lines == [14, 18]


def test_each_item_of_a_list_is_a_resource(site: Site) -> None:
    item = "".join(f"    {line}\n" for line in POD.replace("image:", "imgae:").splitlines())
    site.write("manifests/a.yaml", f"apiVersion: v1\nkind: List\nitems:\n  -\n{item}")
    assert site.told() == [("manifests/a.yaml:12", INVALID.code)]


def test_a_custom_resource_is_told_as_not_checked(site: Site) -> None:
    """Also one whose group only begins like one of Kubernetes' own."""
    for number, kind in enumerate(
        ("velero.io/v1\nkind: Backup", "apps.example/v1\nkind: Deployment")
    ):
        site.write(f"manifests/{number}.yaml", f"apiVersion: {kind}\nspec: {{any: 1}}\n")
    report = site.check()
    assert [(p.code, p.severity) for p in report.problems] == [(UNCHECKED.code, Severity.INFO)] * 2
    assert report.resources == 0
    assert "velero.io/v1 Backup" in report.problems[0].what


@pytest.mark.parametrize(
    ("pin", "used"), [("1.34.4", "1.34"), ("1.26", "1.26"), ("1.3", "1.25"), ("1.99.0", "1.37")]
)
def test_the_schemas_are_those_of_the_pin_or_the_nearest(site: Site, pin: str, used: str) -> None:
    site.write("airgap/pins.toml", f'[versions]\nkubernetes = "{pin}"\n')
    assert site.check().kubernetes == used


# Kustomize


KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../base, pod.yaml, "https://example.com/a", "example.com/b?ref=v1"]
patches:
  - path: patch.yaml
  - patch: |-
      - {op: remove, path: /spec}
configMapGenerator:
  - name: settings
    files: [named=a.conf]
"""
PATCH = "apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {containers: [{$patch: delete}]}\n"


def overlay(site: Site) -> None:
    site.write("manifests/base/kustomization.yaml", "kind: Kustomization\n")
    site.write("manifests/one/kustomization.yaml", KUSTOMIZATION)
    site.write("manifests/one/pod.yaml", POD)
    site.write("manifests/one/patch.yaml", PATCH)
    site.write("manifests/one/a.conf", "")


def test_a_patch_may_leave_out_what_a_resource_may_not(site: Site) -> None:
    overlay(site)
    assert site.told() == []
    site.write(
        "manifests/one/kustomization.yaml",
        KUSTOMIZATION.replace("patch.yaml", "pod.yaml"),
    )
    assert {code for _, code in site.told()} == {INVALID.code}


def test_a_patch_must_be_right_in_what_it_has(site: Site) -> None:
    overlay(site)
    site.write("manifests/one/patch.yaml", PATCH + "stauts: {}\n")
    assert site.told() == [("manifests/one/patch.yaml:5", INVALID.code)]


@pytest.mark.parametrize(
    ("file", "line"), [("pod.yaml", 3), ("patch.yaml", 5), ("a.conf", 10), ("../base", 3)]
)
def test_a_file_that_a_kustomization_names_and_that_is_not_there(
    site: Site, file: str, line: int
) -> None:
    overlay(site)
    path = site.root / "manifests/one" / file
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert site.told() == [(f"manifests/one/kustomization.yaml:{line}", MISSING.code)]


# The command


def ledger(root: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LEDGER, "verify", "--offline", *words],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_tells_place_code_and_fix(site: Site) -> None:
    site.page(run("one", "echo )") + run("two", "touch it-ran"))
    done = ledger(site.root)
    assert done.returncode == 1
    assert done.stdout.startswith(f"docs/page.md:7: {SYNTAX.code} error: bash cannot read this")
    assert f"\n  fix: {SYNTAX.fix.split(';')[0]}" in done.stdout
    assert done.stderr.endswith("1 error, 0 warnings, 0 infos\n")
    assert max(map(len, (done.stdout + done.stderr).splitlines())) <= 80
    assert not list(site.root.rglob("it-ran"))
    assert not (site.root / ".ledger").exists()


def test_warnings_are_told_and_do_not_fail(site: Site) -> None:
    site.page(run("one", 'export A="$(date)"'))
    done = ledger(site.root)
    assert (done.returncode, done.stdout.split()[1]) == (0, "SC2155")


def test_json_is_as_its_schema_says(site: Site) -> None:
    site.page(run("one", "echo )", "") + fence("json", "{"))
    done = ledger(site.root, "--json")
    document = json.loads(done.stdout)
    validate(document, "offline.v1")
    assert done.returncode == 1
    assert [p["line"] for p in document["problems"]] == [7, 11]
    assert document["count"] == {"error": 2, "warning": 0, "info": 0}


def test_settings_that_no_page_can_be_read_with_are_told_once(site: Site) -> None:
    site.page("")
    site.write("mkdocs.yml", "a:\n b: [")
    assert site.told() == [("mkdocs.yml:2", "P101")]


def test_named_pages_only(site: Site) -> None:
    site.page(run("one", "echo )"))
    site.write("manifests/a.yaml", "a: [\n")
    report = site.check(str(site.root / "docs/index.md"))
    assert (report.pages, report.manifests, report.problems) == (1, 0, ())


def test_what_is_no_page_and_what_only_a_run_can_do_is_refused(site: Site) -> None:
    with pytest.raises(UsageError, match="not a Markdown page below docs/"):
        site.check(str(site.root / "mkdocs.yml"))
    done = ledger(site.root, "--update-lock")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--update-lock means nothing" in done.stderr


def test_this_project_has_no_error() -> None:
    errors = [p for p in check(Project(ROOT), ()).problems if p.severity is Severity.ERROR]
    assert errors == []


def test_the_page_explains_every_code() -> None:
    page = (ROOT / "docs/reference/coverage.md").read_text("utf-8")
    rules = (SYNTAX, FAILS, NOT_YAML, NOT_JSON, INVALID, UNCHECKED, MISSING)
    head = ("| Code | Severity | What | Why | Fix |", "| --- | --- | --- | --- | --- |")
    table = "\n".join((*head, *(f"| {' | '.join(rule)} |" for rule in rules)))
    assert f"<!-- codes -->\n\n{table}\n\n<!-- /codes -->" in page, table
