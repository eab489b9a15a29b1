"""Back up, verify, restore, list and prune the JetStream streams of one NATS account.

Streams in memory are left out of a backup, and named in its log and in the archive's manifest.

Settings come from the environment: NATS_URL, NATS_USER, NATS_PASSWORD and the other variables of
the nats command, BACKUP_DIR (/backup), WORK_DIR (/tmp), RETENTION_DAYS (7), NATS_TIMEOUT (60s).
A restore takes ARCHIVE, STREAM (one name, or several with commas; empty means all) and REPLICAS
(empty: as many as were saved); verify takes ARCHIVE (empty: the newest).

The bucket: S3_BUCKET, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, all or none; S3_PREFIX (nats/),
S3_ENDPOINT (empty: AWS), AWS_REGION (us-east-1). FROM says where list, verify and restore read
archives: volume or s3.

Exit codes:
   0  done
   2  the command or its settings cannot be used
   3  the account has no file streams: a backup of nothing is refused
   4  NATS or its JetStream API does not answer, or refuses the user
   5  a stream cannot be snapshotted: nothing was stored
   6  the backup volume cannot be used: nothing was stored
   7  the archive is on the volume but not in the bucket
   8  the archive is on the volume but an old one cannot be removed
   9  the archive is missing, damaged or of another format: nothing was restored
  10  a stream to restore exists: nothing was restored
  11  the server did not take a stream back
  12  the restored streams differ from the archive
  13  the bucket cannot be read: nothing was restored
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from types import FrameType

from nats_backup import __version__, backup, listing, restore, verify
from nats_backup.errors import Exit, StorageError, ToolError
from nats_backup.log import failure
from nats_backup.settings import Settings, from_environment
from nats_backup.store import Store

_FLAGS = ("archive", "stream", "replicas")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: the arguments; those of the process where none are given.
    """
    signal.signal(signal.SIGTERM, _terminated)
    arguments = _parser().parse_args(argv)
    try:
        _run(arguments, from_environment({**os.environ, **_flags(arguments)}))
    except ToolError as error:
        failure(arguments.command, error)
        return error.exit_code
    except OSError as error:
        failure(arguments.command, StorageError(str(error)))
        return Exit.STORAGE
    return Exit.DONE


def _run(arguments: argparse.Namespace, settings: Settings) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    match arguments.command:
        case "backup":
            backup.run(settings, now)
        case "list":
            listing.run(settings, now, as_json=arguments.json)
        case "restore":
            restore.run(settings)
        case "verify":
            verify.run(settings, now, as_json=arguments.json)
        case _:
            store = Store(settings.backups)
            with store.locked():
                backup.prune(store, settings, now)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nats_backup",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("backup", help="save every file stream into one archive, then prune")
    checked = commands.add_parser("verify", help="restore into a throw-away server and compare")
    restored = commands.add_parser("restore", help="restore streams and compare them")
    listed = commands.add_parser("list", help="list the archives and check them")
    commands.add_parser("prune", help="remove old archives, never the newest good or verified one")
    for command in (checked, restored):
        command.add_argument("--archive", metavar="NAME", help="the archive, instead of ARCHIVE")
    for command in (checked, listed):
        command.add_argument("--json", action="store_true", help="print JSON, with its schema")
    restored.add_argument("--stream", metavar="NAMES", help="the streams, instead of STREAM")
    restored.add_argument("--replicas", metavar="N", help="replicas, instead of REPLICAS")
    return parser


def _flags(arguments: argparse.Namespace) -> dict[str, str]:
    given = {name.upper(): getattr(arguments, name, None) for name in _FLAGS}
    return {name: value for name, value in given.items() if value is not None}


def _terminated(signum: int, _frame: FrameType | None) -> None:
    """End as an exception does, so that half-written files are removed on the way out."""
    sys.exit(128 + signum)
