"""Small forms of text that prompts and epilogues share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from ledger.core.phases import PHASES

# What no YAML takes for anything but this text, wherever it stands.
_PLAIN: Final = re.compile(r"[^\W\d_](?:[\w ./()+-]*[\w./()+-])?")
_WRITTEN_FOR: Final = re.compile(rf" \((?:{'|'.join(PHASES)})\)$")
_WORDS: Final = re.compile(r"(?i:y|n|yes|no|on|off|true|false|null|nan|inf)")


def one_line(text: object) -> str:
    """A text with every run of blanks and line ends as one blank."""
    return " ".join(str(text).split())


def plan_title(title: str) -> str:
    """A plan's title without the phase that it was written for: `External Backup (IMPLEMENT)`."""
    return _WRITTEN_FOR.sub("", one_line(title))


def cell(value: object) -> str:
    """A value as one cell of a Markdown table; a bar that is escaped already stays so."""
    return re.sub(r"(?<!\\)\|", r"\\|", one_line(value))


def row(cells: Iterable[object]) -> str:
    """One row of a Markdown table."""
    return f"| {' | '.join(map(cell, cells))} |"


def scalar(text: str) -> str:
    """A text as YAML: plain where nothing can mistake it, else in double quotes."""
    plain = _PLAIN.fullmatch(text) and not _WORDS.fullmatch(text)
    return text if plain else json.dumps(text, ensure_ascii=False)
