"""Rules of the phases and their statuses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from itertools import pairwise
from typing import Final

from ledger.core import lint_rules as rules
from ledger.core.clock import read_day
from ledger.core.lint_subject import Subject, quoted
from ledger.core.phases import PHASES, Status
from ledger.core.problem import Problem
from ledger.core.skill import Entry

_ANCHOR: Final = re.compile(r"[ \t]*:[ \t]*[&*!]")
_DAY: Final = re.compile(r";\s*(?P<key>until|since):\s*(?P<day>[^;]*)")

_SAYS_MORE: Final = {"not_applicable": "reason: not applicable", "partial": "partial"}


def ledger_problems(subject: Subject) -> Iterator[Problem]:
    """Everything that the ledger says in a way that its rules do not."""
    yield from _layout(subject)
    yield from _names(subject)
    for entry in subject.skill.ledger[: len(PHASES)]:
        if entry.line:
            yield from _word(subject, entry)
            yield from _debt(subject, entry)
    yield from _open_before(subject)


def respelled(names: Collection[str]) -> dict[str, str]:
    """The phases that a ledger has in another spelling only, each with the first such name."""
    meant: dict[str, str] = {}
    for name in names:
        phase = re.sub(r"[\s_-]+", "-", name.strip()).upper()
        if phase in PHASES and phase not in names:
            meant.setdefault(phase, name)
    return meant


def kept_note(entry: Entry) -> str:
    """The note of a line without one that keeps what its alias says beyond the status."""
    return "" if entry.note else _SAYS_MORE.get(entry.raw.casefold().replace("-", "_"), "")


def _layout(subject: Subject) -> Iterator[Problem]:
    line = subject.line("phase_ledger")
    if subject.layout.in_braces("phase_ledger"):
        yield subject.breach(rules.BRACES, line, "phase_ledger is written in braces")
    found = {*subject.phases, *respelled(subject.phases)}
    missing = [phase for phase in PHASES if phase not in found]
    if missing:
        yield subject.breach(rules.MISSING, line, f"left out: {', '.join(missing)}")
    written = [phase for phase in subject.phases if phase in PHASES]
    for before, phase in pairwise(written):
        if PHASES.index(phase) < PHASES.index(before):
            where = subject.line("phase_ledger", phase)
            yield subject.breach(rules.ORDER, where, f"{phase} stands after {before}")
            break


def _names(subject: Subject) -> Iterator[Problem]:
    meant = {name: phase for phase, name in respelled(subject.phases).items()}
    for name, pair in subject.phases.items():
        line = subject.line("phase_ledger", name)
        if name in meant:
            what = f"{quoted(name)} is written for {meant[name]}"
            yield subject.breach(rules.RESPELLED, line, what)
        elif name not in PHASES:
            near = "".join(get_close_matches(name.upper(), PHASES, n=1))
            what = f"{quoted(name)} is no phase" + (f"; did you mean {near}?" if near else "")
            yield subject.breach(rules.FOREIGN, line, what)
        if name in PHASES and not subject.skill.entry(name).line:
            yield subject.breach(rules.NO_WORD, line, f"{name} has more than one word")
        elif _ANCHOR.match(subject.skill.text, pair.key_end):
            yield subject.breach(rules.ANCHORED, line, f"{name} has an anchor, an alias or a tag")


def _word(subject: Subject, entry: Entry) -> Iterator[Problem]:
    if not entry.raw:
        yield subject.breach(rules.EMPTY, entry.line, f"{entry.phase} says nothing")
    elif entry.status is None:
        what = f"{entry.phase} is {quoted(entry.raw)}, which is no status"
        yield subject.breach(rules.NO_STATUS, entry.line, what, phase=entry.phase)
    elif not entry.strict:
        what = f"{entry.phase} is {quoted(entry.raw)}, read as {entry.status}"
        yield subject.breach(rules.ALIAS, entry.line, what)
    if entry.phase == "IMPLEMENT" and entry.status is Status.SKIPPED:
        yield subject.breach(rules.IMPLEMENT_SKIPPED, entry.line, "IMPLEMENT is skipped")


def _debt(subject: Subject, entry: Entry) -> Iterator[Problem]:
    if not entry.status or not entry.status.needs_reason:
        return
    debt, named = entry.debt, f"{entry.phase} is {entry.status}"
    if not debt.reason and not kept_note(entry):
        fix = f"if that is why, write: # reason: {entry.note}" if entry.note else ""
        yield subject.breach(rules.NO_REASON, entry.line, f"{named} and says no reason", fix)
    for found in _DAY.finditer(entry.note):
        if not read_day(found["day"].strip()):
            what = f"{found['key']}: {quoted(found['day'].strip())} of {entry.phase} is no date"
            yield subject.breach(rules.NO_DAY, entry.line, what)
    if debt.until and debt.until < subject.around.today:
        days = (subject.around.today - debt.until).days
        what = f"{named} until {debt.until}, {days} day{'s' * (days != 1)} ago"
        yield subject.breach(rules.OVERDUE, entry.line, what, phase=entry.phase)
    if debt.reason and entry.status is Status.DEFERRED and not (debt.owner or debt.until):
        yield subject.breach(rules.NO_OWNER, entry.line, f"{named} with no owner and no day")


def _open_before(subject: Subject) -> Iterator[Problem]:
    """Open phases with a later one done; those that are left out are told as that."""
    entries = subject.skill.ledger[: len(PHASES)]
    for index, entry in enumerate(entries):
        done = next((e for e in entries[index + 1 :] if e.status and e.status.done), None)
        if entry.settled or not done:
            continue
        line = subject.line("phase_ledger", entry.phase)
        what = f"{entry.phase} is open, but {done.phase} is {done.status}"
        if entry.phase == "IMPLEMENT":
            yield subject.breach(rules.NOT_IMPLEMENTED, line, what)
        elif entry.line:
            yield subject.breach(rules.OPEN_BEFORE, line, what, phase=entry.phase)
