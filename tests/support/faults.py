"""Faults of the test cluster: each is there within its block, and mended behind it.

Whoever works within the block may have mended it before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.support import nats, s3, volumes

# Copies of the newest archive, eight and nine days old.
_AGE = """
newest="$(ls *.tar | tail -n 1)"
for days in 8 9; do cp "$newest" "$(date -ud "$days days ago" +%Y%m%d)-020000.tar"; done
"""


@contextmanager
def nats_down(env: Mapping[str, str]) -> Iterator[None]:
    """No NATS server runs."""
    nats.stop(env)
    try:
        yield
    finally:
        nats.start(env)


@contextmanager
def backup_volume_full(env: Mapping[str, str]) -> Iterator[None]:
    """The backup volume has no free byte; two of its archives are older than the retention."""
    volumes.in_volume(env, volumes.BACKUP, _AGE)
    volumes.fill(env, volumes.BACKUP)
    try:
        yield
    finally:
        volumes.free(env, volumes.BACKUP)


@contextmanager
def s3_down(env: Mapping[str, str]) -> Iterator[None]:
    """No object store runs."""
    s3.stop(env)
    try:
        yield
    finally:
        s3.start(env)


@contextmanager
def bucket_missing(env: Mapping[str, str]) -> Iterator[None]:
    """Somebody has deleted the bucket."""
    s3.remove_bucket(env)
    try:
        yield
    finally:
        s3.make_bucket(env)


@contextmanager
def bad_s3_credentials(env: Mapping[str, str]) -> Iterator[None]:
    """The backup has a secret key that is not the bucket's."""
    s3.configure(env, AWS_SECRET_ACCESS_KEY="not-the-key-of-this-bucket")
    try:
        yield
    finally:
        s3.configure(env)
