"""The workflows of this repository and of a new project: valid, pinned, safe for a fork."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ledger.adopt import template
from ledger.cli import COMMANDS
from ledger.cli.parser import build
from tests.fixtures.flow_project import DAY

ROOT = Path(__file__).parents[2]
OURS = {path.name: path.read_text("utf-8") for path in (ROOT / ".github/workflows").glob("*.yml")}
NEW = {
    f"{kind}.yml": template.files(kind, "x", DAY)[".github/workflows/runbooks.yml"].decode()
    for kind in template.TEMPLATES
}
ACTION = (ROOT / "action.yml").read_text("utf-8")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
WORKFLOWS = OURS | NEW
# What runs the commands of pages, and so whatever a change says.
RUNS_PAGES = re.compile(
    r"^\s*(?:\.venv/bin/)?ledger (?:verify(?! --offline)|site)|make \w", re.MULTILINE
)
# What only `ledger import` needs.
IMPORT = {"tree-sitter", "tree-sitter-bash"}
every = pytest.mark.parametrize("name", WORKFLOWS)


def jobs(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)["jobs"]
    return found


def steps(text: str) -> Iterator[dict[str, Any]]:
    loaded = yaml.safe_load(text)
    for job in loaded["jobs"].values() if "jobs" in loaded else [loaded["runs"]]:
        yield from job["steps"]


def check(schema: str, text: str, folder: Path) -> None:
    (folder / "file.yml").write_text(text, "utf-8")
    tool = str(Path(sys.executable).with_name("check-jsonschema"))
    words = [tool, "--builtin-schema", schema, str(folder / "file.yml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@every
def test_it_is_a_workflow(name: str, tmp_path: Path) -> None:
    check("vendor.github-workflows", WORKFLOWS[name], tmp_path)


def test_the_action_is_one(tmp_path: Path) -> None:
    check("vendor.github-actions", ACTION, tmp_path)


@pytest.mark.parametrize("text", [*WORKFLOWS.values(), ACTION], ids=[*WORKFLOWS, "action"])
def test_actions_are_pinned_and_no_expression_is_run(text: str) -> None:
    used = [step["uses"] for step in steps(text) if "uses" in step]
    assert used
    assert not [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one)]
    # What an expression gives would be a part of the script, whatever it holds.
    assert not [step["run"] for step in steps(text) if "${{" in step.get("run", "")]


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    found = {
        tuple(step["uses"].split("@"))
        for text in (*WORKFLOWS.values(), ACTION)
        for step in steps(text)
        if "uses" in step
    }
    assert len({name for name, _ in found}) == len(found)


@every
def test_a_stranger_s_change_may_read_and_knows_no_secret(name: str) -> None:
    text = WORKFLOWS[name]
    assert "pull_request_target" not in text
    assert "workflow_run" not in text
    assert "secrets." not in text
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    for job in jobs(text).values():
        may_write = "write" in job.get("permissions", {}).values()
        ran = "\n".join(step.get("run", "") for step in job["steps"])
        assert not (may_write and RUNS_PAGES.search(ran))
        if may_write and name != "refresh.yml":
            assert re.search(r"pull_request'|== 'schedule'", job["if"])
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@") and not may_write:
                assert step["with"]["persist-credentials"] is False


@every
def test_every_command_of_ours_can_be_typed(name: str) -> None:
    runs = "\n".join(step.get("run", "") for step in steps(WORKFLOWS[name]))
    called = re.findall(r"^\s*(?:\.venv/bin/)?ledger (.+)$", runs, re.MULTILINE)
    assert called or name == "ci.yml"
    for line in called:
        words = shlex.split(line)
        assert callable(build(COMMANDS, words).parse_args(words).run)


def test_hooks_call_commands_that_are_there() -> None:
    own = template.files("minimal", "x", DAY)[".pre-commit-config.yaml"]
    (local,) = yaml.safe_load(own)["repos"]
    assert [hook["id"] for hook in local["hooks"]] == [hook["id"] for hook in HOOKS]
    for hook in [*HOOKS, *local["hooks"]]:
        words = hook["entry"].split()[1:]
        assert callable(build(COMMANDS, words).parse_args(words).run)
        assert re.search(hook["files"], "docs/runbook/page.md")
        assert not re.search(hook["files"], "src/app.py")


def test_the_hook_brings_what_the_extra_brings() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {re.split("[>=<]", one)[0] for one in project["optional-dependencies"]["offline"]}
    (hook,) = [hook for hook in HOOKS if hook["id"] == "ledger-verify-offline"]
    assert set(hook["additional_dependencies"]) == wanted - IMPORT
