"""The day is an input."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ledger.core.clock import day
from ledger.errors import UsageError


def test_a_named_day_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert day("2026-11-21") == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [("0", date(1970, 1, 1)), ("86399", date(1970, 1, 1)), ("86400", date(1970, 1, 2))],
)
def test_the_epoch_is_in_utc(monkeypatch: pytest.MonkeyPatch, epoch: str, expected: date) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    assert day() == expected


def test_today_is_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    before = datetime.now(UTC).date()
    assert before <= day() <= datetime.now(UTC).date()


def test_what_is_no_day_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("tomorrow", "20261121", "2026-W47-6", "2026-11-31"):
        with pytest.raises(UsageError, match=f"'{text}' is not a date"):
            day(text)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH is 'yesterday'"):
        day()
