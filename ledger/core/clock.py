"""The day on which ages are measured: an input, so that the same sources give the same output."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import Final

from ledger.errors import UsageError

_LENGTH: Final = len("YYYY-MM-DD")


def day(text: str | None = None) -> date:
    """The UTC day to measure ages on: `text`, else SOURCE_DATE_EPOCH, else today.

    Raises:
        UsageError: `text` or SOURCE_DATE_EPOCH cannot be read.
    """
    if text:
        if told := read_day(text):
            return told
        raise UsageError(f"{text!r} is not a date", fix="write YYYY-MM-DD")
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC).date()
    try:
        return datetime.fromtimestamp(int(epoch), UTC).date()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"SOURCE_DATE_EPOCH is {epoch!r}", fix="give it in whole seconds since 1970, in UTC"
        ) from None


def read_day(text: str) -> date | None:
    """The day that `text` says as YYYY-MM-DD; None for anything else."""
    try:
        return date.fromisoformat(text) if len(text) == _LENGTH and "W" not in text else None
    except ValueError:
        return None
