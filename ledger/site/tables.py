"""What the templates show of all pages together: what was verified, and what was put off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ledger.core.debt import Debt
from ledger.pages.page import Page
from ledger.pages.state import BlockState, State
from ledger.site import marks, sources, views


def evidence(url: str) -> list[dict[str, Any]]:
    """Every page with commands: how many hold, the last run and what it ran against.

    Args:
        url: of the page that shows them, from which the links lead.
    """
    return [_evidence(page, url) for page in sources.procedures()]


def _evidence(page: Page, url: str) -> dict[str, Any]:
    row = views.short_row(page, url)
    lock = next((state.lock for state in row["states"]), None)
    runs = {name: own for name, own in sources.variants(page).items() if own and own[0].lock}
    return {
        **row,
        "folder": page.where.removeprefix("docs/").rpartition("/")[0],
        "day": str(lock.verified) if lock else "never",
        "versions": marks.versions(lock.versions) if lock else "",
        "variants": [(name, marks.short(own)) for name, own in runs.items()],
    }


def total(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All rows of `evidence` in figures: pages, commands, and how many are in which state."""
    states = [state for row in rows for state in row["states"]]
    days = {state.lock.verified for state in states if state.lock}
    return {
        "pages": len(rows),
        "commands": len(states),
        "mark": marks.short(states),
        "days": [str(day) for day in sorted({min(days), max(days)})] if days else [],
    }


def deferred(url: str) -> list[dict[str, Any]]:
    """What pages put off, a row a reason, the reason with the most commands first."""
    found: dict[Debt, list[tuple[Page, BlockState]]] = {}
    for page in sources.procedures():
        for state in sources.states(page):
            if state.state is State.DEFERRED and state.debt:
                found.setdefault(state.debt, []).append((page, state))
    rows = sorted(found.items(), key=lambda row: -len(row[1]))
    return [_deferred(debt, owing, url) for debt, owing in rows]


def _deferred(debt: Debt, owing: Sequence[tuple[Page, BlockState]], url: str) -> dict[str, Any]:
    more = {"Risk": debt.risk, "Instead": debt.fallback}
    return {
        "reason": debt.reason,
        "more": [(name, text) for name, text in more.items() if text],
        "owner": debt.owner or "nobody",
        "due": str(debt.until or "no day set"),
        "commands": [
            {
                "href": f"{sources.href(page.where, url)}#{state.block.name}",
                "name": state.block.name or state.block.text.partition("\n")[0],
                "page": page.title,
            }
            for page, state in owing
        ],
    }
