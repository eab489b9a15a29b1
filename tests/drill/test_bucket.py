"""Drills of the bucket: a wrong clock, a broken upload, an overwrite, a deletion."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from nats_backup.errors import Exit
from nats_backup.store import archive_name

from tests.drill.lab import Lab, archived, disturbed, orders, remove, tick
from tests.support import s3_server
from tests.support.nats_server import Server
from tests.support.s3_server import BUCKET, Store

# What happens to the tool while it runs: a node whose clock is an hour slow as far as signatures
# go; an end after the first part; a name that is taken.
SLOW = """
import botocore.auth
from datetime import timedelta
now = botocore.auth.get_current_datetime
botocore.auth.get_current_datetime = lambda *a, **k: now(*a, **k) - timedelta(hours=1)
"""
KILLED_STATUS = 99
KILLED = f"""
import os
from nats_backup import bucket
bucket.PART_BYTES, part = 5 << 20, bucket.Bucket._part
bucket.Bucket._part = lambda self, place, n, data: (
    part(self, place, n, data) if n == 1 else os._exit({KILLED_STATUS})
)
"""
TAKEN_NAME = "20200101-020000.tar"
TAKEN = f"""
from nats_backup import backup
backup.archive_name = lambda _: "{TAKEN_NAME}"
"""


def refusal(call: Callable[..., Any], **arguments: Any) -> str:
    """The error code that a call meets."""
    with pytest.raises(ClientError) as caught:
        call(Bucket=BUCKET, **arguments)
    return str(caught.value.response["Error"]["Code"])


def objects(server: Server, store: Store) -> dict[str, bytes]:
    """What the bucket holds below the server's prefix."""
    s3, prefix = store.client(), server.environment["S3_PREFIX"]
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    found = {item["Key"]: s3.get_object(Bucket=BUCKET, Key=item["Key"]) for item in listed}
    return {key.removeprefix(prefix): answer["Body"].read() for key, answer in found.items()}


@pytest.fixture
def uploaded(lab: Lab, store: Store) -> Server:
    """ORDERS, with an archive on the volume and in the bucket."""
    server = lab.serve()
    server.environment |= store.environment()
    orders(server)
    archived(server)
    tick(server)
    return server


@pytest.fixture
def key() -> str:
    """A name that no other drill uses."""
    return f"drill-{uuid4().hex[:8]}/object"


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("AWS_SECRET_ACCESS_KEY", "another", "SignatureDoesNotMatch"),
        ("AWS_ACCESS_KEY_ID", "another", "InvalidAccessKeyId"),
        ("S3_BUCKET", "another", "NoSuchBucket"),
        ("S3_ENDPOINT", "http://127.0.0.1:1", "Could not connect"),
    ],
)
def test_13_to_15_a_bucket_that_cannot_be_used(
    uploaded: Server, store: Store, setting: str, value: str, told: str
) -> None:
    """Drills 13 to 15: a wrong key, no bucket, no store: loud, and the archive is on the volume."""
    before = objects(uploaded, store)
    done = uploaded.backup("backup", **{setting: value})
    assert (done.returncode, told in done.stderr) == (Exit.UPLOAD, True)
    assert "Backup Complete" not in done.stdout
    assert len(uploaded.archives()) == 2
    assert objects(uploaded, store) == before


def test_14_a_store_may_hide_a_missing_bucket(tmp_path: Path) -> None:
    """Drill 14: as SeaweedFS comes, it makes the bucket that a wrong name asks for."""
    store = s3_server.start(tmp_path / "s3", "-s3.autoCreateBucket=true")
    try:
        store.client().put_object(Bucket="another", Key="x", Body=b"x")
        names = [bucket["Name"] for bucket in store.client().list_buckets()["Buckets"]]
        assert sorted(names) == ["another", BUCKET]
    finally:
        store.stop()


def test_16_a_clock_that_is_an_hour_off(uploaded: Server, store: Store) -> None:
    """Drill 16: the store refuses the signature; the archive is on the volume, named in UTC."""
    known, before = objects(uploaded, store), datetime.now(UTC)
    uploaded.environment["TZ"] = "Asia/Tokyo"
    done = disturbed(uploaded, SLOW)
    assert done.returncode == Exit.UPLOAD, done.stderr
    assert "RequestTimeTooSkewed" in done.stderr
    made = uploaded.archives()[-1]
    assert archive_name(before) <= made.name <= archive_name(datetime.now(UTC))
    assert objects(uploaded, store) == known


def test_17_an_upload_that_ends_after_its_first_part(store: Store, key: str) -> None:
    """Drill 17: there is no object, but what was sent is kept until somebody aborts it."""
    client = store.client()
    upload = client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    part = {"UploadId": upload, "PartNumber": 1, "Body": b"x" * (5 << 20)}
    client.upload_part(Bucket=BUCKET, Key=key, **part)
    assert refusal(client.head_object, Key=key) == "404"
    listed = client.list_multipart_uploads(Bucket=BUCKET, Prefix=key)
    assert [item["UploadId"] for item in listed["Uploads"]] == [upload]
    client.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload)
    assert "Uploads" not in client.list_multipart_uploads(Bucket=BUCKET, Prefix=key)


def test_17_a_backup_that_is_killed_after_its_first_part(uploaded: Server, store: Store) -> None:
    """Drill 17: the bucket shows nothing of it, and `LATEST` stays; the next run clears it away."""
    before, prefix = objects(uploaded, store), uploaded.environment["S3_PREFIX"]
    uploaded.nats("stream", "add", "BIG", "--subjects", "big", "--defaults")
    body = "{{Random 60000 60000}}"
    uploaded.nats("pub", "big", body, "--count", "150", "--jetstream", "--quiet")
    assert disturbed(uploaded, KILLED).returncode == KILLED_STATUS
    assert objects(uploaded, store) == before
    listing = {"Bucket": BUCKET, "Prefix": prefix}
    assert len(store.client().list_multipart_uploads(**listing)["Uploads"]) == 1
    tick(uploaded)
    made = uploaded.folder / "backup" / archived(uploaded)
    assert "Uploads" not in store.client().list_multipart_uploads(**listing)
    after = objects(uploaded, store)
    assert after == {**before, made.name: made.read_bytes(), "LATEST": after["LATEST"]}
    assert json.loads(after["LATEST"])["archive"] == made.name


def test_18_an_object_is_not_overwritten(store: Store, key: str) -> None:
    """Drill 18: a second PUT with `If-None-Match: *` is refused."""
    client = store.client()
    client.put_object(Bucket=BUCKET, Key=key, Body=b"1", IfNoneMatch="*")
    again = {"Key": key, "Body": b"2", "IfNoneMatch": "*"}
    assert refusal(client.put_object, **again) == "PreconditionFailed"
    assert client.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"1"


def test_18_a_backup_whose_name_is_taken(uploaded: Server, store: Store) -> None:
    """Drill 18: what is in the bucket stays as it is, and the run fails."""
    key = uploaded.environment["S3_PREFIX"] + TAKEN_NAME
    store.client().put_object(Bucket=BUCKET, Key=key, Body=b"what was there before")
    before = objects(uploaded, store)
    done = disturbed(uploaded, TAKEN)
    assert done.returncode == Exit.UPLOAD
    assert "another object of that name exists (PreconditionFailed)" in done.stderr
    assert objects(uploaded, store) == before


def test_19_a_deleted_archive_is_still_there(uploaded: Server, store: Store) -> None:
    """Drill 19: a deletion leaves a marker; without it the archive is back and is restored.

    A bucket policy keeps its version from being deleted.
    """
    server, client, name = uploaded, store.client(), uploaded.archives()[0].name
    key = server.environment["S3_PREFIX"] + name
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObjectVersion"}
    rule = {"Version": "2012-10-17", "Statement": [deny | {"Resource": _arn(key)}]}
    client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(rule))
    (kept,) = client.list_object_versions(Bucket=BUCKET, Prefix=key)["Versions"]
    version = {"Key": key, "VersionId": kept["VersionId"]}
    marker = client.delete_object(Bucket=BUCKET, Key=key)["VersionId"]
    assert refusal(client.get_object, Key=key) == "NoSuchKey"
    assert refusal(client.delete_object, **version) == "AccessDenied"
    client.delete_bucket_policy(Bucket=BUCKET)
    remove(server, "ORDERS")
    assert server.backup("restore", ARCHIVE=name, FROM="s3").returncode == Exit.ARCHIVE
    client.delete_object(Bucket=BUCKET, Key=key, VersionId=marker)
    assert server.backup("restore", ARCHIVE=name, FROM="s3").returncode == Exit.DONE


def _arn(key: str) -> str:
    return f"arn:aws:s3:::{BUCKET}/{key}"
