"""Tell on standard error what is running now, for how long, and how long it usually takes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from typing import Final, TextIO

_SECONDS: Final = 1.0
_CLEAR: Final = "\r\x1b[K"

# How long blocks usually take, in seconds, by page and block.
Usual = Mapping[str, Mapping[str, float]]


class Progress:
    """One line that is renewed on a terminal; one line a block elsewhere.

    It writes to its own copy of standard error, which stays the terminal while pytest captures.

    Args:
        usual: how long blocks usually take.
    """

    def __init__(self, usual: Usual) -> None:
        self._usual = usual
        self._stream: TextIO = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
        self._terminal = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, page: str, block: str) -> None:
        """Say that a block runs now."""
        label = f"running {page}::{block}"
        if not self._terminal:
            self._write(f"{label}\n")
            return
        self.stop()
        self._over.clear()
        usual = self._usual.get(page, {}).get(block)
        self._thread = threading.Thread(target=self._tick, args=(label, usual), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take the line away."""
        if self._thread:
            self._over.set()
            self._thread.join()
            self._thread = None
            self._write(_CLEAR)

    def _tick(self, label: str, usual: float | None) -> None:
        begun = time.monotonic()
        while True:
            told = line(label, time.monotonic() - begun, usual, self._width())
            self._write(f"{_CLEAR}{told}")
            if self._over.wait(_SECONDS):
                return

    def _width(self) -> int:
        """Columns of the terminal now: a person may change it while a block runs."""
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except OSError:
            return 80

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def line(label: str, seconds: float, usual: float | None, width: int) -> str:
    """What runs, since when, and its usual time, in less than `width` columns.

    A full line would move the cursor into the next one, which nothing takes away.
    """
    took = f" {seconds:.0f} s"
    if usual is not None:
        took += f" (usually {usual:.0f} s)"
    room = width - 1 - len(took)
    return f"{clip(label, room)}{took}" if room > 1 else clip(took.strip(), width - 1)


def clip(text: str, width: int) -> str:
    """`text` in at most `width` columns; its middle goes first, for its end tells most."""
    if len(text) <= width:
        return text
    head = max(width - 1, 0) // 3
    tail = max(width - 1 - head, 0)
    return f"{text[:head]}…{text[len(text) - tail :]}"[: max(width, 0)]
