"""What several commands share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ledger.core.clock import day

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


def print_json(kind: str, **data: Any) -> None:
    """Print one JSON document on standard output; `kind` names its versioned schema."""
    click.echo(json.dumps({"schema": f"phase-ledger/{kind}/v1", **data}, indent=2))


def say(text: str) -> None:
    """Talk to the person: standard error, so that data stays alone on standard output."""
    click.echo(text, err=True)
