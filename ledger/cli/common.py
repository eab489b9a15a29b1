"""What several commands share."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import click

from ledger.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])


def as_json(command: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def now_option(command: F) -> F:
    """Add `--now`, the day on which ages are measured."""
    return click.option(
        "--now",
        "today",
        callback=lambda _ctx, _param, value: day(value),
        metavar="YYYY-MM-DD",
        help="Measure ages on this day (default: SOURCE_DATE_EPOCH, else today in UTC).",
    )(command)


def day(text: str | None) -> date:
    """The UTC day to measure ages on.

    Raises:
        UsageError: `text` is not a date.
    """
    if text:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise UsageError(f"{text!r} is not a date", fix="write YYYY-MM-DD") from None
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return now.date()


def print_json(kind: str, **data: Any) -> None:
    """Print one JSON document on standard output; `kind` names its versioned schema."""
    click.echo(json.dumps({"schema": f"phase-ledger/{kind}/v1", **data}, indent=2))


def say(text: str) -> None:
    """Talk to the person: standard error, so that data stays alone on standard output."""
    click.echo(text, err=True)
