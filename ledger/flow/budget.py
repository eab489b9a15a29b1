"""Postings in a plan's book: sip draws, pour gives back, tithe takes back what was poured."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ledger.core.edit import Edit
from ledger.core.entropy import Budget
from ledger.core.phases import PHASES
from ledger.core.skill import Skill
from ledger.errors import GateError, LedgerError, SkillError, UsageError
from ledger.flow.halts import depleted, mend, refuse_depleted
from ledger.flow.keys import touch

_AMOUNT = re.compile(r"(\d+(\.\d*)?|\.\d+)", re.ASCII)
_PLACES = 6


class Posting(NamedTuple):
    """An entry in a plan's book.

    Attributes:
        amount: what was moved; a share of the plan's effort.
        before: the book as it was.
        after: the book as it is.
        warning: what the caller should know; empty if nothing.
    """

    amount: Decimal
    before: Budget
    after: Budget
    warning: str = ""


def read_amount(text: str) -> Decimal:
    """Read an amount: greater than 0, at most six decimals, without zeros at its end.

    Raises:
        UsageError: it is none.
    """
    amount = Decimal(text if _AMOUNT.fullmatch(text) else 0).normalize()
    if amount <= 0 or -int(amount.as_tuple().exponent) > _PLACES:
        raise UsageError(
            f"{text!r} is not an amount",
            fix="give a number above 0 with at most six decimals, like 0.01",
        )
    return amount


def sip(edit: Edit, amount: Decimal, today: date) -> Posting:
    """Draw `amount`: it is added to what was spent.

    Raises:
        HaltError: the plan halts already.
        LedgerError: there is less left, or the book cannot be written.
    """
    skill = edit.skill
    refuse_depleted(skill)
    _refuse_more_than(skill.budget.remaining, amount, skill, "sip")
    return _post(edit, "spent", amount, amount, today)


def pour(edit: Edit, amount: Decimal, today: date) -> Posting:
    """Give `amount` back unused: it is added to what was returned.

    Raises:
        HaltError: the plan is overdrawn.
        LedgerError: there is less left, or the book cannot be written.
    """
    if edit.skill.budget.remaining < 0:
        raise depleted(edit.skill)
    _refuse_more_than(edit.skill.budget.remaining, amount, edit.skill, "pour")
    return _post(edit, "returned", amount, amount, today)


def tithe(edit: Edit, amount: Decimal | None, today: date) -> Posting:
    """Take back `amount` of what was returned, by default all: it can be drawn again.

    Only REFLECT does that: while it is the open phase, and on the day on which it settled.

    Raises:
        GateError: it is not REFLECT's turn.
        LedgerError: less was returned, or the book cannot be written.
    """
    skill = edit.skill
    if not _reflecting(skill, today):
        raise GateError(
            "only REFLECT tithes: while it is open, or on the day it settled",
            where=f"{skill.where}:{skill.entry('REFLECT').line or 1}",
            fix=f"ledger advance {skill.name}" if skill.current else "",
        )
    amount = skill.budget.returned if amount is None else amount
    _refuse_more_than(skill.budget.returned, amount, skill, "tithe")
    return _post(edit, "returned", amount, -amount, today)


def _post(edit: Edit, figure: str, amount: Decimal, change: Decimal, today: date) -> Posting:
    skill = edit.skill
    figures = skill.header.entries("entropy")
    if old := [key for key in ("budget", "remaining") if key in figures]:
        raise SkillError(
            f"entropy.{old[0]} is a key that is read and never written",
            where=f"{skill.where}:{figures[old[0]].line}",
            fix=f"ledger fix {skill.name} --write",
        )
    before: Budget = skill.budget
    total: Decimal = getattr(before, figure) + change
    if figure in figures:
        edit.set("entropy", figure, to=f"{total:f}")
    else:
        edit.insert("entropy", figure, to=f"{total:f}")
    touch(edit, today)
    after = before._replace(**{figure: total})
    return Posting(amount, before, after, _rest_that_halts(skill, after))


def _rest_that_halts(skill: Skill, after: Budget) -> str:
    if not after.depleted(unsettled=skill.current is not None):
        return ""
    return f"{after.remaining:f} is left, too little to go on; {mend(skill, after)}"


def _refuse_more_than(there: Decimal, amount: Decimal, skill: Skill, verb: str) -> None:
    if 0 < amount <= there:
        return
    if there:
        what, fix = f"cannot {verb} {amount:f}: {there:f} is there", f"{verb} at most {there:f}"
    elif verb == "tithe":
        what, fix = "nothing was returned, so nothing can be taken back", ""
    else:
        what, fix = "the book is settled: nothing is left", "raise entropy.planned to draw more"
    raise LedgerError(what, where=_where(skill), fix=fix)


def _reflecting(skill: Skill, today: date) -> bool:
    last, current = skill.entry(PHASES[-1]), skill.current
    if current:
        return current.phase == last.phase
    return last.note.startswith(today.isoformat()) or last.debt.since == today


def _where(skill: Skill) -> str:
    return f"{skill.where}:{skill.header.line('entropy') or 1}"
