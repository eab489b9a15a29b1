"""What a cluster's refusal becomes, in each way in which a command may print it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.cluster.reader import USER
from ledger.verify.access import Refusal, refusal

TOLD = (
    f'Error from server (Forbidden): x is forbidden: User "{USER}" cannot {{}} resource "{{}}" '
    'in API group "{}" in the namespace "agents"\n'
)
CHANGES = "it changes the cluster and does not say mutates: cannot "


@pytest.fixture
def out(tmp_path: Path) -> Path:
    path = tmp_path / "out"
    path.touch()
    return path


@pytest.mark.parametrize(
    ("verb", "resource", "group", "reason"),
    [
        ("create", "jobs", "batch", CHANGES + "create jobs.batch"),
        ("delete", "pods", "", CHANGES + "delete pods"),
        ("get", "pods/exec", "", CHANGES + "get pods/exec"),
        ("patch", "deployments/scale", "apps", CHANGES + "patch deployments.apps/scale"),
        ("list", "widgets", "example.com", "the read-only account cannot list widgets.example.com"),
    ],
)
@pytest.mark.parametrize("quote", ['"', '\\"'])
def test_a_refusal_says_what_was_refused(
    out: Path, verb: str, resource: str, group: str, reason: str, quote: str
) -> None:
    told = TOLD.replace("{}", verb, 1).replace("{}", resource, 1).replace("{}", group)
    out.write_text("before\n" * 100_000 + told.replace('"', quote))
    look = not reason.startswith(CHANGES)
    assert refusal(out) == Refusal(reason, look=look)


@pytest.mark.parametrize(
    "told",
    [
        "",
        f"{USER}\n",
        TOLD.replace(USER, "somebody"),
        f'User "{USER}-2" cannot create resource "jobs" in API group "batch"\n',
    ],
)
def test_other_output_is_no_refusal(out: Path, told: str) -> None:
    out.write_bytes(told.encode() + b"\xff\n")
    assert refusal(out) is None


def test_all_that_a_block_printed_is_looked_at(out: Path, tmp_path: Path) -> None:
    errors = tmp_path / "err"
    errors.write_text(TOLD.replace("{}", "create", 1).replace("{}", "jobs", 1).replace("{}", ""))
    assert refusal(out, errors) == Refusal(CHANGES + "create jobs", look=False)
