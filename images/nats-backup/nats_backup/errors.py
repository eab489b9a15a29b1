"""Every error an operator can meet, with one exit code a stage."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the tool, one a stage: `nats_backup.cli` says what each means."""

    DONE = 0
    USAGE = 2
    NO_STREAMS = 3
    UNREACHABLE = 4
    SNAPSHOT = 5
    STORAGE = 6
    UPLOAD = 7
    RETENTION = 8
    ARCHIVE = 9
    EXISTS = 10
    RESTORE = 11
    DIFFERS = 12
    BUCKET = 13


class ToolError(Exception):
    """A problem that an operator can mend: shown as one line and a fix, never as a traceback.

    Args:
        what: what is wrong, in one clause.
        where: a stream, an archive or an address; empty where there is none.
        fix: what to do next; empty where nothing helps.
    """

    exit_code: Exit = Exit.USAGE

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix


class SettingsError(ToolError):
    """A setting that is missing or cannot be used."""


class NoStreamsError(ToolError):
    """An account without streams."""

    exit_code = Exit.NO_STREAMS


class UnreachableError(ToolError):
    """NATS, or JetStream behind it, does not answer, or refuses the user."""

    exit_code = Exit.UNREACHABLE


class SnapshotError(ToolError):
    """A stream that cannot be snapshotted."""

    exit_code = Exit.SNAPSHOT


class StorageError(ToolError):
    """A backup volume that cannot be written or locked."""

    exit_code = Exit.STORAGE


class UploadError(ToolError):
    """An archive that did not reach the bucket."""

    exit_code = Exit.UPLOAD


class RetentionError(ToolError):
    """An old archive that cannot be removed."""

    exit_code = Exit.RETENTION


class ArchiveError(ToolError):
    """An archive that must not be restored."""

    exit_code = Exit.ARCHIVE


class StreamExistsError(ToolError):
    """A stream to restore that is already there."""

    exit_code = Exit.EXISTS


class RestoreError(ToolError):
    """A stream that the server did not take back."""

    exit_code = Exit.RESTORE


class DiffersError(ToolError):
    """Restored streams that are not what was saved."""

    exit_code = Exit.DIFFERS


class BucketError(ToolError):
    """A bucket that cannot be read or written."""

    exit_code = Exit.BUCKET
