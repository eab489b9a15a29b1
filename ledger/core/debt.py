"""Why a phase was put off, as its line in the ledger says it."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from ledger.core.clock import read_day

_REASON = re.compile(r"reason:\s*(?P<rest>.*)")
# Only a known key ends the text before it: reasons hold semicolons and colons of their own.
FIELD = re.compile(r";\s*(?P<key>risk|fallback|owner|until|since):\s*")


class Debt(NamedTuple):
    """What is owed for a skipped, deferred or blocked phase.

    Attributes:
        reason: why it was put off; empty if nothing was said.
        risk: what is accepted by not doing it.
        fallback: what is done instead.
        owner: who will see to it.
        until: the day by which it is due; None if none was set, or it is no date.
        since: the day on which it was put off; None if the line does not say.
    """

    reason: str = ""
    risk: str = ""
    fallback: str = ""
    owner: str = ""
    until: date | None = None
    since: date | None = None

    def __str__(self) -> str:
        """The comment that says all this: `reason: ...; owner: ...; until: ...`."""
        return "; ".join(f"{key}: {value}" for key, value in self._asdict().items() if value)


def read_debt(note: str) -> Debt:
    """Read the comment on a phase's line; what it does not say stays empty."""
    found = _REASON.search(note)
    if not found:
        return Debt()
    reason, *pairs = FIELD.split(found["rest"])
    said = dict(zip(pairs[::2], (text.strip() for text in pairs[1::2]), strict=True))
    days = {key: read_day(said.pop(key, "")) for key in ("until", "since")}
    return Debt(reason.strip(), **said, **days)  # type: ignore[arg-type]
