"""What bash is told, so that a block is judged strictly and cannot end the shell."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# `exit` ends the block and not the shell: it notes the status and lets a DEBUG trap return from
# every function, and then from the block. In a subshell it is the real one.
INIT: Final = r"""
shopt -s inherit_errexit
exit() {
  local status=${1-$?}
  [[ $BASHPID == "$$" ]] || builtin exit "$status"
  __ledger_exit=$((status & 255))
  trap '((${#BASH_SOURCE[@]})) && return "$__ledger_exit"' DEBUG
}
"""
# Under plain errexit a failing `source` would end the shell, and `source ... ||` would switch
# errexit off inside. So the ERR trap turns errexit off at the first failure and returns, from
# every function and then from the block. `set +e` in a block still means what it says.
_FAILED: Final = (
    "__ledger_status=$?; if [[ $- == *e* || ${__ledger_failed-} ]]; then __ledger_failed=1; "
    'set +e; ((${#BASH_SOURCE[@]})) && return "$__ledger_status"; fi'
)
# URG is ignored where nobody traps it, so it can interrupt the block and nothing else.
# The status is told by a line of its own: a shell that reads it can read another block, too.
_STEP: Final = (
    "trap 'exit 124' URG; trap {failed} ERR; set -eE -o pipefail; "
    "builtin source {block} </dev/null >|{out} 2>|{err}\n"
    'builtin printf \'%s %s\\n\' "$?" "${{__ledger_exit-}}" >{fifo}; '
    "[[ ${{__ledger_exit-}} ]] && trap - DEBUG; "
    "trap - ERR; set +eE +o pipefail; unset __ledger_exit __ledger_failed\n"
)


@dataclass(frozen=True)
class Files:
    """Where one block and what it prints lie."""

    block: Path
    stdout: Path
    stderr: Path

    @classmethod
    def make(cls, folder: Path, name: str, text: str) -> Files:
        """Write the block, byte for byte and one newline, into a new folder."""
        folder.mkdir()
        files = cls(folder / re.sub(r"[^\w.-]", "_", name), folder / ".stdout", folder / ".stderr")
        files.block.write_bytes(text.encode() + b"\n")
        # Made here, because a umask of the page could make them unreadable.
        files.stdout.touch()
        files.stderr.touch()
        return files

    @property
    def printed(self) -> int:
        """Bytes printed so far."""
        return self.stdout.stat().st_size + self.stderr.stat().st_size


def step(files: Files, fifo: Path) -> str:
    """The command line that runs one block and writes `STATUS EXIT` to `fifo`.

    EXIT is the status that the block gave to `exit`; empty if it just ended.
    """
    paths = {"block": files.block, "out": files.stdout, "err": files.stderr, "fifo": fifo}
    return _STEP.format(
        failed=shlex.quote(_FAILED), **{key: shlex.quote(str(path)) for key, path in paths.items()}
    )
