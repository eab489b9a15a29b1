"""Rules of the other keys of a header: what they hold, and whether what they name is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ledger.core import lint_rules as rules
from ledger.core.clock import read_day
from ledger.core.lint_subject import Subject, quoted
from ledger.core.phases import PHASES
from ledger.core.plan import CLASSES
from ledger.core.problem import Problem

_LISTS: Final = ("blocking", "enables", "docs", "branches", "rules")
_TABLES: Final = ("handles", "gates")
_KNOWN: Final = (
    *_LISTS,
    *_TABLES,
    *("path", "status", "progress", "last_touched", "touched_by", "session_notes", "parent"),
    *("phase_ledger", "entropy", "sprint", "span", "slis"),
)
_NEAR: Final = 0.85


def key_problems(subject: Subject) -> Iterator[Problem]:
    """Everything in the header, beside ledger and budget, that is not what commands read."""
    yield from _shapes(subject)
    yield from _numbers(subject)
    yield from _names(subject)
    yield from _gates(subject)
    for line, item in subject.items("branches"):
        yield from _branch(subject, line, item)


def _shapes(subject: Subject) -> Iterator[Problem]:
    data = subject.header.data
    for keys, kind, rule, name in (
        (_LISTS, list, rules.NO_LIST, "list"),
        (_TABLES, Mapping, rules.NO_TABLE, "mapping"),
    ):
        for key in keys:
            if data.get(key) is not None and not isinstance(data[key], kind):
                yield subject.breach(rule, subject.line(key), f"{key} is not a {name}")
    for key in map(str, data):
        near = get_close_matches(key, _KNOWN, n=1, cutoff=_NEAR)
        if near and key not in _KNOWN:
            what = f"the key {key!r} is not read; did you mean {near[0]}?"
            yield subject.breach(rules.NEAR_KEY, subject.line(key), what)


def _numbers(subject: Subject) -> Iterator[Problem]:
    data = subject.header.data
    progress, line = data.get("progress"), subject.line("progress")
    number = isinstance(progress, int | float) and not isinstance(progress, bool)
    if progress is not None and not (number and 0 <= progress <= 100):
        yield subject.breach(rules.PROGRESS, line, f"progress is {quoted(progress)}")
    elif isinstance(progress, float):
        yield subject.breach(rules.FRACTION, line, f"progress is {progress}")
    yield from _last_touched(subject)
    current = subject.skill.current
    if data.get("status") == "complete" and current:
        what = f"status is complete, but {current.phase} is open"
        yield subject.breach(rules.NOT_COMPLETE, subject.line("status"), what)


def _last_touched(subject: Subject) -> Iterator[Problem]:
    day, line = subject.header.data.get("last_touched"), subject.line("last_touched")
    if day is None:
        return
    if isinstance(day, str):  # in quotes
        day = read_day(day) or day
    if type(day) is not date:
        yield subject.breach(rules.NO_DATE, line, f"last_touched is {quoted(day)}")
    elif day > subject.around.today:
        yield subject.breach(rules.FUTURE, line, f"last_touched is {day}")


def _names(subject: Subject) -> Iterator[Problem]:
    root = subject.around.project.root
    for line, item in subject.items("docs"):
        if not _there(root / str(item)):
            yield subject.breach(rules.NO_PAGE, line, f"no page {quoted(item)}")
    for line, item in subject.items("enables"):
        if PurePosixPath(str(item)).name.removesuffix(".md") not in subject.around.skills:
            yield subject.breach(rules.DANGLING, line, f"enables {quoted(item)}, no skill here")
    for name, path in subject.skill.table("handles").items():
        if path is None or not _there(root / str(path)):
            line = subject.line("handles", str(name))
            what = "no path" if path is None else f"no {quoted(path)}"
            yield subject.breach(rules.NO_HANDLE, line, f"handle {name}: {what}")


def _gates(subject: Subject) -> Iterator[Problem]:
    for phase, gates in subject.skill.table("gates").items():
        line = subject.line("gates", str(phase))
        if phase not in PHASES:
            yield subject.breach(rules.NO_GATE, line, f"gates: no phase {quoted(phase)}")
        elif not isinstance(gates, list):
            what = f"gates of {phase} are not a list"
            yield subject.breach(rules.NO_GATE, line, what, f"write {phase}: [verify]")
        for gate in gates if isinstance(gates, list) else ():
            if str(gate) not in subject.around.gates:
                known = f"known gates: {', '.join(sorted(subject.around.gates))}"
                yield subject.breach(rules.NO_GATE, line, f"no gate {quoted(gate)}", known)


def _branch(subject: Subject, line: int, item: Any) -> Iterator[Problem]:
    branch = item if isinstance(item, Mapping) else {"name": item}
    if not branch.get("name"):
        yield subject.breach(rules.NO_BRANCH, line, "a branch has no name")
    elif branch.get("class", "deferred") not in CLASSES:
        what = f"branch {branch['name']} is of class {quoted(branch['class'])}"
        yield subject.breach(rules.NO_BRANCH, line, what, f"one of {', '.join(CLASSES)}")
    elif branch.get("phase", PHASES[0]) not in PHASES:
        what = f"branch {branch['name']} starts with {quoted(branch['phase'])}, no phase"
        yield subject.breach(rules.NO_BRANCH, line, what)


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, a folder that is locked
        return False
