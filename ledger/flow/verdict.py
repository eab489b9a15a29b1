"""What becomes of a plan at its end: archive, upgrade or retain, and one sentence why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ledger.core.phases import Status
from ledger.core.skill import Skill
from ledger.flow.debts import Owed

DECISIONS = ("archive", "upgrade", "retain")

# So many names can be read in one sentence; the epilogue lists all of them.
_FEW: Final = 4


def decide(skill: Skill, owed: Iterable[Owed]) -> str:
    """The decision that the files call for: retain what owes, or is waited on; archive the rest."""
    return "retain" if _open(owed) or skill.strings("enables") else "archive"


def why(skill: Skill, owed: Iterable[Owed], decision: str) -> str:
    """One sentence that says why `decision` is taken.

    Args:
        skill: the plan.
        owed: all that it owes.
        decision: one of DECISIONS.
    """
    owing = _owing([debt.name or debt.where for debt in _open(owed)])
    waiting = ", ".join(skill.strings("enables"))
    waited = f"{waiting} {'wait' if ',' in waiting else 'waits'} on it" if waiting else ""
    facts = " and ".join(filter(None, (owing, waited or "nothing waits on it")))
    if decision == "upgrade":
        return f"A pattern of this plan becomes a skill of its own; {facts}."
    if decision == decide(skill, owed):
        return f"{facts[:1].upper()}{facts[1:]}."
    return f"Decided by a person, although {facts}."


def _owing(names: Sequence[str]) -> str:
    if not names:
        return "nothing is owed"
    listed = ", ".join(names) if len(names) <= _FEW else f"{len(names)} debts"
    return f"{listed} {'is' if len(names) == 1 else 'are'} still owed"


def _open(owed: Iterable[Owed]) -> list[Owed]:
    """The debts that somebody still has to pay; what was skipped with no day set is written off."""
    return [debt for debt in owed if debt.status != Status.SKIPPED or debt.until]
