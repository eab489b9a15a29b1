"""The bucket on the test cluster: deploy it, empty it, and tell the backup about it."""

from __future__ import annotations

import json
import secrets
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from tests.support import commands, nats

MANIFESTS = Path(__file__).parents[2] / "manifests" / "s3"
NAMESPACE = "s3"
BUCKET = "dr-backups"
SETTINGS = "nats-backup-s3"


def deploy(env: Mapping[str, str]) -> None:
    """Run the store, with a key pair of its own, and make the bucket."""
    kubectl(env, "apply", "-f", str(MANIFESTS / "namespace.yaml"))
    if not kubectl(env, "get", "secret", "s3-credentials", "--ignore-not-found"):
        pair = {"AWS_ACCESS_KEY_ID": 10, "AWS_SECRET_ACCESS_KEY": 20}
        values = [f"--from-literal={key}={secrets.token_hex(n)}" for key, n in pair.items()]
        kubectl(env, "create", "secret", "generic", "s3-credentials", *values)
    make_bucket(env)
    start(env)


def make_bucket(env: Mapping[str, str]) -> None:
    """Run the Job that makes the bucket, or makes sure of it."""
    kubectl(env, "delete", "job", "s3-bucket", "--ignore-not-found")
    kubectl(env, "apply", "-k", str(MANIFESTS))
    kubectl(env, "wait", "--for=condition=complete", "job/s3-bucket", "--timeout=180s")


def start(env: Mapping[str, str]) -> None:
    """Let the store run, and wait for it."""
    kubectl(env, "scale", "statefulset/s3", "--replicas=1")
    kubectl(env, "rollout", "status", "statefulset/s3", "--timeout=120s")


def stop(env: Mapping[str, str]) -> None:
    """Stop the store, and wait until its pod is gone."""
    kubectl(env, "scale", "statefulset/s3", "--replicas=0")
    kubectl(env, "wait", "--for=delete", "pod/s3-0", "--timeout=90s")


def configure(env: Mapping[str, str], namespace: str = nats.NAMESPACE, **changes: str) -> None:
    """Tell the backup of the bucket: its Secret, with some values changed."""
    settings = {
        "S3_BUCKET": BUCKET,
        "S3_ENDPOINT": "http://s3.s3:8333",
        "AWS_REGION": "us-east-1",
        **credentials(env),
        **changes,
    }
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SETTINGS},
        "stringData": settings,
    }
    commands.kubectl(env, "apply", "-f", "-", namespace=namespace, given=json.dumps(manifest))


def forget(env: Mapping[str, str]) -> None:
    """Take the Secret away: the backup knows of no bucket."""
    nats.kubectl(env, "delete", "secret", SETTINGS, "--ignore-not-found")


def credentials(env: Mapping[str, str]) -> dict[str, str]:
    """The key pair of the store."""
    secret = json.loads(kubectl(env, "get", "secret", "s3-credentials", "-o", "json"))
    return {key: b64decode(value).decode() for key, value in secret["data"].items()}


def keys(env: Mapping[str, str]) -> list[str]:
    """Names of the objects in the bucket."""
    with client(env) as s3:
        return [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def unfinished(env: Mapping[str, str]) -> list[str]:
    """Names of the objects whose upload was begun and not ended."""
    with client(env) as s3:
        found = s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    return [begun["Key"] for begun in found]


def cut_upload(env: Mapping[str, str], key: str, data: bytes) -> None:
    """Leave what broken uploads leave: one part of an object, and an object without its end."""
    place = {"Bucket": BUCKET, "Key": key}
    with client(env) as s3:
        begun = s3.create_multipart_upload(**place)["UploadId"]
        s3.upload_part(**place, UploadId=begun, PartNumber=1, Body=data)
        s3.put_object(**place, Body=data[:-512])


def empty(env: Mapping[str, str], prefix: str = "") -> None:
    """Remove every version of every object below `prefix`, and what was uploaded in part."""
    with client(env) as s3:
        _empty(s3, prefix)


def remove_bucket(env: Mapping[str, str]) -> None:
    """Remove the bucket and all that it holds."""
    with client(env) as s3:
        _empty(s3)
        s3.delete_bucket(Bucket=BUCKET)


@contextmanager
def client(env: Mapping[str, str]) -> Iterator[Any]:
    """An S3 client of the store, over a port forward that ends with the block."""
    pair = credentials(env)
    with commands.forward(env, NAMESPACE, "service/s3", 8333) as port:
        yield boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id=pair["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=pair["AWS_SECRET_ACCESS_KEY"],
        )


def kubectl(env: Mapping[str, str], *args: str) -> str:
    """Run kubectl in the namespace of the store and return what it prints."""
    return commands.kubectl(env, *args, namespace=NAMESPACE)


def _empty(s3: Any, prefix: str = "") -> None:
    for begun in s3.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=BUCKET, Key=begun["Key"], UploadId=begun["UploadId"])
    found = s3.list_object_versions(Bucket=BUCKET, Prefix=prefix)
    versions = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
    for version in versions:
        s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
    # The store keeps an empty folder, and lists it as an object to who asks for its content.
    for folder in {version["Key"].rpartition("/")[0] for version in versions} - {""}:
        s3.delete_object(Bucket=BUCKET, Key=f"{folder}/")
