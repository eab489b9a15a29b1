"""Faults of the test cluster: each is there within its block, and mended behind it.

Whoever works within the block may have mended it before.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.support import clock, nats, s3, volumes

# Copies of the newest archive, eight and nine days old: also before two in the morning.
_AGE = """
newest="$(ls *.tar | tail -n 1)"
for days in 8 9; do
  cp "$newest" "$(date -ud "$((days * 24 + 2)) hours ago" +%Y%m%d)-020000.tar"
done
"""

# What a copy that broke off leaves behind; the whole of it has the name of the day before.
_CUT = """
newest="$(ls *.tar | tail -n 1)"
cp "$newest" "$(date -ud '1 day ago' +%Y%m%d)-020000.tar"
truncate -s -512 "$newest"
"""

# All streams are gone; one that is in no archive has grown in their place.
_OUTGROWN = f"""{nats.WIPE}
nats stream add AUDIT --subjects 'audit.>' --defaults
nats pub audit.log "$(head -c 49152 /dev/zero | tr '\\0' x)" --count 40 --jetstream --quiet
"""


def add_old_archives(env: Mapping[str, str]) -> None:
    """Put two archives on the backup volume that are older than the retention."""
    volumes.in_volume(env, volumes.BACKUP, _AGE)


@contextmanager
def nats_down(env: Mapping[str, str]) -> Iterator[None]:
    """No NATS server runs."""
    nats.stop(env)
    try:
        yield
    finally:
        nats.start(env)


@contextmanager
def storage_lost(env: Mapping[str, str]) -> Iterator[None]:
    """The NATS server is gone, and its volume with it."""
    with nats_down(env):
        volumes.lose(env, "data-nats-0")
        yield


@contextmanager
def backup_volume_full(env: Mapping[str, str]) -> Iterator[None]:
    """The backup volume has no free byte; two of its archives are older than the retention."""
    add_old_archives(env)
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


@contextmanager
def password_changed(env: Mapping[str, str]) -> Iterator[None]:
    """The user `backup` has a new password in the Secret; no server has read it yet."""
    change = json.dumps({"stringData": {"backup": secrets.token_hex(16)}})
    nats.kubectl(env, "patch", "secret", "nats-auth", "--patch", change)
    try:
        yield
    finally:
        nats.restart(env)


@contextmanager
def newest_archive_cut(env: Mapping[str, str]) -> Iterator[None]:
    """The newest archive lacks its end; an older one is good."""
    volumes.in_volume(env, volumes.BACKUP, _CUT)
    try:
        yield
    finally:
        volumes.empty(env, volumes.BACKUP)


def failed_restores(env: Mapping[str, str]) -> None:
    """Start three that go wrong, as many as the cluster keeps: the newest archive is damaged."""
    older, newest = volumes.in_volume(env, volumes.BACKUP, "ls *.tar").split()
    for settings in (
        {"ARCHIVE": newest, "STREAM": "ORDERS"},
        {"ARCHIVE": older, "STREAM": "ORDERS"},
        {"ARCHIVE": "20260101-020000.tar", "STREAM": "ORDERS"},
    ):
        nats.job(env, "nats-restore", "failed", **settings)


@contextmanager
def nats_volume_full(env: Mapping[str, str]) -> Iterator[None]:
    """Every stream is lost, and AUDIT has filled the volume of NATS: KV_settings still fits."""
    nats.box(env, "sh", "-c", _OUTGROWN)
    volumes.fill(env, "data-nats-0", spare=96)
    try:
        yield
    finally:
        volumes.free(env, "data-nats-0")


@contextmanager
def clock_ahead(env: Mapping[str, str]) -> Iterator[None]:
    """The clock of the backup is two hours ahead."""
    clock.set_ahead(env)
    try:
        yield
    finally:
        clock.set_right(env)


@contextmanager
def upload_cut(env: Mapping[str, str]) -> Iterator[None]:
    """The last upload was killed, and a copy by hand broke off.

    The newest archive is whole on the volume alone: in the bucket are an unfinished upload of it,
    and an object of its name without its end. `LATEST` names the archive before it.
    """
    nats.kubectl(env, "apply", "-k", str(nats.MANIFESTS / "overlays" / "s3"))
    s3.forget(env)
    nats.back_up(env)
    s3.configure(env)
    made = volumes.in_volume(env, volumes.BACKUP, "ls *.tar | tail -n 1").strip()
    data = volumes.in_volume(env, volumes.BACKUP, f"base64 {made}")
    s3.cut_upload(env, f"nats/{made}", b64decode(data))
    try:
        yield
    finally:
        s3.empty(env)
        nats.kubectl(env, "delete", "cronjob", "nats-backup-verify-s3", "--ignore-not-found")
