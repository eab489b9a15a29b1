"""Tell on standard error what is running now, and for how long."""

from __future__ import annotations

import os
import threading
import time
from typing import TextIO

_SECONDS = 1.0
_CLEAR = "\r\x1b[K"


class Progress:
    """One line that is renewed on a terminal; one line a block elsewhere.

    It writes to its own copy of standard error, which stays the terminal while pytest captures.
    """

    def __init__(self) -> None:
        self._stream: TextIO = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
        self._terminal = self._stream.isatty()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, page: str, block: str) -> None:
        """Say that a block runs now."""
        if not self._terminal:
            self._write(f"running {page}::{block}\n")
            return
        self.stop()
        self._over.clear()
        label = f"running {page}::{block}"
        self._thread = threading.Thread(target=self._tick, args=(label,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take the line away."""
        if self._thread:
            self._over.set()
            self._thread.join()
            self._thread = None
            self._write(_CLEAR)

    def _tick(self, label: str) -> None:
        begun = time.monotonic()
        while True:
            self._write(f"{_CLEAR}{label} {time.monotonic() - begun:.0f} s")
            if self._over.wait(_SECONDS):
                return

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
