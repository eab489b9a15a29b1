"""The day on which ages are measured: an input, so that the same sources give the same output."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

from ledger.errors import UsageError


def day(text: str | None = None) -> date:
    """The UTC day to measure ages on: `text`, else SOURCE_DATE_EPOCH, else today.

    Raises:
        UsageError: `text` or SOURCE_DATE_EPOCH cannot be read.
    """
    if text:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise UsageError(f"{text!r} is not a date", fix="write YYYY-MM-DD") from None
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC).date()
    try:
        return datetime.fromtimestamp(int(epoch), UTC).date()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"SOURCE_DATE_EPOCH is {epoch!r}", fix="give it in whole seconds since 1970, in UTC"
        ) from None
