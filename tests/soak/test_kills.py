"""A backup is killed at random moments: no archive is ever corrupt, and no good one is lost.

SOAK_KILLS says how often, SOAK_SEED repeats the moments of a run that has printed it.
"""

from __future__ import annotations

import json
import logging
import os
import random
import re
import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.soak import account
from tests.soak.figures import REHEARSAL, write
from tests.support import nats, volumes
from tests.support.nats import box, job, kubectl

pytestmark = [pytest.mark.cluster, pytest.mark.soak]

Env = Mapping[str, str]
LOG = logging.getLogger(__name__)
KILLS = int(os.environ.get("SOAK_KILLS", "50"))
SEED = int(os.environ.get("SOAK_SEED") or secrets.randbelow(1 << 32))
# Past the retention: a run removes the second one, and spares the first, which is verified.
OLD, OLDER = (f"{datetime.now(UTC) - timedelta(days=days):%Y%m%d}-020000.tar" for days in (8, 9))

# What appears on the volume as a run goes on; within how many seconds of it the kill comes.
MOMENTS = {"": 1.5, ".*.partial": 0.3, "*.tar": 0.3}
_FOUND = """until pid="$(pgrep -f '[n]ats_backup backup')"; do sleep 0.01; done; """
# An older archive is there again, so that each run has one to remove.
_READY = f"cp {OLD} {OLDER}; touch /tmp/begun;"
_MARKERS = "cat VERIFIED; cat LATEST || echo '{}'; sha256sum *.tar"
_CODE = "{.status.containerStatuses[0].state.terminated.exitCode}"
# The server lets go of a snapshot whose client is dead after some seconds.
_SETTLE = """
until rm -rf /tmp/all; nats account backup --force /tmp/all >/dev/null 2>&1; do sleep 0.5; done
"""


@dataclass(frozen=True)
class Volume:
    """The archives that are listed as good, and as bad; the content of the markers."""

    good: frozenset[str]
    bad: frozenset[str]
    latest: Mapping[str, Any]
    verified: Mapping[str, Any]


@pytest.fixture
def looker(roomy: Env) -> Iterator[str]:
    """A pod that lists archives at once: the Job for it, asleep."""
    name = "cronjob/nats-backup-list"
    job = json.loads(kubectl(roomy, "get", name, "-o", "json"))["spec"]["jobTemplate"]
    spec = job["spec"]["template"]["spec"]
    spec["containers"][0] |= {"command": ["sleep"], "args": ["infinity"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "looker"}, "spec": spec}
    kubectl(roomy, "apply", "-f", "-", given=json.dumps(pod))
    kubectl(roomy, "wait", "--for=condition=ready", "pod/looker", "--timeout=60s")
    yield "looker"
    kubectl(roomy, "delete", "pod", "looker", "--grace-period=1")


def look(env: Env) -> Volume:
    """List the archives, and check the markers without the tool."""
    told = kubectl(env, "exec", "looker", "--", "python3", "-m", "nats_backup", "list", "--json")
    listed = json.loads(told)["archives"]
    good, bad = (
        frozenset(entry["archive"] for entry in listed if entry["good"] is verdict)
        for verdict in (True, False)
    )
    marked = volumes.in_volume(env, volumes.BACKUP, _MARKERS).splitlines()
    verified, latest = (json.loads(line) for line in marked[:2])
    if latest:
        assert f"{latest['sha256']}  {latest['archive']}" in marked
    return Volume(good, bad, latest, verified)


def begin(env: Env) -> str:
    """Start a backup as on-call does."""
    name = f"killed-{uuid4().hex[:8]}"
    kubectl(env, "create", "job", name, "--from=cronjob/nats-backup")
    return name


def killed(env: Env, moment: str, after: float) -> tuple[bool, str]:
    """Kill a backup some seconds after its process has begun, or after a file of it appears.

    Returns:
        Whether it still ran, and what it told last.
    """
    box(env, "sh", "-c", _SETTLE)
    seen = f"find . -newer /tmp/begun -name '{moment}' | grep -q ."
    until = f'while kill -0 "$pid" && ! {seen}; do :; done;' if moment else ""
    script = f'{_READY} {_FOUND} {until} sleep {after}; kill -9 "$pid" || true'
    # It is there before the backup is: on a busy machine a short one would be over first.
    with ThreadPoolExecutor() as pool:
        killer = pool.submit(volumes.in_volume, env, volumes.BACKUP, script)
        name = begin(env)
        killer.result()
    pod, code = ["pod", "-l", f"job-name={name}"], f"jsonpath={_CODE}"
    kubectl(env, "wait", *pod, f"--for={code}", "--timeout=60s")
    ended = kubectl(env, "get", *pod, "-o", code.replace("{.", "{.items[0]."))
    log = kubectl(env, "logs", f"job/{name}")
    kubectl(env, "delete", "job", name)
    return ended == "137", ["nothing", *re.findall(r'msg="([^"]+)"', log)][-1]


def test_a_killed_backup_never_harms_an_archive(roomy: Env, looker: str) -> None:
    LOG.info("SOAK_SEED=%s SOAK_KILLS=%s", SEED, KILLS)
    chance = random.Random(SEED)
    account.fill(roomy, 0.05)
    content = account.read(roomy)
    (first,) = re.findall(r'"archive stored" archive=(\S+)', nats.back_up(roomy))
    volumes.in_volume(roomy, volumes.BACKUP, f"mv {first} {OLD}; rm LATEST")
    job(roomy, "nats-backup-verify", ARCHIVE=OLD)
    before, stored = look(roomy), list[bool]()
    while len(stored) < KILLS:
        moment, longest = chance.choice(list(MOMENTS.items()))
        after = longest * chance.random() ** 3
        hit, last = killed(roomy, moment, after)
        now = look(roomy)
        fate = "killed" if hit else "too late"
        LOG.info("%.2f s after %s: %s behind %r", after, moment or "the start", fate, last)
        assert not now.bad
        assert before.good - {OLDER} <= now.good
        assert now.verified == before.verified
        assert not before.latest or now.latest["archive"] >= before.latest["archive"]
        stored += [bool(now.good - before.good - {OLDER})] * hit
        before = now

    nats.back_up(roomy)
    left = volumes.in_volume(roomy, volumes.BACKUP, "ls -A").split()
    good = look(roomy).good
    assert set(left) == {".lock", "LATEST", "VERIFIED", *good}
    for archive in sorted(good):
        nats.wipe(roomy)
        job(roomy, "nats-restore", ARCHIVE=archive)
        assert account.read(roomy) == content
    write(REHEARSAL / "kills.json", kills=KILLS, seed=SEED, stored=sum(stored), restored=len(good))
