"""Users of NATS on a real cluster: each can do its own work, and none can do harm beside it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping

import pytest

from tests.support import nats
from tests.support.commands import kubectl as kubectl_of
from tests.support.nats import box, kubectl

pytestmark = pytest.mark.cluster

Env = Mapping[str, str]

# What would change a stream, a consumer or a bucket. A message to one of these subjects is enough.
HARM = (
    "orders.new",
    "$KV.settings.region",
    "$JS.API.STREAM.CREATE.NEW",
    "$JS.API.STREAM.UPDATE.ORDERS",
    "$JS.API.STREAM.DELETE.ORDERS",
    "$JS.API.STREAM.PURGE.ORDERS",
    "$JS.API.STREAM.MSG.DELETE.ORDERS",
    "$JS.API.CONSUMER.CREATE.ORDERS.new",
    "$JS.API.CONSUMER.DELETE.ORDERS.billing",
    "$JS.API.CONSUMER.MSG.NEXT.ORDERS.billing",
    "$JS.ACK.ORDERS.billing.1.1.1.1.1",
)
SNAPSHOT, RESTORE = "$JS.API.STREAM.SNAPSHOT.ORDERS", "$JS.API.STREAM.RESTORE.ORDERS"
READ = "$JS.API.STREAM.MSG.GET.ORDERS"
DENIED = {
    "backup": (*HARM, RESTORE, READ),
    "restore": (*HARM, SNAPSHOT, READ),
    "viewer": (*HARM, SNAPSHOT, RESTORE),
}
VIEWS = (
    "account info",
    "stream ls --all",
    "stream report",
    "stream info ORDERS",
    "stream state ORDERS",
    "stream get ORDERS 1",
    "consumer ls ORDERS",
    "consumer report ORDERS",
    "consumer info ORDERS billing",
    "kv ls",
    "kv get settings region --raw",
)

# One line for each subject that was not refused at once.
_TRY = """
read -r NATS_PASSWORD
export NATS_USER="$1" NATS_PASSWORD
shift
for subject; do
  told="$(nats pub "$subject" '' 2>&1)" || true
  case "$told" in
    *"Permissions Violation for Publish to \\"$subject\\""*) ;;
    *) echo "$subject: $told" ;;
  esac
done
if nats sub 'orders.>' --count 1 --wait 1s 2>/dev/null; then echo 'orders.>: subscribed'; fi
"""


def state(env: Env) -> list[object]:
    """What harm would change."""
    stream = json.loads(box(env, "nats", "stream", "info", "ORDERS", "--json"))
    consumer = json.loads(box(env, "nats", "consumer", "info", "ORDERS", "billing", "--json"))
    names = box(env, "nats", "stream", "ls", "--all", "--names")
    return [stream["config"], stream["state"], consumer["delivered"], consumer["ack_floor"], names]


@pytest.mark.parametrize("user", DENIED)
def test_what_is_not_its_work_is_refused(user: str, saved: Env) -> None:
    before = state(saved)
    secret = json.loads(kubectl(saved, "get", "secret", "nats-auth", "-o", "json"))
    password = b64decode(secret["data"][user]).decode()
    shell = ["exec", "-i", "deployment/nats-box", "--", "sh", "-c", _TRY, "try", user]
    assert kubectl(saved, *shell, *DENIED[user], given=f"{password}\n") == ""
    assert state(saved) == before


def test_who_gives_no_password_is_refused(saved: Env) -> None:
    with pytest.raises(AssertionError, match="Authorization Violation"):
        box(saved, "env", "-u", "NATS_USER", "-u", "NATS_PASSWORD", "nats", "stream", "ls")


@pytest.mark.parametrize("command", VIEWS)
def test_the_viewer_sees(command: str, saved: Env) -> None:
    assert kubectl(saved, "exec", "nats-view-0", "--", "nats", *command.split()).strip()


def test_the_jobs_are_not_the_operator(saved: Env) -> None:
    found = {}
    for template in ("nats-backup", "nats-restore"):
        path = "jsonpath={.spec.jobTemplate.spec.template.spec.containers[0].env}"
        env = json.loads(kubectl(saved, "get", "cronjob", template, "-o", path))
        found[template] = [one.get("value") for one in env if one["name"] == "NATS_USER"]
    assert found == {"nats-backup": ["backup"], "nats-restore": ["restore"]}


@pytest.mark.parametrize("template", ["nats/secrets/nats-auth", "nats/secrets/nats-backup-s3"])
def test_the_api_server_refuses_a_template_that_is_not_filled(template: str, saved: Env) -> None:
    path = nats.MANIFESTS.parent / f"{template}.yaml"
    with pytest.raises(AssertionError, match="illegal base64 data"):
        kubectl_of(saved, "apply", "--dry-run=server", "-f", str(path), namespace="agents")
