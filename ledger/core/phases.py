"""The eleven phases of a plan, in order, and the statuses that each may have."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

SENSE: Final = ("PLAN", "RESEARCH", "DEVELOP", "STRATEGIZE", "CROSS-SYNERGIZE")
ACT: Final = ("IMPLEMENT", "QA", "TEST", "EDUCATE")
REFLECT: Final = ("MEASURE", "REFLECT")
PHASES: Final = (*SENSE, *ACT, *REFLECT)


class Status(StrEnum):
    """What a ledger may say of a phase."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    TOUCHED = "touched"
    COMPLETE = "complete"
    SKIPPED = "skipped"
    DEFERRED = "deferred"
    BLOCKED = "blocked"

    @property
    def settled(self) -> bool:
        """Whether the plan may go on past a phase of this status."""
        return self in SETTLED

    @property
    def done(self) -> bool:
        """Whether the phase's work was really done."""
        return self in {Status.TOUCHED, Status.COMPLETE}

    @property
    def needs_reason(self) -> bool:
        """Whether the status is a debt that must say why."""
        return self in {Status.SKIPPED, Status.DEFERRED, Status.BLOCKED}


# Words that people write for a status: read as it, and mended by `ledger fix`.
ALIASES: Final = {
    "active": Status.IN_PROGRESS,
    "done": Status.COMPLETE,
    "not_applicable": Status.SKIPPED,
    "not_started": Status.PENDING,
    "partial": Status.IN_PROGRESS,
    "planned": Status.PENDING,
}
# How far a phase has come; a lower number than before is a regression.
RANK: Final = {
    Status.PENDING: 0,
    Status.IN_PROGRESS: 1,
    Status.BLOCKED: 1,
    Status.SKIPPED: 2,
    Status.DEFERRED: 2,
    Status.TOUCHED: 3,
    Status.COMPLETE: 4,
}
SETTLED: Final = frozenset({Status.TOUCHED, Status.COMPLETE, Status.SKIPPED, Status.DEFERRED})


def read_status(word: str) -> Status | None:
    """The status that `word` means, in any case and by any alias; None if it means none."""
    plain = word.casefold().replace("-", "_")
    return ALIASES.get(plain) or (Status(plain) if plain in set(Status) else None)


def following(phase: str) -> str | None:
    """The phase after `phase`; None after the last."""
    index = PHASES.index(phase) + 1
    return PHASES[index] if index < len(PHASES) else None
