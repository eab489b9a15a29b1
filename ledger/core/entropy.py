"""The entropy budget of a plan: what it may spend on the unplanned, in exact decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from ledger.errors import SkillError

FLOOR: Final = Decimal("0.01")


@dataclass(frozen=True)
class Budget:
    """What a plan may draw; a share of its effort, so 0.05 is five per cent."""

    planned: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)

    @classmethod
    def read(cls, raw: object, where: str = "") -> Budget:
        """Read the `entropy` mapping of a header; missing keys count as zero.

        Raises:
            SkillError: a value is not a decimal number.
        """
        values = raw if isinstance(raw, Mapping) else {}
        return cls(*(_decimal(values, key, where) for key in ("planned", "spent", "returned")))

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


def _decimal(values: Mapping[str, object], key: str, where: str) -> Decimal:
    raw = values.get(key, 0)
    try:
        number = Decimal(str(raw))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise SkillError(
            f"entropy.{key} is {raw!r}, not a number", where=where, fix="write a decimal like 0.05"
        )
    return number
