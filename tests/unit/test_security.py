"""What the page about security claims is shown by the tests that it names; some of it here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.proofs import missing

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/security.md").read_text("utf-8")
CLAIM = re.compile(r"^- \*\*.+?(?=^- |^\S|\Z)", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`(tests/\S+::\w+)`")
LOCKS = ("requirements.txt", "airgap/requirements.txt", "tools/audit/requirements.txt")
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def workflow(path: Path) -> dict[Any, Any]:
    found = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in workflow(path)["jobs"].values():
        yield from job.get("steps", ())


def test_every_claim_names_a_test_and_every_limit_none() -> None:
    parts = PAGE.split("What is **not** kept from it:")
    limits, _, rest = parts[1].partition("\n## ")
    claims = CLAIM.findall(parts[0] + rest)
    assert len(claims) > 15
    assert [claim for claim in claims if not NAMED.search(claim)] == []
    assert not NAMED.search(limits)


def test_every_test_that_is_named_is_there() -> None:
    assert missing(NAMED.findall(PAGE)) == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_by_digest(lock: str) -> None:
    text = re.sub(r"^\s*#.*\n", "", (ROOT / lock).read_text("utf-8"), flags=re.MULTILINE)
    entries = text.replace("\\\n", " ").splitlines()
    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry), entry


def test_every_go_module_is_in_its_sum() -> None:
    found = 0
    for path in (ROOT / "airgap").rglob("go.mod"):
        text = path.read_text("utf-8")
        moved = dict(re.findall(r"^replace (\S+) => (\S+ v\S+)", text, re.M))
        for name, version in re.findall(r"^(?:\trequire |\t|require )(\S+) (v\S+)", text, re.M):
            known = path.with_name("go.sum").read_text("utf-8")
            assert f"\n{moved.get(name, f'{name} {version}')}" in f"\n{known}", (path, name)
            found += 1
    assert found > 100


@every_workflow
def test_every_action_is_pinned_by_commit(path: Path) -> None:
    for step in steps(path):
        if not (used := step.get("uses", "./")).startswith("./"):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used), used


@every_workflow
def test_a_checkout_keeps_no_token(path: Path) -> None:
    """Where the project's own commands run; who pushes what others found needs one."""
    for job in workflow(path)["jobs"].values():
        runs = " ".join(step.get("run", "") for step in job.get("steps", ()))
        if re.search(r"(^|/| )(make|ledger|pytest) ", runs, re.MULTILINE):
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False


@every_workflow
def test_a_pull_request_can_only_read(path: Path) -> None:
    """`pull_request_target` runs with the secrets of the base, and must not be."""
    text, found = path.read_text("utf-8"), workflow(path)
    assert "pull_request_target" not in text
    assert set(found["permissions"].values()) <= {"read"}
    if "pull_request" in found[True]:  # YAML 1.1 reads the key `on` as true
        assert "secrets." not in text
        for job in found["jobs"].values():
            assert "if" in job or set(job.get("permissions", {}).values()) <= {"read"}
