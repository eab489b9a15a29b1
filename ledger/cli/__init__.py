"""The `ledger` command: parse, call, print."""

from __future__ import annotations

import os
import sys
from typing import Final

from ledger.errors import Exit, LedgerError

# Each command's module gives `add(parser)`; it is imported only when the command is called.
COMMANDS: Final = {
    "advance": ("ledger.cli.advance", "Settle a skill's next phase, if its evidence is fresh."),
    "cluster": ("ledger.cli.cluster", "Raise, look at or remove the kind cluster."),
    "prompt": ("ledger.cli.prompt", "Print the continuation prompt of a skill's next phase."),
    "show": ("ledger.cli.show", "Show one skill: phases, budget, pages, evidence."),
    "status": ("ledger.cli.status", "List every skill: where it stands, what it has left."),
    "verify": ("ledger.cli.verify", "Run the command blocks of pages on the cluster."),
}
# What a shell's own tools give for a process that a signal ended: 128 and the signal's number.
_INTERRUPTED: Final = 130
_CLOSED_PIPE: Final = 141


def main() -> None:
    """Run the command; turn what a user can mend into one line and an exit code."""
    try:
        code = _run(sys.argv[1:] or ["--help"])
        sys.stdout.flush()
    except LedgerError as error:
        sys.stderr.write(f"error: {error}\n")
        code = error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        code = _INTERRUPTED
    except BrokenPipeError:
        # Nobody reads any more; the interpreter must not complain of it when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = _CLOSED_PIPE
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    from ledger.cli.parser import build

    parser = build(COMMANDS, arguments)
    args = parser.parse_args(arguments)
    return args.run(args) or Exit.DONE
