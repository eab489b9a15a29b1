"""What a plan's own keys say of its ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ledger.core.phases import PHASES, Status

# What a branch does to its plan: stops it, runs beside it, waits for its day, came to nothing.
CLASSES: Final = ("blocking", "parallel", "deferred", "void")
# Words for a whole plan that its ledger decides; any other is a person's, such as dormant.
PLAN_WORDS: Final = ("pending", "active", "complete")


def derived(statuses: Sequence[Status | None], header: Mapping[str, object]) -> dict[str, str]:
    """What `status` and `progress` of a header must be.

    Only keys that the header has; `status` only where it is a word that the ledger decides, and
    `progress` only where it is a whole number.

    Args:
        statuses: the eleven phases' statuses, in order; None for a word that means none.
        header: the header as read.
    """
    closed = sum(s is Status.SKIPPED or bool(s and s.done) for s in statuses)
    begun = any(s not in {None, Status.PENDING} for s in statuses)
    meant: dict[str, str] = {}
    if header.get("status") in PLAN_WORDS and begun:
        meant["status"] = "complete" if closed == len(PHASES) else "active"
    if isinstance(header.get("progress"), int):
        meant["progress"] = str(100 * closed // len(PHASES))
    return meant
