"""What pages are worth, short enough for one row."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.flow.evidence import PageEvidence
from ledger.pages.state import worst


def worth(evidence: Iterable[PageEvidence]) -> str:
    """What some pages are worth together, in a word or two; `no pages` of none."""
    pages = list(evidence)
    if not pages:
        return "no pages"
    if any(page.problem for page in pages):
        return "broken"
    return worst(state.state for page in pages for state in page.states) or "no blocks"
