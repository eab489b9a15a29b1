"""A macro for the pages of the comparison."""

from __future__ import annotations

from typing import Any


def define_env(env: Any) -> None:
    """Give the macro to MkDocs."""

    @env.macro  # type: ignore[untyped-decorator]
    def lines(count: int) -> str:
        """Give `count` lines of text."""
        return "\n".join(f"Line {number}." for number in range(count))
