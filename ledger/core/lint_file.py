"""Rules of the file as a whole: whether it can be read at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ledger.core import lint_rules as rules
from ledger.core.header import Header
from ledger.core.lint_subject import Subject
from ledger.core.problem import Problem
from ledger.core.skill import Skill, fence_after
from ledger.errors import SkillError

_CONFLICT: Final = re.compile(r"^<{7} ", re.MULTILINE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# How a header's refusal begins, and the rule that it breaks.
_REFUSALS: Final = {
    "no front matter": rules.NO_HEADER,
    "front matter is never closed": rules.NOT_CLOSED,
    "key ": rules.TWINS,
    "no phase_ledger": rules.NO_LEDGER,
}


def read_skill(path: Path, where: str) -> Skill | Problem:
    """The skill in a file, or the one problem that hides it."""
    try:
        data = path.read_bytes()
        text = data.decode()
    except UnicodeDecodeError as error:
        return rules.UNREADABLE.at(where, data.count(b"\n", 0, error.start) + 1, "not UTF-8 text")
    except OSError as error:
        why = (error.strerror or "it is no file").lower()
        return rules.UNREADABLE.at(where, 1, f"cannot be read: {why}", "make it a file of text")
    try:
        return Skill(path, where, text)
    except SkillError as error:
        return _unreadable(text, where, error)


def body_problems(subject: Subject) -> Iterator[Problem]:
    """A code fence that swallows the rest of the body."""
    skill, fence, opened = subject.skill, "", 0
    first = subject.line_at(skill.header.body)
    for number, line in enumerate(skill.body.split("\n"), first):
        before, fence = fence, fence_after(line, fence)
        if not before:
            opened = number
    if fence:
        yield subject.breach(rules.OPEN_FENCE, opened, f"the fence {fence} is never closed")


def _unreadable(text: str, where: str, error: SkillError) -> Problem:
    line = error.where.removeprefix(f"{where}:")
    number = int(line) if line.isdecimal() else 1
    if conflict := _CONFLICT.search(text):
        number = text.count("\n", 0, conflict.start()) + 1
        return rules.CONFLICT.at(where, number, "a merge was left unfinished here")
    rule = next((r for start, r in _REFUSALS.items() if error.what.startswith(start)), rules.BROKEN)
    if rule is rules.NO_LEDGER:
        return _no_ledger(text, where)
    if rule is rules.NO_HEADER and not text.strip():
        return rule.at(where, 1, "the file is empty")
    if rule is rules.BROKEN:
        return _broken(text, where, number, error.what)
    return rule.at(where, number, error.what)


def _no_ledger(text: str, where: str) -> Problem:
    header = Header(text, where)
    if line := header.line("phase_ledger"):
        what = "phase_ledger is not a mapping of phases to statuses"
        return rules.NO_LEDGER.at(where, line, what, "write one phase: status a line below it")
    if found := re.search(r"^[ \t]*phase_ledger:", text[header.body :], re.MULTILINE):
        line = text.count("\n", 0, header.body + found.start()) + 1
        what = f"no phase_ledger in the front matter; the one on line {line} is text"
        return rules.NO_LEDGER.at(where, 1, what)
    return rules.NO_LEDGER.at(where, 1, "no phase_ledger in the front matter")


def _broken(text: str, where: str, number: int, what: str) -> Problem:
    """YAML's own words, and a better fix than the rule's where the place allows one."""
    fix = ""
    if "control characters" in what and (control := _CONTROL.search(text)):
        number = text.count("\n", 0, control.start()) + 1
        fix = f"delete the character {control[0]!r}"
    elif "\t" in text.split("\n")[number - 1]:
        fix = "indent with blanks; YAML takes no tabs there"
    elif "not a mapping" in what:
        fix = "write key: value on each line"
    return rules.BROKEN.at(where, number, what.partition("\n")[0], fix)
