"""What an answer brings along beside its signal: draws on the budget, handles, branches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from ledger.core.entropy import Budget
from ledger.core.project import Project
from ledger.core.reading import Reading
from ledger.core.signifier import Elastic
from ledger.core.skill import Skill
from ledger.errors import LedgerError, UsageError
from ledger.flow.branches import Branch, branches_of
from ledger.flow.budget import read_amount
from ledger.flow.signal import handles as known_handles
from ledger.flow.text import one_line, scalar

_LEAD = r"[ \t]*(?:[-*+][ \t]+)?[*_`]*"
_NUMBER = r"(?P<amount>\d*\.?\d+)"
# On a line of its own: `Draw: void.entropy.sip(amount=0.01)`, `pour 0.01`.
_POSTING = re.compile(
    rf"{_LEAD}(?:\w+:[*_ \t`]*)?(?:void\.entropy\.)?(?P<verb>sip|pour)"
    rf"(?:\(|[ \t:=]+)(?:amount[ \t]*=[ \t]*)?{_NUMBER}(?!\w|[.,]\d)",
    re.ASCII | re.IGNORECASE,
)
_BOOK = re.compile(rf"{_LEAD}entropy[*_]*[ \t]*:", re.IGNORECASE)
_FIGURE = re.compile(rf"\b(?P<figure>spent|returned)[ \t=:]+{_NUMBER}", re.ASCII)
_HANDLE = re.compile(r"(?:[-*+][ \t]+)?`?(?P<name>[\w.-]+)`?[ \t]*(?:=|:[ \t])[ \t]*(?P<path>.+)")
# Plain in any YAML, in a block and in braces.
_PATH = re.compile(r"[\w./][\w./@+-]*(?: [\w./@+-]+)*")
# What a payload carries beside handles.
_NO_HANDLES: Final = {"skill", "ledger", "branches"}


class Handles(NamedTuple):
    """The handles of an answer.

    Attributes:
        new: path by name, for those to take.
        left: for each other one why it is not taken.
    """

    new: dict[str, str]
    left: tuple[str, ...]


def postings(reading: Reading, book: Budget, where: str) -> tuple[Decimal, Decimal]:
    """What the answer draws and what it pours back.

    Sips and pours count one by one; an entropy line gives the plan's totals, as a prompt does.

    Args:
        reading: the answer.
        book: the plan's book before it.
        where: how errors name the answer.

    Raises:
        LedgerError: an amount is none, a total is lower than the book's, or the two disagree.
    """
    moved = {"sip": Decimal(0), "pour": Decimal(0)}
    totals: dict[str, str] = {}
    for number, line in reading.spoken:
        if found := _POSTING.match(line):
            moved[found["verb"].lower()] += _amount(found["amount"], f"{where}:{number}")
        elif _BOOK.match(line):
            totals |= {m["figure"]: m["amount"] for m in _FIGURE.finditer(line)}
    for figure, verb in (("spent", "sip"), ("returned", "pour")):
        if figure in totals:
            before: Decimal = getattr(book, figure)
            moved[verb] = _risen(moved[verb], figure, before, Decimal(totals[figure]), where)
    return moved["sip"], moved["pour"]


def _amount(text: str, where: str) -> Decimal:
    if not Decimal(text):
        return Decimal(0)
    try:
        return read_amount(text)
    except UsageError as error:
        raise LedgerError(error.what, where=where, fix=error.fix) from None


def _risen(told: Decimal, figure: str, before: Decimal, total: Decimal, where: str) -> Decimal:
    """By how much a total has risen, which must be what the postings beside it say."""
    risen = total - before
    if risen < 0 or told not in {0, risen}:
        raise LedgerError(
            f"its entropy line says {figure} {total}; with the book's {before} that is {risen},"
            f" and its postings say {told}",
            where=where,
            fix="give the plan's totals in that line, or postings alone: sip 0.01, pour 0.01",
        )
    return risen


def handles(project: Project, skill: Skill, reading: Reading) -> Handles:
    """The handles of the signal's payload: those that exist, and that the plan does not name."""
    known = {handle.name: handle.path for handle in known_handles(project, skill)}
    a_mapping = isinstance(skill.header.data.get("handles", {}), dict)
    new: dict[str, str] = {}
    left: list[str] = []
    for name, path in _pairs(reading.payload.get("handles", "")):
        if name in _NO_HANDLES or path in (known | new).values():
            continue
        why = _why_not(project, known | new, name, path)
        if not (why or a_mapping):
            why = "handles: in the header is no mapping"
        if why:
            left.append(f"handle {name}: {path}: {why}")
        else:
            new[name] = path
    return Handles(new, tuple(left))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Names and paths of `k=v; k=v`, or of a list with one a line."""
    for part in re.split(r"[;\n]", text):
        if found := _HANDLE.fullmatch(part.strip()):
            yield found["name"], found["path"].strip(" \t`\"'")


def _why_not(project: Project, known: Mapping[str, str], name: str, path: str) -> str:
    if name in known:
        return f"the plan names {known[name]} so"
    if scalar(name) != name or not _PATH.fullmatch(path):
        return "not a name and a path that a header holds as they are"
    try:
        target = (project.root / path).resolve()
        if not target.exists():
            return "no such path"
    except (OSError, RuntimeError):  # a name too long, links that go in circles
        return "no such path"
    inside = target.is_relative_to(project.root.resolve())
    return "" if inside and not Path(path).is_absolute() else "not a path in the project"


def branches(skill: Skill, reading: Reading, today: date) -> list[Branch]:
    """The branches that the answer leaves and that the plan does not know yet."""
    known = {skill.name} | {branch.name for branch in branches_of(skill)}
    found = {
        name: Branch(name, "parallel", one_line(one.remark), since=today.isoformat())
        for one in reading.sent
        if isinstance(one.meaning, Elastic) and one.meaning.verb.upper() == "BRANCH"
        for name in map(one_line, one.meaning.names)
        if name not in known
    }
    return list(found.values())
