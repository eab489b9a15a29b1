"""The entropy budget of a plan: what it may spend on the unplanned, in exact decimals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from ledger.errors import SkillError

FLOOR: Final = Decimal("0.01")
FIGURES: Final = ("planned", "budget", "spent", "returned", "remaining")
# Beyond this, sums would no longer be exact; a share of a plan's effort is about 0.05.
MOST: Final = Decimal(1_000_000)
# People write hundredths, at times thousandths; programs leave a dozen places and more.
_NOISY_PLACES: Final = 9
_PLACES: Final = Decimal("0.000001")
_TINY: Final = Decimal("1e-9")


class Budget(NamedTuple):
    """What a plan may draw; a share of its effort, so 0.05 is five per cent."""

    planned: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)

    @classmethod
    def read(cls, figures: Mapping[str, str], where: str = "") -> Budget:
        """Read the figures of a header's `entropy`, as written; missing ones count as zero.

        `budget` is read as `planned`; `remaining` without `spent` says what was spent. The noise
        of binary fractions is left out: 0.30000000000000004 is 0.3.

        Raises:
            SkillError: a figure is no decimal number.
        """
        read = {
            key: clean(decimal(figures[key], f"entropy.{key}", where))
            for key in FIGURES
            if figures.get(key)
        }
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
        used = f"spent {self.spent:f} + returned {self.returned:f}"
        return f"{used} of {self.planned:f} ({self.remaining:f} left)"


def clean(number: Decimal) -> Decimal:
    """The figure that was meant by one with the noise of binary fractions."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= _NOISY_PLACES or abs(number) >= MOST:
        return number
    plain = number.quantize(_PLACES)
    return plain.normalize() + 0 if abs(number - plain) < _TINY else number


def decimal(text: str, name: str, where: str) -> Decimal:
    """Read a figure of a book, exactly as it is written.

    Raises:
        SkillError: it is no decimal number.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise SkillError(
            f"{name} is {text!r}, not a number",
            where=where,
            fix="write a decimal like 0.05",
        )
    return number
