"""Output as a terminal would show it, and excerpts of it that stay small."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

HALF: Final = 8 * 1024

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def screen(data: bytes) -> str:
    """What a terminal would show of `data`: progress bars at their last state, no colours.

    Bytes that are no text are shown as escapes.
    """
    text = _ESCAPE.sub("", data.decode("utf-8", "replace"))
    return "\n".join(_line(line) for line in text.split("\n"))


def excerpt(path: Path) -> str:
    """A file's first and last `HALF` bytes as on a screen; all of it if it is no longer."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= 2 * HALF:
            return screen(file.read())
        head = file.read(HALF)
        file.seek(size - HALF)
        tail = file.read()
    # Whole lines: half a secret could not be known as one.
    head = head[: head.rfind(b"\n") + 1]
    tail = tail.partition(b"\n")[2]
    left_out = size - len(head) - len(tail)
    return f"{screen(head).rstrip()}\n[... {left_out} bytes left out ...]\n{screen(tail)}"


def last_lines(text: str, count: int) -> str:
    """The last `count` lines of `text`, blank ones at its end not counted."""
    return "\n".join(text.rstrip().splitlines()[-count:])


def _line(line: str) -> str:
    shown = line.rstrip("\r").rpartition("\r")[2]
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", shown)
