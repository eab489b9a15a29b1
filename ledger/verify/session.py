"""One live bash for the blocks of a page.

Each block is sourced from a file, so that what it defines, exports, traps and changes into reaches
the next one, as in a reader's terminal. A block that fails, calls `exit`, hangs or ends the shell
is told apart, and none of them can hold up the run.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.core.bash import program
from ledger.verify.processes import end, send, started_by, watch
from ledger.verify.step import INIT, Files, step

GRACE: Final = 2.0
MAX_OUTPUT: Final = 256 * 1024 * 1024
_POLL: Final = 0.05

# They would run code of the user's own, or change what the options mean, in this shell.
_NOT_OURS: Final = frozenset({"BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS"})


@dataclass(frozen=True)
class Outcome:
    """What a block did.

    Attributes:
        status: its exit status; None if the shell ended before it could be told.
        seconds: how long it took.
        stdout: file with its standard output; there until the shell is closed.
        stderr: file with its standard error.
        problem: why it was stopped or could not end well, one clause; empty if it just ended.
        exited: whether it ended by calling `exit`.
    """

    status: int | None
    seconds: float
    stdout: Path
    stderr: Path
    problem: str = ""
    exited: bool = False


class Shell:
    """A live bash that runs one block after the other and keeps their state.

    Args:
        env: its environment; HOME is an empty folder of its own.
        grace: seconds between asking a block's processes to end and killing them.
        before: a shell that has ended, in whose folders this one goes on; it is closed with it.

    Attributes:
        work: the folder that it starts in; empty and its own if there is none before it.

    Raises:
        UsageError: this machine has no bash.
    """

    def __init__(
        self, env: Mapping[str, str], *, grace: float = GRACE, before: Shell | None = None
    ) -> None:
        bash = program()
        self._grace = grace
        self._count = 0
        self._closed = False
        self._folder = Path(tempfile.mkdtemp(prefix="ledger-"))
        self._before = before
        self.work: Path = before.work if before else self._folder / "work"
        home = self.work.with_name("home")
        for folder in (self.work, home):
            folder.mkdir(exist_ok=True)
        self._fifo = self._folder / "status"
        os.mkfifo(self._fifo)
        # Read and write, so that neither side ever waits for the other to open it.
        self._status = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK)
        self._process = subprocess.Popen(
            [bash, "--noprofile", "--norc", "-s"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.work,
            env={key: value for key, value in env.items() if key not in _NOT_OURS}
            | {"HOME": str(home)},
            start_new_session=True,
        )
        self._tell(INIT)

    @property
    def alive(self) -> bool:
        """Whether another block can run."""
        return self._process.poll() is None

    def run(
        self,
        text: str,
        *,
        timeout: float,
        name: str = "block",
        stop: Callable[[], str] = str,
    ) -> Outcome:
        """Run one block, byte for byte, and one newline behind it.

        Args:
            text: the block.
            timeout: seconds that it may take; then its processes end, and the shell stays.
            name: what bash's own messages call it.
            stop: asked all the time; what it gives, if anything, is why the block is stopped.
        """
        self._count += 1
        files = Files.make(self._folder / str(self._count), name, text)
        started, start = watch(self._process.pid), time.monotonic()

        def why() -> str:
            too_much = f"printed more than {MAX_OUTPUT >> 20} MiB"
            return too_much if files.printed > MAX_OUTPUT else stop()

        try:
            self._tell(step(files, self._fifo))
            line, problem = self._wait(start + timeout, why), ""
        except KeyboardInterrupt:
            self._stop(started)  # so that the page can still take down what it made
            raise
        if not line and self.alive:
            problem = why() or f"took longer than {timeout:g} s"
            line = self._stop(started)
        elif not line:
            problem = f"ended the page's shell ({_how(self._process.returncode)})"
        status, exited = _read(line)
        seconds = time.monotonic() - start
        return Outcome(status, seconds, files.stdout, files.stderr, problem, exited)

    def close(self, *, keep: bool = False) -> None:
        """End the shell after its EXIT trap, and every process that the page left behind.

        Args:
            keep: leave the folders that the page worked in.
        """
        if self._closed:
            return
        self._closed = True
        assert self._process.stdin is not None  # noqa: S101
        left = started_by(self._process.pid)
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(self._grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        end(left | started_by(self._process.pid), self._grace)
        os.close(self._status)
        gone = [self._folder]
        if keep and not self._before:
            # Not what its blocks printed: that can hold secrets.
            gone = [*self._folder.glob("[0-9]*")]
            self._fifo.unlink()
        for folder in gone:
            shutil.rmtree(folder, ignore_errors=True)
        if self._before:
            self._before.close(keep=keep)

    def _tell(self, command: str) -> None:
        assert self._process.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(command.encode())
            self._process.stdin.flush()

    def _wait(self, deadline: float, why: Callable[[], str] = str) -> str:
        """The line that tells the status; empty if it is late, the shell ended or `why` says so."""
        line = b""
        while time.monotonic() < deadline:
            alive = self.alive
            if select.select([self._status], [], [], _POLL)[0]:
                line += os.read(self._status, 64)
                if line.endswith(b"\n"):
                    return line.decode()
            elif not alive or why():
                break
        return ""

    def _stop(self, started: Callable[[], set[int]]) -> str:
        """End what the block started, and the block; the shell only if nothing else helps."""
        self._process.send_signal(signal.SIGURG)
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + self._grace
            while time.monotonic() < deadline:
                send(number, started())
                if line := self._wait(time.monotonic() + _POLL * 4):
                    end(started(), self._grace)
                    return line
        self._process.kill()
        self._process.wait()
        return ""


def _read(line: str) -> tuple[int | None, bool]:
    """Exit status, and whether it came from `exit`."""
    status, _, exited = line.strip().partition(" ")
    return (int(exited or status), bool(exited)) if status else (None, False)


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"its exit status was {code}"
