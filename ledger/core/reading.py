"""What a text says about going on: which of its marks are meant, and what stands behind them.

A mark is sent only where its line starts with it, outside fences, quotations and prompts. All
others are kept with their role, so that a person can be told why nothing moved. In doubt nothing
goes on: a ⟂ that is sent outranks every ⟿, and an ⟿ that may be one of several exits is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ledger.core.signifier import (
    MARKS,
    Continue,
    Elastic,
    Halt,
    Role,
    Signifier,
    is_placeholder,
    read_meaning,
    tokens,
)

_BREAK = re.compile(r"\r\n|\r|\n")
_START = re.compile(rf" {{0,3}}[*_]{{0,3}}(?=[{MARKS}])")
_FENCE = re.compile(r"[ \t]*(?P<mark>`{3,}|~{3,})(?P<info>.*)")
_CODE = re.compile(r"(?<!`)(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)")
_PROMPT = re.compile(r"[ \t]*concept\.forest\.manifest\[")
_QUOTE = re.compile(r"[ \t]*>")
_OFFER = re.compile(r"[ \t]*(?:\||(?:[-*+•]|\d+[.)])[ \t])")
_CONDITION = re.compile(r"\W*(?:\||(?:after|if|on|once|or|unless|upon|when)\b)", re.IGNORECASE)
_KEY = re.compile(
    r"[ \t]*[*_]*(?P<key>handles|ledger|entropy|branches|mission|actions|exit)[*_]*[ \t]*:[*_]*"
    r"(?P<value>.*)",
    re.IGNORECASE,
)


class Reading(NamedTuple):
    """What a text says about going on.

    Attributes:
        signifiers: every mark, in order.
        signal: what was sent: the last ⟂ if there is one, else the last ⟿; None for neither.
        payload: what the lines behind the signal say: `handles`, `mission`, `actions`, `exit`.
        spoken: the lines outside fences, quotations and prompts, with their numbers.
        prompt: the line on which a prompt begins; 0 if none does.
    """

    signifiers: tuple[Signifier, ...]
    signal: Signifier | None
    payload: dict[str, str]
    spoken: tuple[tuple[int, str], ...]
    prompt: int

    @property
    def sent(self) -> tuple[Signifier, ...]:
        """The marks that count."""
        return tuple(found for found in self.signifiers if found.role is Role.SENT)


class _Line(NamedTuple):
    """A line, and where it stands: `fence` is the line that opened the fence around it, or 0."""

    number: int
    text: str
    fence: int
    prompt: bool

    @property
    def spoken(self) -> bool:
        return not (self.fence or self.prompt or _QUOTE.match(self.text))


def read_signifiers(text: str) -> Reading:
    """Find every mark of `text` and what is sent by it; any text can be read."""
    lines = list(_scan(text))
    found = [signifier for line in lines for signifier in _on_line(line)]
    found = _settle(_offers(_fenced(found, lines), lines))
    sent = [one for one in found if one.role is Role.SENT and _leads(one)]
    signal = sent[-1] if sent else None
    return Reading(
        signifiers=tuple(found),
        signal=signal,
        payload=_payload(lines, signal.line)[0] if signal else {},
        spoken=tuple((line.number, line.text) for line in lines if line.spoken),
        prompt=next((line.number for line in lines if line.prompt), 0),
    )


def _leads(one: Signifier) -> bool:
    """Whether a mark says where to go; ⤳ stands beside one that does."""
    return not isinstance(one.meaning, Elastic)


def _scan(text: str) -> Iterator[_Line]:
    mark, fence, prompt = "", 0, False
    for number, line in enumerate(_BREAK.split(text), 1):
        prompt = prompt or bool(_PROMPT.match(line))
        found = _FENCE.match(line)
        closes = bool(
            found and mark and found["mark"].startswith(mark) and not found["info"].strip()
        )
        if found and not mark and ("~" in found["mark"] or "`" not in found["info"]):
            mark, fence = found["mark"], number
        yield _Line(number, line, fence if mark else 0, prompt)
        mark = "" if closes else mark


def _on_line(line: _Line) -> Iterator[Signifier]:
    marks = list(tokens(line.text))
    start = _START.match(line.text)
    code = [span.span() for span in _CODE.finditer(line.text)] if marks else []
    joined = bool(marks) and "|" in line.text[marks[0].end : marks[-1].start]
    for mark in marks:
        meaning = read_meaning(line.text[mark.start], mark.inner)
        role = Role.PROSE
        if line.prompt or joined or _OFFER.match(line.text):
            role = Role.MENU
        elif not line.spoken or any(left < mark.start < right for left, right in code):
            role = Role.QUOTED
        elif start and mark.start == start.end():
            # ⟂ halts whatever its reason says, so a gap in it changes nothing.
            gap = mark.inner and not isinstance(meaning, Halt) and is_placeholder(mark.inner)
            role = Role.PLACEHOLDER if gap else Role.SENT
        remark = line.text[mark.end :].strip(" \t*_`:—–-")
        yield Signifier(line.number, line.text[mark.start : mark.end], meaning, remark, role)


def _fenced(found: Sequence[Signifier], lines: Sequence[_Line]) -> list[Signifier]:
    """Several marks in one fence are a list of exits."""
    fences = [lines[one.line - 1].fence for one in found]
    count = Counter(fences)
    return [
        one._replace(role=Role.MENU) if fence and count[fence] > 1 else one
        for one, fence in zip(found, fences, strict=True)
    ]


def _offers(found: Sequence[Signifier], lines: Sequence[_Line]) -> list[Signifier]:
    """Lines of one run that offer a choice are a menu."""
    menu = {one for run in _runs(found, lines) if _is_menu(run) for one in run}
    return [one._replace(role=Role.MENU) if one in menu else one for one in found]


def _runs(found: Iterable[Signifier], lines: Sequence[_Line]) -> list[list[Signifier]]:
    """The marks that are sent, grouped where only blanks and payload stand between them."""
    runs: list[list[Signifier]] = []
    following = 0
    for one in found:
        if one.role is Role.SENT and _leads(one):
            if one.line != following:
                runs.append([])
            runs[-1].append(one)
            following = _payload(lines, one.line)[1]
    return runs


def _is_menu(run: Sequence[Signifier]) -> bool:
    """Whether a run says what might be sent: a condition, or first ⟿ and then several halts."""
    exits = [one for one in run if isinstance(one.meaning, Continue)]
    halts = {one.text for one in run if isinstance(one.meaning, Halt)}
    listed = isinstance(run[0].meaning, Continue) and len(halts) > 1
    return listed or any(_CONDITION.match(one.remark) for one in exits)


def _settle(found: Sequence[Signifier]) -> list[Signifier]:
    """Of the ⟿ that are left only the last is sent, and none beside a ⟂."""
    sent = [one for one in found if one.role is Role.SENT]
    exits = [one for one in sent if isinstance(one.meaning, Continue)]
    halted = any(isinstance(one.meaning, Halt) for one in sent)
    overruled = set(exits if halted else exits[:-1])
    return [one._replace(role=Role.OVERRULED) if one in overruled else one for one in found]


def _payload(lines: Sequence[_Line], after: int) -> tuple[dict[str, str], int]:
    """What the lines behind line `after` say, by key; and the next line that says something else.

    That line is 0 at the text's end.
    """
    payload: dict[str, str] = {}
    key = ""
    for index in range(after, len(lines)):
        line, text = lines[index], lines[index].text.strip()
        if not line.spoken or _START.match(line.text):
            return payload, line.number
        if named := _KEY.match(line.text):
            key = named["key"].lower()
            payload[key] = named["value"].strip()
        elif not text or text.startswith("/"):
            key = ""
        elif key:
            payload[key] += f"\n{text}"
        else:
            return payload, line.number
    return payload, 0
