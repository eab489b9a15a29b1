"""Why a page's tests are put off: the tokens of `reason=`, as the front matter explains them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from ledger.core.clock import read_day
from ledger.core.debt import Debt
from ledger.errors import PageError

# What `ledger import` says of a command that nobody has looked at since.
IMPORTED: Final = {
    "not-reviewed": "It may change something, and nobody has reviewed it for a run.",
    "interactive": "It waits for a person, or never ends.",
    "incomplete": "It leaves something out.",
    "no-example": "It needs a value, and nobody has given one that a run can use.",
    "not-set": "It needs a value of a block that does not run.",
}
_TEXTS: Final = ("text", "risk", "fallback", "owner")
_DAYS: Final = ("until", "since")


def read_reasons(table: Mapping[str, Any], where: str) -> dict[str, Debt]:
    """Read `reasons:`, each a sentence or `{text: ..., owner: ..., until: ..., since: ...}`.

    Args:
        table: the mapping, token to explanation.
        where: how errors name the page.

    Raises:
        PageError: an explanation says nothing, has an unknown key, or a day that is none.
    """
    return {str(token): _read(str(token), raw, f"{where}:1") for token, raw in table.items()}


def _read(token: str, raw: object, here: str) -> Debt:
    said = raw if isinstance(raw, Mapping) else {"text": raw}
    if unknown := [str(key) for key in said if key not in (*_TEXTS, *_DAYS)]:
        fix = f"one of {', '.join((*_TEXTS, *_DAYS))}"
        raise PageError(f"reason {token} has an unknown key {unknown[0]!r}", where=here, fix=fix)
    if not said.get("text"):
        fix = f"write {token}: one sentence, or {{text: one sentence, owner: ..., until: ...}}"
        raise PageError(f"reason {token} says nothing", where=here, fix=fix)
    reason, risk, fallback, owner = (str(said.get(key) or "") for key in _TEXTS)
    until, since = (_day(token, key, said.get(key), here) for key in _DAYS)
    return Debt(reason, risk, fallback, owner, until, since)


def _day(token: str, key: str, raw: object, here: str) -> date | None:
    if raw is None:
        return None
    if found := read_day(str(raw)):
        return found
    what = f"{key} of reason {token} is {raw!r}, not a day"
    raise PageError(what, where=here, fix="write YYYY-MM-DD")
