"""A quick reader of skill headers, for the forms that people mostly write.

It gives what `Skill` gives, or nothing; then `Skill` must read the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from ledger.core.lines import Row, YamlOnlyError, read_row, read_tree
from ledger.core.phases import PHASES, Status, read_status

_MARK = re.compile(r"^(?:#{1,6}[ \t]|[ \t]*(?:```|~~~)).*", re.MULTILINE)
_HEADING = re.compile(r"#{1,6}[ \t]+(.+?)[ \t]*(?:\{[^}]*\})?[ \t\r]*")
# What ends a line for Python and not for this reader.
_ODD_BREAK = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|\r(?!\n)")
# Words that YAML does not take for text.
_NOT_TEXT: Final = frozenset({"yes", "no", "true", "false", "on", "off", "null", "~"})


class Phase(NamedTuple):
    """One line of a ledger: the phase's name, its status and its comment, as written."""

    name: str
    raw: str = Status.PENDING.value
    note: str = ""

    @property
    def status(self) -> Status | None:
        """What the word means, an alias included; None if it means no status."""
        return _status(self.raw)


class Facts(NamedTuple):
    """What a skill's header says, as written; empty where it says nothing.

    Attributes:
        name: the name that commands use: the file's, without `.md`.
        where: the file, relative to the project.
        title: the first heading of the body; the name if there is none.
        phases: all eleven in order, then whatever else the ledger names.
        entropy: the figures of the budget.
        status: the plan's own word for how it stands.
        progress: per cent done.
        last_touched: the day of the last change.
        blocking: what the plan waits on.
        enables: what waits on the plan.
    """

    name: str
    where: str
    title: str
    phases: tuple[Phase, ...]
    entropy: Mapping[str, str]
    status: str
    progress: str
    last_touched: str
    blocking: tuple[str, ...]
    enables: tuple[str, ...]

    @property
    def current(self) -> Phase | None:
        """The first of the eleven phases that is not settled; None when all are."""
        known = self.phases[: len(PHASES)]
        return next((p for p in known if not (p.status and p.status.settled)), None)


def scan(text: str, name: str, where: str) -> Facts | None:
    """Read a skill file's text; None if its header has a form that only YAML can tell.

    Args:
        text: the whole file, line ends and byte order mark as they are.
        name: the skill's name.
        where: the file, relative to the project.
    """
    try:
        header, body = _split(text)
        tree = read_tree(header)
        return Facts(
            name,
            where,
            _title(text, body) or name,
            _phases(tree.get("phase_ledger", "")),
            _figures(tree.get("entropy", "")),
            _scalar(tree.get("status", "")),
            _scalar(tree.get("progress", "")),
            _scalar(tree.get("last_touched", "")),
            _items(tree.get("blocking", "")),
            _items(tree.get("enables", "")),
        )
    except YamlOnlyError:
        return None


def _split(text: str) -> tuple[str, int]:
    """The header, and where the body starts in `text`."""
    start = text.find("\n") + 1
    close = text.find("\n---", 3) + 1
    after = text.find("\n", close) + 1 or len(text)
    closing = text[close:after].replace("\r\n", "\n").rstrip(" \t\n")
    if text[:start].removeprefix("\ufeff") not in {"---\n", "---\r\n"} or closing != "---":
        raise YamlOnlyError
    return text[start:close].replace("\r\n", "\n"), after


def _phases(rows: str | tuple[Row, ...]) -> tuple[Phase, ...]:
    if isinstance(rows, str) or rows[0][1] == "-":
        raise YamlOnlyError
    phases = tuple([Phase(key, _scalar(value), note) for _, key, value, note in rows])
    if tuple([row[1] for row in rows[: len(PHASES)]]) == PHASES:
        return phases
    found = {phase.name: phase for phase in phases}
    known = [found.pop(name) if name in found else Phase(name) for name in PHASES]
    return (*known, *found.values())


def _figures(value: str | tuple[Row, ...]) -> dict[str, str]:
    if isinstance(value, str):
        pairs = value[1:-1].split(",") if value[:1] == "{" else []
        value = tuple(read_row(pair.strip(" ")) for pair in pairs if pair.strip(" "))
    return {key: _scalar(text) for _, key, text, _ in value if key != "-"}


def _items(value: str | tuple[Row, ...]) -> tuple[str, ...]:
    if isinstance(value, str):
        listed = value[1:-1].split(",") if value[:1] == "[" else []
        return tuple(_text(item.strip(" ")) for item in listed if item.strip(" "))
    return tuple(_text(text) for _, key, text, _ in value if key == "-")


def _text(value: str) -> str:
    """An item of a list that YAML takes for text too."""
    if value[0] in "-0123456789" or value.lower() in _NOT_TEXT:
        raise YamlOnlyError
    return _scalar(value)


def _scalar(value: str | tuple[Row, ...]) -> str:
    if not value:
        return ""
    if isinstance(value, tuple) or value[0] in "[{|>":
        raise YamlOnlyError
    return value[1:-1] if value[0] in "\"'" else value


def _title(text: str, body: int) -> str:
    """The first heading; empty if there is none."""
    title, end = "", len(text)
    for mark in _MARK.finditer(text, body):
        if mark[0][0] != "#":
            raise YamlOnlyError
        heading = _HEADING.fullmatch(mark[0])
        if heading:
            title, end = heading[1], mark.end() + 1
            break
    if _ODD_BREAK.search(text, body, end):
        raise YamlOnlyError
    return title


_status = cache(read_status)
