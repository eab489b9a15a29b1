"""`.wait` on a real cluster: a Job that completes, one that fails, one that takes too long."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from ledger.cluster import Identity, environment
from ledger.pages.block import Block, Expectation
from ledger.pages.eventually import Wait
from ledger.verify.attempt import Attempt, carry_out
from ledger.verify.session import Shell
from tests.support.commands import kubectl

pytestmark = pytest.mark.cluster

# It has Python and is in the cluster already.
IMAGE = "phase-ledger/nats-backup:dev"


def start(cluster: Identity, namespace: str, program: str) -> None:
    """Start the Job `it`, which runs a line of Python and is not tried again."""
    container = {"name": "it", "image": IMAGE, "command": ["python3", "-c", program]}
    pod = {"restartPolicy": "Never", "containers": [container]}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "it", "namespace": namespace},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }
    kubectl(environment(cluster), "apply", "-f", "-", namespace=namespace, given=json.dumps(job))


def wait(cluster: Identity, namespace: str, seconds: int) -> tuple[Attempt, str]:
    """Wait for the Job `it`; how that ended, and what was said on standard error."""
    text = f"kubectl -n {namespace} wait --for=condition=Complete job/it --timeout={seconds}s"
    wanted = Wait("Complete", "job", "it", namespace)
    block = Block(
        "verify", "it", text, 1, timeout=seconds, expectation=Expectation("none"), wait=wanted
    )
    with closing(Shell(environment(cluster))) as shell:
        last = carry_out(shell, block, cluster.kubeconfig)
        return last, last.outcome.stderr.read_text()


def test_a_job_that_completes(cluster: Identity, namespace: str) -> None:
    start(cluster, namespace, "pass")
    assert wait(cluster, namespace, 120)[0].reason == ""


def test_a_job_that_fails_ends_the_wait_long_before_its_time(
    cluster: Identity, namespace: str
) -> None:
    start(cluster, namespace, "raise SystemExit(1)")
    last, _ = wait(cluster, namespace, 300)
    assert last.reason.startswith("job/it is Failed, never Complete (BackoffLimitExceeded")
    assert last.outcome.seconds < 120


def test_a_job_that_takes_too_long_is_kubectl_s_to_tell(cluster: Identity, namespace: str) -> None:
    start(cluster, namespace, "import time; time.sleep(60)")
    last, said = wait(cluster, namespace, 3)
    assert last.reason == "ended with 1, expected 0"
    assert "timed out waiting for the condition" in said
