"""The `ledger` command: parse, call, print."""

from __future__ import annotations

import io
import os
import sys
from typing import Final

from ledger.errors import Exit, LedgerError

# Each command's module gives `add(parser)`; it is imported only when the command is called.
COMMANDS: Final = {
    "advance": ("ledger.cli.advance", "Settle a skill's next phase, if its evidence is fresh."),
    "branch": ("ledger.cli.branch", "List or keep the branches that came up beside a skill."),
    "check": ("ledger.cli.check", "Say what is wrong with skill files, why, and what to do."),
    "cluster": ("ledger.cli.cluster", "Raise, look at or remove the kind cluster."),
    "completion": ("ledger.cli.completion", "Print the script with which a shell completes."),
    "coverage": ("ledger.cli.coverage", "Tell how much of the pages evidence proves."),
    "debts": ("ledger.cli.debts", "List what was put off: since when, until when, by whom."),
    "doctor": ("ledger.cli.doctor", "Say what this machine and project have, and what they lack."),
    "evidence": ("ledger.cli.evidence", "Show, unite, sign and prove what was verified."),
    "fix": ("ledger.cli.fix", "Mend in skill files what has only one meaning."),
    "init": ("ledger.cli.init", "Make a project of your own, or bring it up to this version."),
    "import": ("ledger.cli.import_", "Turn plain runbooks into pages whose blocks run."),
    "ingest": ("ledger.cli.ingest", "Take in what came back for a prompt."),
    "log": ("ledger.cli.log", "Tell who moved which phase of a skill, when and why."),
    "merge": ("ledger.cli.merge", "Merge two branches' versions of a skill by meaning."),
    "new": ("ledger.cli.new", "Write a new skill: eleven phases pending, a budget."),
    "pour": ("ledger.cli.pour", "Give back what a plan will not use of its budget."),
    "prompt": ("ledger.cli.prompt", "Print the continuation prompt of a skill's next phase."),
    "set": ("ledger.cli.set", "Set a plan's status, progress or touched_by."),
    "show": ("ledger.cli.show", "Show one skill: phases, budget, pages, evidence."),
    "site": ("ledger.cli.site", "Build, check, serve or pack the site."),
    "sip": ("ledger.cli.sip", "Draw on a plan's budget."),
    "status": ("ledger.cli.status", "List every skill: where it stands, what it has left."),
    "tithe": ("ledger.cli.tithe", "Take back what a plan has poured; only in REFLECT."),
    "verify": ("ledger.cli.verify", "Run the command blocks of pages on the cluster."),
    "why": ("ledger.cli.why", "Say why a block is stale, and what mends it."),
}
# What a shell's own tools give for a process that a signal ended: 128 and the signal's number.
_INTERRUPTED: Final = 130
_CLOSED_PIPE: Final = 141


def main() -> None:
    """Run the command; turn what a user can mend into one line and an exit code."""
    _prepare_streams()
    try:
        try:
            code = _run(sys.argv[1:] or ["--help"])
        finally:
            sys.stdout.flush()
    except LedgerError as error:
        from ledger.cli.common import say_error

        say_error(error)
        code = error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        code = _INTERRUPTED
    except BrokenPipeError:
        # Nobody reads any more; the interpreter must not complain of it when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = _CLOSED_PIPE
    sys.exit(code)


def _prepare_streams() -> None:
    """Open what the caller closed, for nobody; write UTF-8 wherever we are, and any file's name."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDWR)
            if handle != number:
                os.dup2(handle, number)
            setattr(sys, name, os.fdopen(number, "w" if number else "r"))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")


def _run(arguments: list[str]) -> int:
    if "_ARGCOMPLETE" in os.environ:
        from ledger.cli.completion import answer

        answer(COMMANDS)
    if arguments[0] in {"-h", "--help"}:
        from ledger.cli.overview import overview

        sys.stdout.write(overview(COMMANDS))
        return Exit.DONE
    from ledger.cli.parser import build

    parser = build(COMMANDS, arguments)
    args = parser.parse_args(arguments)
    return args.run(args) or Exit.DONE
