"""Run other programs: one way in, everything they print kept in a log."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TAIL = 12
"""How many of a log's last lines an error shows."""


class CommandFailed(Exception):  # noqa: N818 - a program's failure, not yet a user's error
    """A program ended with another code than 0, or not in time.

    Args:
        argv: what was run.
        reason: how it ended, in one clause.
        log: the file that has all it printed.
    """

    def __init__(self, argv: tuple[str, ...], reason: str, log: Path) -> None:
        super().__init__(f"{argv[0]} {reason}")
        self.argv = argv
        self.reason = reason
        self.log = log

    def tail(self, lines: int = TAIL) -> str:
        """Give the last lines of the log."""
        text = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return "\n".join(text.rstrip().splitlines()[-lines:])


@dataclass(frozen=True)
class Shell:
    """Runs programs with one log and one set of environment variables.

    Args:
        log: the file that what they print is appended to.
        env: variables over those of this process.
    """

    log: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def under(self, variables: Mapping[str, str]) -> Shell:
        """Give a shell with more variables and the same log."""
        return Shell(self.log, {**self.env, **variables})

    def run(
        self,
        line: str | Path,
        *more: str | Path,
        cwd: Path | None = None,
        stdin: Path | None = None,
        seconds: float = 3600,
    ) -> str:
        """Run a program to its end and give what it printed on stdout.

        Args:
            line: the program, with words that hold no blanks; split there. A path is not split.
            more: arguments that are passed as they are.
            cwd: the folder to run in.
            stdin: a file to read from.
            seconds: how long it may take.

        Raises:
            CommandFailed: it cannot be started, ended with a code other than 0, or took longer
                than `seconds`.
        """
        words = [str(line)] if isinstance(line, Path) else line.split()
        command = (*words, *(str(part) for part in more))
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log, Path(stdin or os.devnull).open("rb") as source:
            log.write(f"$ {shlex.join(command)}\n".encode())
            log.flush()
            try:
                done = subprocess.run(
                    command,
                    cwd=cwd,
                    env={**os.environ, **self.env},
                    stdin=source,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    timeout=seconds,
                    check=False,
                )
            except FileNotFoundError as error:
                raise CommandFailed(command, "is not to be found", self.log) from error
            except subprocess.TimeoutExpired as error:
                raise CommandFailed(
                    command, f"took longer than {seconds:.0f} s", self.log
                ) from error
            log.write(done.stdout)
        if done.returncode:
            raise CommandFailed(command, f"ended with code {done.returncode}", self.log)
        return done.stdout.decode("utf-8", "replace")

    def answers(self, line: str, *more: str | Path, seconds: float = 20) -> bool:
        """Tell whether a program ends well, and in time."""
        try:
            self.run(line, *more, seconds=seconds)
        except CommandFailed:
            return False
        return True
