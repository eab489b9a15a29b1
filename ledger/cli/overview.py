"""What `ledger --help` prints. It needs no parser: that would take longer to load than to read."""

from __future__ import annotations

from collections.abc import Mapping

_HEAD = """\
usage: ledger [-h] [--version] COMMAND ...

Runbooks that prove themselves.

Command blocks of pages run against a real cluster; a phase of a plan settles
only on fresh evidence.

options:
  -h, --help    show this help message and exit
  --version     show program's version number and exit

commands:
  COMMAND
"""
_FOOT = """
Examples:
  ledger status
  ledger cluster up && ledger verify
  ledger advance saas-phase11-external-backup

Exit codes: 0 done, 1 found something, 2 wrong use, 3 plan halted,
4 no cluster, 5 wrong cluster.
"""


def overview(commands: Mapping[str, tuple[str, str]]) -> str:
    """The help of the command as a whole: each command in one line."""
    lines = (f"    {name:10}  {line}\n" for name, (_, line) in sorted(commands.items()))
    return f"{_HEAD}{''.join(lines)}{_FOOT}"
