"""What a phase may draw on the plan's budget, and how its activities share that."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Final

from ledger.core.entropy import FLOOR
from ledger.core.phases import PHASES
from ledger.core.skill import Skill

_STEP: Final = Decimal("0.001")
_ROWS: Final = 6


def draw(skill: Skill, phase: str) -> Decimal:
    """What this phase may draw: an even share of what is left, or all of it.

    All of it where a share would leave a rest that halts the plan. Zero if nothing is left.
    """
    remaining = skill.budget.remaining
    if remaining < FLOOR:
        return Decimal(0)
    others = sum(not e.settled and e.phase != phase for e in skill.ledger[: len(PHASES)])
    share = (remaining / (others + 1)).quantize(_STEP, ROUND_DOWN)
    return share if others and remaining - share >= FLOOR and share else remaining


def allocate(amount: Decimal, activities: Sequence[tuple[str, int]]) -> list[tuple[str, Decimal]]:
    """Divide `amount` by weights, exactly: the parts are decimals whose sum is `amount`.

    Parts are whole thousandths, or finer if the amount is; what rounding leaves goes to those that
    it took most from. Beyond six activities the last row stands for the rest.
    """
    if not amount or not activities:
        return []
    rows = _grouped(activities)
    step = min(_STEP, Decimal(1).scaleb(amount.as_tuple().exponent))  # type: ignore[arg-type]
    units, total = int(amount / step), sum(weight for _, weight in rows)
    parts = [units * weight // total for _, weight in rows]
    lost = [units * weight % total for _, weight in rows]
    for index in sorted(range(len(rows)), key=lambda i: -lost[i])[: units - sum(parts)]:
        parts[index] += 1
    return [(name, part * step) for (name, _), part in zip(rows, parts, strict=True)]


def _grouped(activities: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    if len(activities) <= _ROWS:
        return list(activities)
    rest = activities[_ROWS - 1 :]
    return [*activities[: _ROWS - 1], (f"{len(rest)} more", sum(weight for _, weight in rest))]
