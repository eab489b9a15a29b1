"""Add the row of the backup to a Grafana dashboard, or build the dashboard that has only it."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Final

from ledger.core.diff import diff as unified
from ledger.core.files import write_atomic
from ledger.errors import LedgerError
from tools.dashboard import splice

BUILT: Final = (
    Path(__file__).parents[2] / "manifests" / "observability" / "dashboard" / "nats-backup.json"
)
_ADD: Final = """\
Add the row "Backup of NATS" to a Grafana dashboard, a JSON file in the classic
form. What was in the file stays as it is, byte for byte. If the row is there, it
is brought up to date; its panels keep their ids, places and data sources.
"""
_EXAMPLES: Final = """\
Examples:
  python -m tools.dashboard add --diff team.json
  python -m tools.dashboard add team.json --datasource '${datasource}'
"""


def main() -> int:
    """Run the command.

    Returns:
        0, or 1 if the file is not what it has to be.
    """
    # Whoever reads the difference may stop before its end.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    options = _parser().parse_args()
    try:
        if options.command == "build":
            _build()
        else:
            _add(options.file, options.datasource, diff=options.diff)
    except LedgerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.dashboard", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser(
        "add",
        help="add the row to a dashboard's file",
        description=_ADD,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add.add_argument("file", type=Path, metavar="FILE", help="the dashboard")
    add.add_argument(
        "--datasource",
        metavar="UID",
        help="the Prometheus to ask, or a variable of the dashboard; else Grafana's default",
    )
    add.add_argument("--diff", action="store_true", help="print the change; write nothing")
    commands.add_parser("build", help=f"write {BUILT.name} anew from the code")
    return parser


def _build() -> None:
    from tools.dashboard import panels

    write_atomic(BUILT, panels.build().encode())


def _add(path: Path, datasource: str | None, *, diff: bool) -> None:
    row = json.loads(BUILT.read_text("utf-8"))["panels"]
    for panel in row[1:] if datasource else ():
        panel["datasource"] = {"type": "prometheus", "uid": datasource}
    try:
        _change(path, row, diff=diff)
    except LedgerError as error:
        raise LedgerError(error.what, where=str(path), fix=error.fix) from error
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"cannot be read or written: {error}", where=str(path)) from error


def _change(path: Path, row: list[splice.Panel], *, diff: bool) -> None:
    text = path.read_bytes().decode()
    changed = splice.add(text, row)
    if changed == text:
        print("the row is there, up to date", file=sys.stderr)
    elif diff:
        sys.stdout.write(unified(text, changed, str(path)))
    elif not path.stat().st_mode & 0o200:
        raise LedgerError("it is read-only", fix=f"chmod u+w {path}")
    else:
        write_atomic(path, changed.encode())
        print(f"the row is in {path}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
