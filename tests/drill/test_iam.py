"""The policies of the bucket, held against real servers: what they allow, what they deny."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support import aws_server, s3_server
from tests.support.aws_server import Account

MANIFESTS = Path(__file__).parents[2] / "manifests"
IAM = MANIFESTS / "s3" / "iam"
BUCKET = "dr-backups"
ARCHIVE = "nats/20261121-020000.tar"
OTHERS = "velero/backups/daily/daily.tar.gz"
USERS = {"backup": IAM, "restore": IAM, "velero": MANIFESTS / "velero" / "iam"}

S3 = Any
Call = Callable[[S3], Any]


def refusal(call: Call, client: S3) -> str:
    """The error code that a call meets; empty if it is allowed."""
    try:
        call(client)
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        # The answer to HEAD has no body that could name it.
        return "AccessDenied" if code == "403" else code
    return ""


def put(key: str, **more: Any) -> Call:
    return lambda s3: s3.put_object(Bucket=BUCKET, Key=key, Body=b"data", **more)


def get(key: str, **more: Any) -> Call:
    return lambda s3: s3.get_object(Bucket=BUCKET, Key=key, **more)


def head(key: str) -> Call:
    return lambda s3: s3.head_object(Bucket=BUCKET, Key=key)


def listing(**more: Any) -> Call:
    return lambda s3: s3.list_objects_v2(Bucket=BUCKET, **more)


def delete(key: str, **more: Any) -> Call:
    return lambda s3: s3.delete_object(Bucket=BUCKET, Key=key, **more)


def multipart(key: str) -> Call:
    """Upload in parts, look at it as the tool does, and finish it."""

    def call(s3: S3) -> None:
        place = {"Bucket": BUCKET, "Key": key}
        upload = {**place, "UploadId": s3.create_multipart_upload(**place)["UploadId"]}
        part = s3.upload_part(**upload, PartNumber=1, Body=b"data")
        assert len(s3.list_parts(**upload)["Parts"]) == 1
        parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    return call


def abandon(s3: S3) -> None:
    """Begin an upload, find it among the unfinished ones, and take it back."""
    place = {"Bucket": BUCKET, "Key": "nats/abandoned.tar"}
    upload = s3.create_multipart_upload(**place)["UploadId"]
    unfinished = s3.list_multipart_uploads(Bucket=BUCKET, Prefix="nats/")["Uploads"]
    assert upload in [one["UploadId"] for one in unfinished]
    s3.abort_multipart_upload(**place, UploadId=upload)


def suspend_versioning(s3: S3) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})


def remove_lifecycle(s3: S3) -> None:
    s3.delete_bucket_lifecycle(Bucket=BUCKET)


def remove_bucket_policy(s3: S3) -> None:
    s3.delete_bucket_policy(Bucket=BUCKET)


# What is tried, and which users may.
MATRIX: Mapping[str, tuple[Call, str]] = {
    "put an archive": (put("nats/new.tar", IfNoneMatch="*", ChecksumAlgorithm="SHA256"), "backup"),
    "overwrite LATEST": (put("nats/LATEST"), "backup"),
    "upload in parts": (multipart("nats/parts.tar"), "backup"),
    "abandon an upload": (abandon, "backup"),
    "head an archive": (head(ARCHIVE), "backup restore"),
    "get an archive": (get(ARCHIVE), "backup restore"),
    # Only SeaweedFS judges of which prefix: see below.
    "list the bucket": (listing(Prefix="nats/"), "backup restore velero"),
    "delete an archive": (delete(ARCHIVE), ""),
    "put elsewhere": (put(OTHERS), "velero"),
    "upload in parts elsewhere": (multipart(OTHERS), "velero"),
    "get elsewhere": (get(OTHERS), "velero"),
    "delete elsewhere": (delete(OTHERS), "velero"),
    "put beside both": (put("other"), ""),
    "suspend versioning": (suspend_versioning, ""),
    "remove the lifecycle": (remove_lifecycle, ""),
    "remove the bucket policy": (remove_bucket_policy, ""),
}


def policy(user: str) -> str:
    return (USERS[user] / f"{user}-policy.json").read_text("utf-8")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account with the bucket, as the page makes it; an archive was overwritten in it."""
    with aws_server.account(tmp_path_factory.mktemp("moto") / "log") as found:
        s3 = found.client("s3")
        s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": aws_server.REGION}
        )
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for key in (ARCHIVE, ARCHIVE, OTHERS):
            put(key)(s3)
        yield found


@pytest.fixture(scope="module")
def users(account: Account) -> Mapping[str, S3]:
    """A client for each of the users."""
    return {name: account.user(name, policy(name)).client("s3") for name in USERS}


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("what", MATRIX)
def test_a_user_may_do_what_the_work_needs_and_no_more(
    users: Mapping[str, S3], what: str, user: str
) -> None:
    call, allowed = MATRIX[what]
    assert refusal(call, users[user]) == ("" if user in allowed.split() else "AccessDenied")


def test_a_deleted_archive_is_read_by_its_version(
    account: Account, users: Mapping[str, S3]
) -> None:
    owner = account.client("s3")
    kept = put("nats/deleted.tar")(owner)["VersionId"]
    assert delete("nats/deleted.tar")(owner)["DeleteMarker"]
    assert refusal(get("nats/deleted.tar"), users["restore"]) == "NoSuchKey"
    versions = users["restore"].list_object_versions(Bucket=BUCKET, Prefix="nats/deleted")
    assert [one["VersionId"] for one in versions["Versions"]] == [kept]
    old = get("nats/deleted.tar", VersionId=kept)
    assert old(users["restore"])["Body"].read() == b"data"
    assert refusal(old, users["backup"]) == "AccessDenied"
    for user in users.values():
        assert refusal(delete("nats/deleted.tar", VersionId=kept), user) == "AccessDenied"
    of_velero = put(OTHERS)(owner)["VersionId"]
    assert refusal(delete(OTHERS, VersionId=of_velero), users["velero"]) == "AccessDenied"


@pytest.mark.parametrize("user", USERS)
def test_a_policy_with_a_comment_is_malformed(account: Account, user: str) -> None:
    commented = json.dumps({"_comment": "for backups", **json.loads(policy(user))})
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        account.user(f"commented-{user}", commented)


def test_the_lifecycle_is_taken_and_leaves_other_prefixes_alone(account: Account) -> None:
    wanted = json.loads((IAM.parent / "lifecycle.json").read_text("utf-8"))
    s3 = account.client("s3")
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration=wanted)
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert rules == wanted["Rules"]
    assert {rule["Filter"]["Prefix"] for rule in rules} == {"nats/"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Account]:
    """SeaweedFS, which judges conditions and bucket policies: moto does not."""
    running = s3_server.start(tmp_path / "weed", "-s3.iam.readOnly=false")
    yield Account(running.endpoint, s3_server.KEY_ID, s3_server.SECRET)
    running.stop()


def known_to_seaweedfs(text: str) -> str:
    """A policy without the two actions that SeaweedFS refuses as unknown, though S3 has them."""
    unknown = {"s3:ListMultipartUploadParts", "s3:ListBucketMultipartUploads"}
    document = json.loads(text)
    for statement in document["Statement"]:
        actions = statement["Action"]
        given = {actions} if isinstance(actions, str) else set(actions)
        statement["Action"] = sorted(given - unknown)
    document["Statement"] = [one for one in document["Statement"] if one["Action"]]
    return json.dumps(document)


@pytest.mark.parametrize(
    ("user", "prefix", "other"),
    [
        ("backup", "nats/", "velero/"),
        ("restore", "nats/", "velero/"),
        ("velero", "velero/", "nats/"),
    ],
)
def test_a_listing_is_allowed_of_ones_own_prefix_only(
    store: Account, user: str, prefix: str, other: str
) -> None:
    s3 = store.user(user, known_to_seaweedfs(policy(user))).client("s3")
    deadline = time.monotonic() + 20
    # The server takes in a new user a moment later.
    while refusal(listing(Prefix=prefix), s3) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not refusal(listing(Prefix=prefix, Delimiter="/"), s3)
    assert not refusal(listing(Prefix=f"{prefix}backups/", Delimiter="/"), s3)
    for elsewhere in ({}, {"Prefix": prefix.rstrip("/")}, {"Prefix": other}):
        assert refusal(listing(**elsewhere), s3) == "AccessDenied"


def enforce(s3: S3, sid: str) -> None:
    """Put one statement of the bucket's policy in force."""
    whole = json.loads((IAM / "bucket-policy.json").read_text("utf-8"))
    (statement,) = [one for one in whole["Statement"] if one["Sid"] == sid]
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({**whole, "Statement": [statement]}))


def test_not_even_the_owner_deletes_a_version_of_an_archive(store: Account) -> None:
    s3 = store.client("s3")
    kept, other = (put(key)(s3)["VersionId"] for key in (ARCHIVE, OTHERS))
    enforce(s3, "NobodyDeletesAVersion")
    assert not refusal(delete(ARCHIVE), s3)
    assert refusal(get(ARCHIVE), s3) == "NoSuchKey"
    assert refusal(delete(ARCHIVE, VersionId=kept), s3) == "AccessDenied"
    assert get(ARCHIVE, VersionId=kept)(s3)["Body"].read() == b"data"
    assert not refusal(delete(OTHERS, VersionId=other), s3)


def test_a_connection_in_the_clear_is_refused(store: Account) -> None:
    s3 = store.client("s3")
    put(ARCHIVE)(s3)
    enforce(s3, "OnlyEncryptedConnections")
    assert store.endpoint.startswith("http:")
    assert refusal(get(ARCHIVE), s3) == "AccessDenied"
