"""One event, one line, in logfmt: readable by people, parsed by log stores."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TextIO

from nats_backup.errors import ToolError

_SECRETS = ("NATS_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_BARE = re.compile(r"[^\s\"=\\]+")


def line(level: str, stage: str, message: str, **fields: object) -> str:
    """Format one event.

    The time is left out: the kubelet stamps each line (`kubectl logs --timestamps`).
    """
    pairs = {"level": level, "stage": stage, "msg": message, **fields}
    return " ".join(f"{key}={_value(str(value))}" for key, value in pairs.items())


def event(stage: str, message: str, **fields: object) -> None:
    """Report progress on stdout, at once: the log is what a Job leaves behind."""
    _write(sys.stdout, line("info", stage, message, **fields))


def warning(stage: str, message: str, **fields: object) -> None:
    """Report on stdout what somebody should look at, though the run goes on."""
    shown = {key: _redacted(str(value)) for key, value in fields.items()}
    _write(sys.stdout, line("warn", stage, _redacted(message), **shown))


def failure(stage: str, error: ToolError) -> None:
    """Report the error that ends the run on stderr, in one line."""
    named = {"where": error.where, "fix": error.fix}
    fields = {key: _redacted(value) for key, value in named.items() if value}
    code = int(error.exit_code)
    _write(sys.stderr, line("error", stage, _redacted(error.what), **fields, exit=code))


def _redacted(text: str) -> str:
    """Take secrets out of words that come from other programs; names of variables stay."""
    for name in _SECRETS:
        if secret := os.environ.get(name):
            text = text.replace(secret, f"[{name}]")
    return text


def _value(text: str) -> str:
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _write(stream: TextIO, text: str) -> None:
    print(text, file=stream, flush=True)
