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
class Settings:
    """What a run needs to know.

    Args:
        backups: folder of the archives.
        work: folder for temporary files, as large as the largest backup.
        keep: how long archives are kept.
        timeout: how long NATS may stay silent, as the CLI writes it.
        archive: name of the archive to restore.
        streams: names of the streams to restore; empty means all.
        s3: the variables for the bucket that are set.
    """

    backups: Path
    work: Path
    keep: timedelta
    timeout: str
    archive: str
    streams: tuple[str, ...]
    s3: tuple[str, ...]


def from_environment(env: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: a value cannot be used.
    """
    return Settings(
        backups=Path(env.get("BACKUP_DIR") or "/backup"),
        work=Path(env.get("WORK_DIR") or "/tmp"),  # noqa: S108  (a private emptyDir in the pod)
        keep=timedelta(days=_days(env.get("RETENTION_DAYS") or "7")),
        timeout=_timeout(env.get("NATS_TIMEOUT") or "60s"),
        archive=env.get("ARCHIVE", ""),
        streams=tuple(name.strip() for name in env.get("STREAM", "").split(",") if name.strip()),
        s3=tuple(name for name in S3_VARIABLES if env.get(name)),
    )


def _days(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,4}", text):
        raise SettingsError(f"RETENTION_DAYS is not a number of days from 1: {text!r}")
    return int(text)


def _timeout(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d*(ms|s|m|h)", text):
        raise SettingsError(f"NATS_TIMEOUT is not a duration such as 60s: {text!r}")
    return text
