"""Disaster recovery: a primary that is lost, and a bucket on another cluster that outlives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ledger.cluster import down, environment, recorded, reserved, up
from tests.support import nats, s3, velero
from tests.support.commands import kubectl

Env = Mapping[str, str]

_IMAGES = ("nats-backup", "nats-server", "velero", "velero-plugin-for-aws")
_OUTSIDE = Path(__file__).with_name("outside")
_ADDRESS = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}'


@contextmanager
def cluster(name: str) -> Iterator[Env]:
    """A new cluster beside the one under test, removed at the end; gives its environment."""
    with reserved(name, print):
        if recorded(name):
            down(name, say=print)
        try:
            yield environment(up(name, images=_IMAGES, say=print))
        finally:
            down(name, say=print)


def publish_bucket(env: Env) -> None:
    """Make an empty bucket that other clusters reach too."""
    s3.deploy(env)
    s3.empty(env)
    s3.kubectl(env, "apply", "-f", str(_OUTSIDE / "bucket.yaml"))


def withdraw_bucket(env: Env) -> None:
    """Leave the bucket empty, and to its own cluster alone."""
    s3.empty(env)
    s3.kubectl(env, "delete", "-f", str(_OUTSIDE / "bucket.yaml"), "--ignore-not-found")


def serve(env: Env, bucket: Env) -> None:
    """Run NATS and Velero, with the bucket of another cluster for their backups."""
    _share_keys(bucket, env)
    nats.deploy(env)
    nats.kubectl(env, "apply", "-f", str(_OUTSIDE / "backup-egress.yaml"))
    s3.configure(env, S3_ENDPOINT=_url(bucket))
    velero.deploy(env, _url(bucket))


def back_up_objects(env: Env) -> None:
    """Let Velero save the objects of the cluster, as its schedule does."""
    name = f"daily-{datetime.now(UTC):%Y%m%d%H%M%S}"
    velero.velero(env, "backup", "create", name, "--from-schedule=daily", "--wait")
    assert velero.phase(env, "backups", name) == "Completed"


def stand_by(env: Env, bucket: Env) -> None:
    """Install a Velero that only reads what is in the bucket."""
    velero.remove(env)
    if env is not bucket:
        _share_keys(bucket, env)
    velero.deploy(env, _url(bucket), "standby")


def look_again(env: Env) -> None:
    """Let Velero see at once what is new in the bucket: it looks when it starts."""
    velero.kubectl(env, "rollout", "restart", "deployment/velero")
    velero.kubectl(env, "rollout", "status", "deployment/velero", "--timeout=120s")


def remove_nats(env: Env) -> None:
    """Remove NATS, all of its data, and the role that is its own."""
    kubectl(env, "delete", "namespace", nats.NAMESPACE, "--ignore-not-found", "--timeout=120s")
    kubectl(env, "delete", "clusterrole", "--selector=app.kubernetes.io/part-of=nats")


def _share_keys(bucket: Env, env: Env) -> None:
    """Put the key pair of the bucket where it is on the cluster that has the bucket."""
    kubectl(env, "apply", "-f", str(s3.MANIFESTS / "namespace.yaml"))
    values = [f"--from-literal={key}={value}" for key, value in s3.credentials(bucket).items()]
    s3.kubectl(env, "create", "secret", "generic", "s3-credentials", *values)


def _url(bucket: Env) -> str:
    """The bucket's address for clusters beside its own."""
    return f"http://{kubectl(bucket, 'get', 'nodes', '-o', _ADDRESS)}:30833"
