"""What Velero does when things go wrong, as its pages tell it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support import s3, shop, velero
from tests.support.velero_faults import in_shop, restart

pytestmark = pytest.mark.cluster

Env = Mapping[str, str]
LATER = "2199-01-01T00:00:00Z"
LOCATION = "backupstoragelocation/default"


@pytest.fixture(scope="module")
def env(velero: Env, shop: Env) -> Env:
    """Velero, and an application."""
    return velero


def patch(env: Env, name: str, change: dict[str, Any]) -> None:
    """Change the object of Velero that `kind/name` names."""
    velero.kubectl(env, "patch", name, "--type=merge", "--patch", json.dumps(change))


def save(env: Env, *names: str, ttl: str = "1s") -> None:
    """Back up the application, under each of the names."""
    for name in names:
        assert velero.backup(env, name, shop.NAMESPACE, ttl=ttl) == "Completed"


def backups(env: Env) -> set[str]:
    told = velero.kubectl(env, "get", "backups.velero.io", "-o", "name")
    return {line.rpartition("/")[2] for line in told.split()}


def await_backup(env: Env, name: str, event: str) -> None:
    """Wait until the cluster knows of a backup (`create`), or no longer does (`delete`)."""
    velero.kubectl(env, "wait", f"--for={event}", f"backups.velero.io/{name}", "--timeout=150s")


def keep_in_bucket(store: Any, name: str, **version: str) -> None:
    """Write the record of a backup anew, as of one of its versions, with another expiration."""
    place = {"Bucket": s3.BUCKET, "Key": f"velero/backups/{name}/velero-backup.json"}
    record = json.load(store.get_object(**place, **version)["Body"])
    record["status"]["expiration"] = LATER
    store.put_object(**place, Body=json.dumps(record).encode())


def undelete(store: Any, name: str) -> None:
    """Bring the objects of a deleted backup back: its record first, so that it has not expired."""
    place = {"Bucket": s3.BUCKET, "Prefix": f"velero/backups/{name}/"}
    found = store.list_object_versions(**place)
    records = [one for one in found["Versions"] if one["Key"].endswith("/velero-backup.json")]
    record = max(records, key=lambda one: one["LastModified"])
    keep_in_bucket(store, name, VersionId=record["VersionId"])
    for marker in found["DeleteMarkers"]:
        if marker["Key"] != record["Key"]:
            version = {"Key": marker["Key"], "VersionId": marker["VersionId"]}
            store.delete_object(Bucket=s3.BUCKET, **version)


def test_only_the_expiration_in_the_status_keeps_a_backup(env: Env) -> None:
    save(env, "by-ttl", "by-status")
    patch(env, "backups.velero.io/by-ttl", {"spec": {"ttl": "8760h0m0s"}})
    patch(env, "backups.velero.io/by-status", {"status": {"expiration": LATER}})
    restart(env)
    await_backup(env, "by-ttl", "delete")
    assert backups(env) == {"by-status"}
    assert not [key for key in s3.keys(env) if "/by-ttl/" in key]


def test_a_backup_from_the_bucket_has_the_expiration_of_its_record(env: Env) -> None:
    save(env, "here", "there")
    for name in ("here", "there"):
        patch(env, f"backups.velero.io/{name}", {"status": {"expiration": LATER}})
    with s3.client(env) as store:
        keep_in_bucket(store, "there")
    velero.kubectl(env, "delete", "backups.velero.io", "here", "there")
    restart(env)
    await_backup(env, "there", "create")
    await_backup(env, "here", "delete")
    assert {key.split("/")[2] for key in s3.keys(env) if "here" in key or "there" in key} == {
        "there"
    }


def test_an_expired_backup_comes_back_from_its_versions(env: Env) -> None:
    save(env, "gone")
    restart(env)
    await_backup(env, "gone", "delete")
    with s3.client(env) as store:
        undelete(store, "gone")
    restart(env)
    await_backup(env, "gone", "create")
    assert velero.phase(env, "backups", "gone") == "Completed"
    mapping = f"{shop.NAMESPACE}:{shop.STAGING}"
    assert velero.restore(env, "gone", "gone", namespace_mappings=mapping) == "Completed"
    assert velero.status(env, "restores", "gone")["errors"] == 0


def test_a_location_with_another_prefix_empties_the_list(env: Env) -> None:
    save(env, "elsewhere", ttl="1h")
    patch(env, LOCATION, {"spec": {"objectStorage": {"prefix": "other"}}})
    restart(env)
    await_backup(env, "elsewhere", "delete")
    velero.await_location(env)
    patch(env, LOCATION, {"spec": {"objectStorage": {"prefix": "velero"}}})
    restart(env)
    await_backup(env, "elsewhere", "create")


def test_what_is_immutable_is_left_with_a_warning(env: Env) -> None:
    in_shop(env, "create", "configmap", "fixed", "--from-literal=of=backup")
    save(env, "immutable", ttl="1h")
    change = json.dumps({"data": {"of": "today"}, "immutable": True})
    in_shop(env, "patch", "configmap", "fixed", "--patch", change)
    flags = {"existing_resource_policy": "update", "include_resources": "configmaps"}
    assert velero.restore(env, "immutable", "immutable", **flags) == "Completed"
    assert velero.status(env, "restores", "immutable") == {"errors": 0, "warnings": 1}
    assert "immutable" in velero.velero(env, "restore", "describe", "immutable")
    assert in_shop(env, "get", "configmap", "fixed", "-o", "jsonpath={.data.of}") == "today"


def wrong_key(env: Env) -> dict[str, Any]:
    """A change of the credentials: the identity of the store's key, and another secret."""
    identity = s3.credentials(env)["AWS_ACCESS_KEY_ID"]
    pair = f"aws_access_key_id={identity}\naws_secret_access_key=nothing\n"
    return {"stringData": {"cloud": f"[default]\n{pair}"}}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (None, "SignatureDoesNotMatch"),
        ({"objectStorage": {"bucket": "no-such-bucket"}}, "NoSuchBucket"),
        ({"config": {"s3Url": "http://nowhere.s3:8333"}}, "dial tcp: lookup nowhere.s3"),
        ({"config": {"s3Url": "http://s3.s3:8334"}}, "connection refused"),
    ],
    ids=["key", "bucket", "host", "port"],
)
def test_the_location_says_why(env: Env, change: dict[str, Any] | None, text: str) -> None:
    if change:
        patch(env, LOCATION, {"spec": change})
    else:
        patch(env, "secret/cloud-credentials", wrong_key(env))
    try:
        velero.await_location(env, "Unavailable")
        assert text in velero.kubectl(env, "get", LOCATION, "-o", "jsonpath={.status.message}")
    finally:
        velero.deploy(env)


def test_some_objects_always_differ_from_their_backup(env: Env) -> None:
    save(env, "untouched", ttl="1h")
    assert velero.restore(env, "untouched", "untouched") == "Completed"
    told = velero.velero(env, "restore", "describe", "untouched")
    assert all(f"{kind}:" in told for kind in ("Pod", "PersistentVolumeClaim", "Service"))
    assert "ConfigMap:" not in told
