"""Whose a page is, and whom to wake."""

from __future__ import annotations

from ledger.core.forest import find_skill
from ledger.core.project import Project
from ledger.errors import LedgerError
from ledger.pages.page import Page

KEYS = ("owner", "escalate")


def people(project: Project, page: Page) -> dict[str, str]:
    """What a page says of `owner` and `escalate`, or, where it says nothing, its skill."""
    own = {key: page.meta.get(key) for key in KEYS}
    if not all(own.values()) and page.meta.get("skill"):
        own = _of_skill(project, str(page.meta["skill"])) | {k: v for k, v in own.items() if v}
    return {key: str(own[key]) for key in KEYS if own.get(key)}


def _of_skill(project: Project, name: str) -> dict[str, object]:
    try:
        return dict(find_skill(project, name).header.data)
    except LedgerError:  # told of the skill, and by the check of the page
        return {}
