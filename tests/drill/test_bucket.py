"""Drills of the bucket: a wrong clock, a broken upload, an overwrite, a deletion."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from nats_backup.errors import Exit

from tests.drill.lab import Lab, orders, remove
from tests.support.s3_server import BUCKET, Store

# The tool, on a node whose clock is an hour slow as far as signatures go.
SLOW = """
import sys
from datetime import timedelta
import botocore.auth
now = botocore.auth.get_current_datetime
botocore.auth.get_current_datetime = lambda *a, **k: now(*a, **k) - timedelta(hours=1)
from nats_backup.cli import main
sys.exit(main(["backup"]))
"""


def refusal(call: Callable[..., Any], **arguments: Any) -> str:
    """The error code that a call meets."""
    with pytest.raises(ClientError) as caught:
        call(Bucket=BUCKET, **arguments)
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def key() -> str:
    """A name that no other drill uses."""
    return f"drill-{uuid4().hex[:8]}/object"


def test_16_a_clock_that_is_an_hour_off(lab: Lab, store: Store) -> None:
    """Drill 16: the store refuses the signature; the archive is on the volume, named in UTC."""
    server, before = lab.serve(), datetime.now(UTC)
    orders(server)
    done = subprocess.run(
        [sys.executable, "-c", SLOW],
        env=server.environment | store.environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == Exit.UPLOAD, done.stderr
    assert "RequestTimeTooSkewed" in done.stderr
    (made,) = server.archives()
    assert f"{before:%Y%m%d-%H%M%S}.tar" <= made.name <= f"{datetime.now(UTC):%Y%m%d-%H%M%S}.tar"


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


def test_18_an_object_is_not_overwritten(store: Store, key: str) -> None:
    """Drill 18: a second PUT with `If-None-Match: *` is refused."""
    client = store.client()
    client.put_object(Bucket=BUCKET, Key=key, Body=b"1", IfNoneMatch="*")
    again = {"Key": key, "Body": b"2", "IfNoneMatch": "*"}
    assert refusal(client.put_object, **again) == "PreconditionFailed"
    assert client.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"1"


def test_19_a_deleted_archive_is_still_there(lab: Lab, store: Store) -> None:
    """Drill 19: a deletion leaves a marker; without it the archive is back and is restored.

    A bucket policy keeps its version from being deleted.
    """
    server, client = lab.serve(), store.client()
    server.environment |= store.environment()
    orders(server)
    assert server.backup("backup").returncode == Exit.DONE
    name = server.archives()[0].name
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
