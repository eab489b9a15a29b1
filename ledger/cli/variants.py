"""How commands tell what the evidence of a page's variants is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ledger.cli.common import wrapped

if TYPE_CHECKING:
    from datetime import date

    from ledger.core.project import Project
    from ledger.pages.page import Page


def documents(
    project: Project, page: Page, now: date, block: str | None = None
) -> list[dict[str, Any]]:
    """Each variant that a page declares, as `--json` tells it.

    Args:
        project: the project.
        page: the page.
        now: the UTC day to measure age against.
        block: the one block to tell of; None for the page's least trusted.
    """
    from ledger.pages.state import least_trusted, variant_states

    found = []
    for name, states in variant_states(project, page, now).items():
        asked = [state for state in states if block is None or state.block.name == block]
        state = least_trusted(asked)
        lock = state.lock
        verify = f"ledger verify --variant {name} --update-lock {page.where}"
        found.append(
            {
                "name": name,
                "state": state.state,
                "why": state.why,
                "verified": lock.verified.isoformat() if lock else None,
                "age_days": (now - lock.verified).days if lock else None,
                "versions": dict(sorted(lock.versions.items())) if lock else {},
                "mend": None if state.state.holds else verify,
            }
        )
    return found


def lines(variants: list[dict[str, Any]], versions: Mapping[str, str]) -> Iterator[str]:
    """A line a variant, and the command that mends it.

    Args:
        variants: as `documents` gives them.
        versions: what the page's own run ran against: what is the same is not told again.
    """
    for variant in variants:
        told = f"{variant['name']}: {variant['state']}"
        if variant["verified"]:
            other = {k: v for k, v in variant["versions"].items() if versions.get(k) != v}
            against = ", ".join(f"{name} {version}" for name, version in other.items())
            told += f" {variant['verified']}" + (f" on {against}" if against else "")
            told += f"; {variant['why']}" if variant["why"] else ""
        yield from wrapped("  also    ", told)
        if variant["mend"]:
            yield f"          {variant['mend']}"
