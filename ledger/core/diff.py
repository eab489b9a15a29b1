"""A change of a text as people read it, and as `git apply` takes it."""

from __future__ import annotations

from difflib import unified_diff
from typing import Final

from ledger.core.merge_parts import lines_of

_NO_LINE_END: Final = "\n\\ No newline at end of file\n"


def diff(old: str | None, new: str, where: str, *, context: int = 3) -> str:
    """A unified diff; empty if nothing changes.

    Args:
        old: what the file holds; None if it is not there.
        new: what it is to hold.
        where: its path.
        context: how many lines to show around each change.
    """
    before = "/dev/null" if old is None else f"a/{where}"
    rows = unified_diff(lines_of(old or ""), lines_of(new), before, f"b/{where}", n=context)
    return "".join(row if row.endswith("\n") else row + _NO_LINE_END for row in rows)
