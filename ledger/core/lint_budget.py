"""Rules of the entropy budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from ledger.core import lint_rules as rules
from ledger.core.entropy import FIGURES, FLOOR, MOST, Budget, clean, decimal
from ledger.core.header import Header
from ledger.core.lint_subject import Subject
from ledger.core.problem import Problem
from ledger.errors import SkillError


def budget_problems(subject: Subject) -> Iterator[Problem]:
    """Everything in `entropy` that cannot be read, or does not add up."""
    entropy, line = subject.header.data.get("entropy"), subject.line("entropy")
    if entropy is None:
        yield subject.breach(rules.NO_BUDGET, line, "no entropy is planned")
    elif not isinstance(entropy, Mapping):
        yield subject.breach(rules.NO_BOOK, line, "entropy is not a mapping")
    else:
        book = read_book(subject.header)
        keys = subject.layout.pairs("entropy")
        found = [problem for key in keys for problem in _figure(subject, key, book.get(key))]
        yield from found
        yield from _old_names(subject, {key: clean(number) for key, number in book.items()})
        if not any(problem.code == rules.NO_NUMBER.code for problem in found):
            yield from _sums(subject, {key: clean(number) for key, number in book.items()})


def read_book(header: Header) -> dict[str, Decimal]:
    """The figures of `entropy` that can be read, by their keys, as they are written."""
    book: dict[str, Decimal] = {}
    for key, value in header.entries("entropy").items():
        try:
            number = decimal(value.text, key, "")
        except SkillError:
            continue
        if key in FIGURES and value.text and abs(number) < MOST:
            book[key] = number
    return book


def spent_by(book: Mapping[str, Decimal]) -> Decimal | None:
    """What was spent, from what is said to be left; None if that is not said."""
    planned = book.get("planned", book.get("budget"))
    if planned is None or "remaining" not in book:
        return None
    return planned - book.get("returned", Decimal(0)) - book["remaining"]


def contradictions(book: Mapping[str, Decimal]) -> dict[str, str]:
    """Why `budget` and `remaining` cannot be given their names: what they say against others."""
    found = {}
    planned, spent = book.get("planned"), spent_by(book)
    if planned is not None and book.get("budget", planned) != planned:
        found["budget"] = f"planned is {planned}, budget {book['budget']}"
    if spent is None and "remaining" in book:
        found["remaining"] = "what was planned is not said"
    elif spent is not None and spent < 0:
        found["remaining"] = f"{book['remaining']} left is more than there was"
    elif spent is not None and book.get("spent", spent) != spent:
        found["remaining"] = f"{book['remaining']} left means {spent} spent, not {book['spent']}"
    return found


def _figure(subject: Subject, key: str, number: Decimal | None) -> Iterator[Problem]:
    line, value = subject.line("entropy", key), subject.header.value("entropy", key)
    if key not in FIGURES:
        yield subject.breach(rules.NOT_READ, line, f"entropy.{key} is not read")
    elif number is None and not (value and not value.text):
        said = repr(value.text) if value else "more than one figure"
        yield subject.breach(rules.NO_NUMBER, line, f"entropy.{key} is {said}")
    if number is None:
        return
    if clean(number) != number:
        what = f"entropy.{key} is {number}, not {clean(number):f}"
        yield subject.breach(rules.NOISE, line, what)
    if clean(number) < 0 and key != "remaining":
        yield subject.breach(rules.NEGATIVE, line, f"entropy.{key} is {number}")
    if number > 1 and key in {"planned", "budget"}:
        yield subject.breach(rules.TOO_MUCH, line, f"entropy.{key} is {number}")


def _old_names(subject: Subject, book: Mapping[str, Decimal]) -> Iterator[Problem]:
    wrong = contradictions(book)
    for old, new in (("budget", "planned"), ("remaining", "spent")):
        line = subject.line("entropy", old)
        if old in wrong:
            yield subject.breach(rules.SUMS, line, wrong[old])
        elif old in book:
            yield subject.breach(rules.OLD_NAMES, line, f"entropy.{old} stands for {new}")


def _sums(subject: Subject, book: Mapping[str, Decimal]) -> Iterator[Problem]:
    budget = Budget.read({key: str(number) for key, number in book.items()})
    if budget.remaining < 0:
        yield subject.breach(rules.OVERDRAWN, subject.line("entropy"), f"overdrawn: {budget}")
    elif budget.depleted(unsettled=subject.skill.current is not None):
        what = f"less than {FLOOR} is left: {budget}"
        yield subject.breach(rules.DEPLETED, subject.line("entropy"), what)
