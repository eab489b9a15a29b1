"""The entropy budget of a plan: what it may spend on the unplanned, in exact decimals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from ledger.errors import SkillError

FLOOR: Final = Decimal("0.01")
_FIGURES: Final = ("planned", "budget", "spent", "returned", "remaining")


class Budget(NamedTuple):
    """What a plan may draw; a share of its effort, so 0.05 is five per cent."""

    planned: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)

    @classmethod
    def read(cls, figures: Mapping[str, str], where: str = "") -> Budget:
        """Read the figures of a header's `entropy`, as written; missing ones count as zero.

        `budget` is read as `planned`; `remaining` without `spent` says what was spent.

        Raises:
            SkillError: a figure is no decimal number.
        """
        read = {key: _decimal(figures, key, where) for key in _FIGURES if figures.get(key)}
        planned = read.get("planned", read.get("budget", Decimal(0)))
        returned = read.get("returned", Decimal(0))
        left = read.get("remaining")
        implied = Decimal(0) if left is None else planned - returned - left
        return cls(planned, read.get("spent", implied), returned)

    @property
    def remaining(self) -> Decimal:
        """What is left to draw; negative when the plan has overdrawn."""
        return self.planned - self.spent - self.returned

    @property
    def settled(self) -> bool:
        """Whether the book is closed: all that was planned is spent or given back."""
        return self.remaining == 0

    def depleted(self, *, unsettled: bool) -> bool:
        """Whether the plan must halt: overdrawn, or nearly empty with phases still to settle."""
        if self.remaining < 0:
            return True
        return unsettled and 0 < self.remaining < FLOOR

    def __str__(self) -> str:
        """The one form of the entropy line in prompts and epilogues."""
        used = f"spent {self.spent} + returned {self.returned}"
        return f"{used} of {self.planned} ({self.remaining} left)"


def _decimal(figures: Mapping[str, str], key: str, where: str) -> Decimal:
    try:
        number = Decimal(figures[key])
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise SkillError(
            f"entropy.{key} is {figures[key]!r}, not a number",
            where=where,
            fix="write a decimal like 0.05",
        )
    return number
