"""Settings of one run: flags first, then the environment, then the defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from nats_backup.errors import SettingsError

S3_VARIABLES = ("S3_BUCKET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass(frozen=True)
class Remote:
    """Where the bucket is; the S3 client takes the credentials from the environment itself.

    Args:
        bucket: its name; empty where no bucket is configured.
        prefix: what the name of every object begins with.
        endpoint: URL of an S3-compatible store; empty means AWS.
        region: the bucket's region.
        missing: the variables that a bucket needs and that are not set.
    """

    bucket: str
    prefix: str
    endpoint: str
    region: str
    missing: tuple[str, ...]

    @property
    def configured(self) -> bool:
        """Whether there is a bucket.

        Raises:
            SettingsError: some of the variables are set and some are not.
        """
        if self.missing and len(self.missing) < len(S3_VARIABLES):
            fix = "set all or none of " + ", ".join(S3_VARIABLES)
            raise SettingsError(f"bucket half configured: no {', '.join(self.missing)}", fix=fix)
        return not self.missing


@dataclass(frozen=True)
class Settings:
    """What a run needs to know.

    Args:
        backups: folder of the archives.
        work: folder for temporary files, as large as the largest backup.
        keep: how long archives are kept.
        timeout: how long NATS may stay silent, as the CLI writes it.
        archive: name of the archive to restore.
        streams: names of the streams to restore; empty means all.
        replicas: replicas that restored streams get; empty means as many as were saved.
        remote: the bucket.
        from_bucket: whether archives are read from the bucket and not from the volume.
    """

    backups: Path
    work: Path
    keep: timedelta
    timeout: str
    archive: str
    streams: tuple[str, ...]
    replicas: str
    remote: Remote
    from_bucket: bool


def from_environment(env: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: a value cannot be used.
    """
    return Settings(
        backups=Path(env.get("BACKUP_DIR") or "/backup"),
        work=Path(env.get("WORK_DIR") or "/tmp"),  # noqa: S108  (a private emptyDir in the pod)
        keep=timedelta(days=int(_days(env.get("RETENTION_DAYS") or "7"))),
        timeout=_timeout(env.get("NATS_TIMEOUT") or "60s"),
        archive=env.get("ARCHIVE", ""),
        streams=tuple(name.strip() for name in env.get("STREAM", "").split(",") if name.strip()),
        replicas=_replicas(env.get("REPLICAS", "")),
        remote=_remote(env),
        from_bucket=_source(env.get("FROM") or "volume") == "s3",
    )


def _remote(env: Mapping[str, str]) -> Remote:
    prefix = (env.get("S3_PREFIX") or "nats/").strip("/")
    return Remote(
        bucket=env.get("S3_BUCKET", ""),
        prefix=f"{prefix}/" if prefix else "",
        endpoint=env.get("S3_ENDPOINT", ""),
        region=env.get("AWS_REGION") or "us-east-1",
        missing=tuple(name for name in S3_VARIABLES if not env.get(name)),
    )


def _days(text: str) -> str:
    return _matching(r"[1-9]\d{0,4}", text, "RETENTION_DAYS is not a number of days from 1")


def _timeout(text: str) -> str:
    return _matching(r"[1-9]\d*(ms|s|m|h)", text, "NATS_TIMEOUT is not a duration such as 60s")


def _replicas(text: str) -> str:
    return _matching(r"[1-5]?", text, "REPLICAS is not a number from 1 to 5")


def _source(text: str) -> str:
    return _matching("volume|s3", text, "FROM is neither volume nor s3")


def _matching(pattern: str, text: str, wrong: str) -> str:
    if not re.fullmatch(pattern, text):
        raise SettingsError(f"{wrong}: {text!r}")
    return text
