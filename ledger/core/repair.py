"""What `ledger fix` mends: other words for what the ledger knows, never what only people know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from ledger.core import lint_rules as rules
from ledger.core.edit import Edit
from ledger.core.entropy import clean
from ledger.core.layout import Layout
from ledger.core.lint_budget import contradictions, read_book, spent_by
from ledger.core.lint_ledger import kept_note, respelled
from ledger.core.phases import PHASES, Status
from ledger.core.problem import Rule
from ledger.core.repair_layout import in_order, without_braces
from ledger.core.skill import Skill
from ledger.errors import SkillError

_LEDGER: Final = "phase_ledger"


class Change(NamedTuple):
    """One repair.

    Attributes:
        code: the rule that was broken.
        line: where, in the file as it was.
        what: what becomes of it, in one clause.
    """

    code: str
    line: int
    what: str


class Repair(NamedTuple):
    """What became of a skill's faults.

    Attributes:
        changes: the repairs that were made.
        refused: why others were not; nothing of them was changed.
    """

    changes: tuple[Change, ...]
    refused: tuple[SkillError, ...]


class _Step(NamedTuple):
    change: Change
    make: Callable[[Edit], None]


def repair(edit: Edit) -> Repair:
    """Mend what has only one meaning, one fault after the other; a fault that resists stays."""
    changes: list[Change] = []
    refused: dict[str, SkillError] = {}
    before = edit.skill
    # Braces go first, so that comments stay beside their phases; empty ones need a phase before.
    for steps in (_names, _braces, _missing, _braces, _order, _words, _noise, _figures):
        for step in steps(_now(edit), before):
            try:
                trial = Edit(_now(edit))
                step.make(trial)
                trial.check()
                step.make(edit)
                changes.append(step.change)
            except SkillError as error:
                refused[str(error)] = error
    return Repair(tuple(sorted(changes, key=lambda change: change[1::-1])), tuple(refused.values()))


def _now(edit: Edit) -> Skill:
    return Skill(edit.skill.path, edit.skill.where, edit.text)


def _later(change: Callable[..., None], *path: str, **to: str) -> Callable[[Edit], None]:
    return lambda edit: change(edit, *path, **to)


def _change(rule: Rule, before: Skill, what: str, *path: str) -> Change:
    """A change on the line on which the key at `path` stood, or the nearest key around it."""
    lines = (before.header.line(*path[:depth]) for depth in range(len(path), 0, -1))
    return Change(rule.code, next(filter(None, lines), 1), what)


def _names(skill: Skill, before: Skill) -> Iterator[_Step]:
    for phase, name in respelled(Layout(skill.header).pairs(_LEDGER)).items():
        change = _change(rules.RESPELLED, before, f"{name!r} -> {phase}", _LEDGER, name)
        yield _Step(change, _later(Edit.rename, _LEDGER, name, to=phase))


def _missing(skill: Skill, before: Skill) -> Iterator[_Step]:
    names = Layout(skill.header).pairs(_LEDGER)
    for phase in PHASES:
        if phase not in names:
            change = _change(rules.MISSING, before, f"{phase}: pending, added", _LEDGER)
            yield _Step(change, _later(Edit.insert, _LEDGER, phase, to=Status.PENDING.value))


def _braces(skill: Skill, before: Skill) -> Iterator[_Step]:
    layout = Layout(skill.header)
    if layout.in_braces(_LEDGER) and layout.pairs(_LEDGER):
        change = _change(rules.BRACES, before, "one line a phase in place of braces", _LEDGER)
        yield _Step(change, without_braces)


def _order(skill: Skill, before: Skill) -> Iterator[_Step]:
    names = [name for name in Layout(skill.header).pairs(_LEDGER) if name in PHASES]
    places = [PHASES.index(name) for name in names]
    late = [b for (a, _), (b, name) in pairwise(zip(places, names, strict=True)) if a > b]
    if late:
        phase = PHASES[late[0]]
        change = _change(rules.ORDER, before, "phases put in order", _LEDGER, phase)
        yield _Step(change, in_order)


def _words(skill: Skill, before: Skill) -> Iterator[_Step]:
    for entry in skill.ledger[: len(PHASES)]:
        if entry.line and not entry.strict and (entry.status or not entry.raw):
            status = entry.status or Status.PENDING
            make = _later(Edit.settle, entry.phase, status.value, kept_note(entry))
            rule = rules.ALIAS if entry.raw else rules.EMPTY
            what = f"{entry.phase}: {entry.raw or 'nothing'} -> {status}"
            change = _change(rule, before, what, _LEDGER, entry.phase)
            yield _Step(change, make)


def _noise(skill: Skill, before: Skill) -> Iterator[_Step]:
    for key, number in read_book(skill.header).items():
        plain = clean(number)
        if plain != number:
            what = f"{key}: {number} -> {plain:f}"
            change = _change(rules.NOISE, before, what, "entropy", key)
            yield _Step(change, _later(Edit.set, "entropy", key, to=f"{plain:f}"))


def _figures(skill: Skill, before: Skill) -> Iterator[_Step]:
    """Give figures their names; what contradicts another figure is left to people."""
    book = read_book(skill.header)
    for old, new in (("budget", "planned"), ("remaining", "spent")):
        if old in book and old not in contradictions(book):
            value = f"{spent_by(book):f}" if old == "remaining" else ""
            yield _figure(before, old, new, new in book, value)


def _figure(before: Skill, old: str, new: str, there: bool, value: str) -> _Step:
    """Drop the figure `old` if `new` is there and says the same; else make it that one."""

    def make(edit: Edit) -> None:
        if there:
            edit.remove("entropy", old)
            return
        edit.rename("entropy", old, to=new)
        if value:
            edit.set("entropy", new, to=value)

    what = f"{old} dropped; {new} says it" if there else f"{old} -> {new}" + f" {value}".rstrip()
    return _Step(_change(rules.OLD_NAMES, before, what, "entropy", old), make)
