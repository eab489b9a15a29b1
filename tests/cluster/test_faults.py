"""A backup on a bad day: it fails loudly, keeps what it has, and works again afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.support import faults, s3, volumes
from tests.support.nats import back_up, box, job, kubectl

pytestmark = pytest.mark.cluster

Env = Mapping[str, str]
Fault = Callable[[Env], AbstractContextManager[None]]
TRIES = 3
"""A Job starts so many pods for a failure that another try may help."""


@dataclass(frozen=True)
class Run:
    """A backup that failed: the exit code of each of its pods, and the last pod's log."""

    codes: list[int]
    log: str


@pytest.fixture(autouse=True)
def _mended(nats: Env) -> Iterator[None]:
    """Whatever the fault was: the next backup works."""
    yield
    assert 'msg="Backup Complete"' in back_up(nats)


def fail(env: Env) -> Run:
    """Run the backup through its CronJob until the Job has failed."""
    name = f"nats-backup-{uuid4().hex[:8]}"
    kubectl(env, "create", "job", name, "--from=cronjob/nats-backup")
    kubectl(env, "wait", "--for=condition=failed", f"job/{name}", "--timeout=240s")
    listed = json.loads(kubectl(env, "get", "pods", "-l", f"job-name={name}", "-o", "json"))
    pods = sorted(listed["items"], key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    log = kubectl(env, "logs", pods[-1]["metadata"]["name"])
    return Run([exit_code(pod) for pod in pods], log)


def exit_code(pod: dict[str, Any]) -> int:
    return int(pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"])


def archives(env: Env) -> dict[str, str]:
    """The archives on the volume, with their checksums; what is half written counts too."""
    files = volumes.in_volume(env, volumes.BACKUP, "find . -name '*.tar*' | xargs -r sha256sum")
    return {name: digest for digest, name in (line.split() for line in files.splitlines())}


def last_success(env: Env) -> str:
    """When the newest good backup ended, as Kubernetes knows it."""
    path = "jsonpath={.status.lastSuccessfulTime}"
    return kubectl(env, "get", "cronjob/nats-backup", "-o", path)


def error(run: Run) -> str:
    """The one line of a log that says what is wrong."""
    (line,) = re.findall(r"^level=error .*$", run.log, re.MULTILINE)
    return str(line)


def test_nats_is_down(saved: Env) -> None:
    before, success = archives(saved), last_success(saved)
    with faults.nats_down(saved):
        run = fail(saved)
    assert run.codes == [4] * TRIES
    assert "no servers available for connection" in error(run)
    assert archives(saved) == before
    assert last_success(saved) == success != ""


def test_the_backup_volume_is_full(saved: Env) -> None:
    with faults.backup_volume_full(saved):
        before, latest = archives(saved), volumes.in_volume(saved, volumes.BACKUP, "cat LATEST")
        run = fail(saved)
        assert archives(saved) == before
        assert volumes.in_volume(saved, volumes.BACKUP, "cat LATEST") == latest
        assert "No space left on device" in job(saved, "nats-backup-verify", "failed")
    assert run.codes == [6] * TRIES
    assert "No space left on device" in error(run)
    assert "Backup Complete" not in run.log


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (faults.s3_down, "Could not connect"),
        (faults.bucket_missing, "NoSuchBucket"),
        (faults.bad_s3_credentials, "SignatureDoesNotMatch"),
    ],
    ids=["s3_down", "bucket_missing", "bad_s3_credentials"],
)
def test_the_bucket_cannot_be_used(fault: Fault, told: str, uploaded: Env) -> None:
    before, known = archives(uploaded), s3.keys(uploaded)
    with fault(uploaded):
        run = fail(uploaded)
        after = archives(uploaded)
    assert run.codes == [7]
    assert told in error(run)
    assert before.items() < after.items()
    (made,) = after.keys() - before.keys()
    assert f"archive={made.removeprefix('./')}" in run.log
    if fault is not faults.bucket_missing:
        assert s3.keys(uploaded) == known


def test_the_volume_of_nats_has_no_room_for_a_restore(saved: Env) -> None:
    archive = max(archives(saved)).removeprefix("./")
    with faults.nats_volume_full(saved):
        log = job(saved, "nats-restore", "failed", ARCHIVE=archive)
        assert "no space left on device (10062)" in log
        assert 'fix="restored before it: KV_settings" exit=11' in log
        assert box(saved, "nats", "stream", "ls", "--names").split() == ["AUDIT", "KV_settings"]
        box(saved, "nats", "stream", "purge", "AUDIT", "--keep=1", "--force")
        log = job(saved, "nats-restore", "failed", ARCHIVE=archive, STREAM="ORDERS")
        assert "no space left on device (10062)" in log
        box(saved, "nats", "stream", "purge", "AUDIT", "--force")
        job(saved, "nats-restore", ARCHIVE=archive, STREAM="ORDERS")


def test_the_clock_is_ahead(uploaded: Env) -> None:
    before = archives(uploaded)
    with faults.clock_ahead(uploaded):
        run = fail(uploaded)
    assert run.codes == [7]
    assert "the clock differs from the store's (RequestTimeTooSkewed)" in error(run)
    (made,) = archives(uploaded).keys() - before.keys()
    told = 'msg="archive kept, its time is still to come"'
    assert f"{told} archive={made.removeprefix('./')}" in back_up(uploaded)
    volumes.in_volume(uploaded, volumes.BACKUP, f"rm {made}")


def test_an_upload_was_cut(uploaded: Env) -> None:
    with faults.upload_cut(uploaded):
        (cut,) = s3.unfinished(uploaded)
        assert "archive is cut short" in job(uploaded, "nats-backup-verify-s3", "failed")
        made = back_up(uploaded)
        assert f'"unfinished upload removed" archive={cut.removeprefix("nats/")}' in made
        assert s3.unfinished(uploaded) == []
        job(uploaded, "nats-backup-verify-s3")
