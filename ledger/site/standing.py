"""How the runbooks of a project stand: what of them holds, and what does not."""

from __future__ import annotations

from collections import Counter
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from ledger.pages.state import BlockState, State
from ledger.site import marks, tables
from ledger.site.html import render
from ledger.site.marks import Mark


@pass_context
def standing(context: Context) -> str:
    """All pages with commands in a few lines: how many hold, in which state their commands are."""
    rows = tables.evidence(str(context["page"].url))
    doubtful = [row for row in rows if not all(state.state.holds for state in row["states"])]
    return render(
        "standing",
        total=tables.total(rows),
        holding=len(rows) - len(doubtful),
        shares=_shares([state for row in rows for state in row["states"]]),
        doubtful=doubtful,
    )


def _shares(states: list[BlockState]) -> list[dict[str, Any]]:
    """Each state that some command is in, best first, with its part of them all in per cent."""
    found = Counter(state.state for state in states)
    return [
        {
            "mark": Mark(marks.tone(state), f"{found[state]} {state}"),
            "percent": f"{100 * found[state] / len(states):.1f}",
        }
        for state in State
        if found[state]
    ]
