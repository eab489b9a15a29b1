"""What the values of one key on two branches become: the rules that know what a ledger means."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Context, DecimalException, Inexact, InvalidOperation
from typing import Final, NamedTuple

from ledger.core.clock import read_day
from ledger.core.merge_notes import fields_of, note_of, three_way
from ledger.core.merge_parts import Part
from ledger.core.phases import PHASES, RANK, Status, read_status

# From the most cautious on: of two halts or steps back the one that leaves more open stands.
_CAUTION: Final = (
    Status.BLOCKED,
    Status.PENDING,
    Status.IN_PROGRESS,
    Status.DEFERRED,
    Status.SKIPPED,
    Status.TOUCHED,
    Status.COMPLETE,
)
# A sum that would have to be rounded is refused instead.
_EXACT: Final = Context(prec=60, traps=[InvalidOperation, Inexact])


class Verdict(NamedTuple):
    """How two branches' words for one phase end.

    Attributes:
        stands: the side whose status the phase has.
        yields: the other side.
        rivals: whether both moved the phase, and to different statuses.
    """

    stands: Part
    yields: Part
    rivals: bool


def judge(base: Part | None, ours: Part, theirs: Part) -> Verdict | None:
    """Decide between two branches' words for one phase; None if nobody can but a person.

    A step back, or a halt with a reason, beats progress. Of two halts the more cautious one stands,
    of two steps forward the further one.
    """
    statuses = _status(ours), _status(theirs)
    if None in statuses and three_way(base.word if base else None, ours.word, theirs.word) is None:
        return None
    before = (_status(base) or Status.PENDING) if base else Status.PENDING
    claims = [(_moved(base, side), *_weight(before, side)) for side in (ours, theirs)]
    rivals = all(claim[0] for claim in claims) and statuses[0] != statuses[1]
    stands, yields = (theirs, ours) if claims[1] > claims[0] else (ours, theirs)
    return Verdict(stands, yields, rivals)


def add_up(base: Part | None, ours: Part, theirs: Part) -> str | None:
    """What both branches drew since they parted, added to what was drawn before; None if it fails.

    The same change on both sides is two draws, not one.
    """
    try:
        old, one, two = (_EXACT.create_decimal(p.word if p else 0) for p in (base, ours, theirs))
        total = _EXACT.subtract(_EXACT.add(one, two), old)
    except DecimalException:
        return None
    if one == old or two == old:
        return theirs.value if one == old else ours.value
    quote = ours.value[0] if ours.value[0] in {"'", '"'} else ""
    return f"{quote}{total:f}{quote}" if total.is_finite() and total >= 0 else None


def later(ours: Part | None, theirs: Part | None) -> int:
    """Which side's day is the later one: 1 ours, -1 theirs, 0 neither or no day."""
    days = [read_day(part.word) if part else None for part in (ours, theirs)]
    one, two = days
    return (one > two) - (one < two) if one and two else 0


def in_phase_order(order: list[str], added: Collection[str]) -> list[str]:
    """Put each phase of `added` behind the phases that come before it."""
    placed = list(order)
    for phase in (p for p in PHASES if p in added and p in order):
        placed.remove(phase)
        earlier = PHASES[: PHASES.index(phase)]
        before = [index for index, key in enumerate(placed) if key in earlier]
        placed.insert(before[-1] + 1 if before else 0, phase)
    return placed


def _status(part: Part) -> Status | None:
    return read_status(part.word) if part.word else Status.PENDING


def _reason(part: Part) -> list[str]:
    return fields_of(note_of(part)).get("reason", [])


def _moved(base: Part | None, side: Part) -> bool:
    if base is None:
        return _status(side) is not Status.PENDING
    return (_status(side), _reason(side)) != (_status(base), _reason(base))


def _weight(before: Status, side: Part) -> tuple[bool, int, int, bool]:
    """How strong a side's word is: whether it halts or steps back, then how far it went."""
    status = _status(side) or Status.PENDING
    caution = len(_CAUTION) - _CAUTION.index(status)
    strict = side.word in set(Status)
    if (status.needs_reason and _reason(side)) or RANK[status] < RANK[before]:
        return True, caution, 0, strict
    return False, RANK[status], caution, strict
