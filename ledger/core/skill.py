"""A skill file: a plan whose front matter holds its phase ledger and its budget."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from ledger.core.debt import Debt, read_debt
from ledger.core.entropy import Budget
from ledger.core.header import Header
from ledger.core.phases import PHASES, Status, read_status
from ledger.errors import SkillError, UsageError

_HEADING = re.compile(r"^(?P<marks>#{1,6})[ \t]+(?P<title>.+?)[ \t]*(?:\{[^}]*\})?[ \t]*$")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")


@dataclass(frozen=True)
class Entry:
    """What the ledger says of one phase.

    Attributes:
        phase: its name, as written.
        raw: its status, as written.
        note: the comment on its line.
        line: its line in the file; 0 if the ledger leaves the phase out.
    """

    phase: str
    raw: str
    note: str = ""
    line: int = 0

    @property
    def status(self) -> Status | None:
        """What the word means, an alias included; None if it means no status."""
        return read_status(self.raw)

    @property
    def strict(self) -> bool:
        """Whether the word is one of the seven, as written."""
        return self.raw in set(Status)

    @property
    def settled(self) -> bool:
        """Whether the plan may go on past this phase."""
        return bool(self.status and self.status.settled)

    @property
    def debt(self) -> Debt:
        """Why it was skipped, deferred or blocked, and who sees to it until when."""
        return read_debt(self.note)

    @property
    def reason(self) -> str:
        """Why it was skipped, deferred or blocked; empty if nothing was said."""
        return self.debt.reason


class Skill:
    """One skill file, read and never changed.

    Args:
        path: the file.
        where: how errors and pages name it, relative to the project.
        text: what it holds or is about to hold; read from the file if left out.

    Raises:
        SkillError: no file, no front matter, broken YAML or no ledger.
    """

    def __init__(self, path: Path, where: str, text: str | None = None) -> None:
        self.path = path
        self.where = where
        self.text = _read(path, where) if text is None else text
        self.header = Header(self.text, where)
        if not isinstance(self.header.data.get("phase_ledger"), Mapping):
            raise SkillError("no phase_ledger in the front matter", where=where)

    @cached_property
    def budget(self) -> Budget:
        """The plan's budget.

        Raises:
            SkillError: a figure is no number; with `file:line`.
        """
        figures = {key: value.text for key, value in self.header.entries("entropy").items()}
        return Budget.read(figures, f"{self.where}:{self.header.line('entropy') or 1}")

    @property
    def name(self) -> str:
        """The name that commands use: the file's, without `.md`."""
        return self.path.stem

    @cached_property
    def title(self) -> str:
        """The first heading of the body; the name if there is none."""
        return next(iter(sections(self.body)), self.name)

    @property
    def body(self) -> str:
        """The Markdown after the front matter."""
        return self.text[self.header.body :]

    @cached_property
    def ledger(self) -> tuple[Entry, ...]:
        """All eleven phases in order, then whatever else the ledger names."""
        written = self.header.entries("phase_ledger")
        found = {
            key: Entry(key, value.text, value.comment, value.line) for key, value in written.items()
        }
        known = [found.pop(phase, Entry(phase, Status.PENDING)) for phase in PHASES]
        return (*known, *found.values())

    def entry(self, phase: str) -> Entry:
        """What the ledger says of `phase`.

        Raises:
            UsageError: no such phase.
        """
        if phase not in PHASES:
            near = get_close_matches(phase, PHASES, n=1)
            fix = f"did you mean {near[0]}?" if near else f"one of {', '.join(PHASES)}"
            raise UsageError(f"no phase {phase!r}", where=self.where, fix=fix)
        return self.ledger[PHASES.index(phase)]

    @property
    def current(self) -> Entry | None:
        """The first phase that is not settled; None when all are."""
        return next((e for e in self.ledger[: len(PHASES)] if not e.settled), None)

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts in the header, such as `docs` or `enables`; empty if absent."""
        raw = self.header.data.get(key)
        return tuple(str(item) for item in raw) if isinstance(raw, list) else ()

    def table(self, key: str) -> dict[str, Any]:
        """A mapping in the header, such as `handles` or `gates`; empty if absent."""
        raw = self.header.data.get(key)
        return dict(raw) if isinstance(raw, Mapping) else {}


def sections(body: str) -> dict[str, str]:
    """The text below each heading of a Markdown body, up to the next heading of any level.

    Headings inside fences do not count; of two equal headings the first is kept.
    """
    found: dict[str, str] = {}
    for part in _outline(body):
        found.setdefault(part.title, "\n".join(part.lines).strip("\n"))
    return found


def subsections(body: str, title: str) -> dict[str, str]:
    """The sections directly below the first heading `title`, with all that they contain.

    Deeper headings stay in the text of the section that they belong to.
    """
    parts = iter(_outline(body))
    parent = next((part for part in parts if part.title == title), None)
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for part in parts:
        if parent is None or part.level <= parent.level:
            break
        if part.level == parent.level + 1:
            current = found.setdefault(part.title, [])
        else:
            current.append(f"{'#' * part.level} {part.title}")
        current.extend(part.lines)
    return {name: "\n".join(lines).strip("\n") for name, lines in found.items()}


def fence_after(line: str, fence: str = "") -> str:
    """The mark of the fence that is open behind a line of Markdown; empty if none is.

    Args:
        line: the line.
        fence: the mark of the fence that is open before it; empty if none is.
    """
    mark = _FENCE.match(line)
    if mark and not fence:
        return mark[1]
    return "" if mark and mark[1].startswith(fence) else fence


@dataclass
class _Part:
    """A heading and the lines below it, up to the next heading of any level."""

    level: int
    title: str
    lines: list[str] = field(default_factory=list)


def _outline(body: str) -> list[_Part]:
    parts: list[_Part] = []
    fence = ""
    for line in body.splitlines():
        fence = fence_after(line, fence)
        heading = None if fence else _HEADING.match(line)
        if heading:
            parts.append(_Part(len(heading["marks"]), heading["title"]))
        elif parts:
            parts[-1].lines.append(line)
    return parts


def _read(path: Path, where: str) -> str:
    try:
        # newline="" keeps CRLF as it is
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        raise SkillError("no such skill file", where=where) from None
    except UnicodeDecodeError:
        raise SkillError("not UTF-8 text", where=where, fix="save it as UTF-8") from None
    except OSError as error:
        raise SkillError(f"cannot be read: {error.strerror}", where=where) from None
