"""The release notes: the changelog of the project, release by release."""

from __future__ import annotations

import re
from typing import NamedTuple

from ledger.core.skill import sections
from ledger.errors import PageError
from ledger.flow.brief import items
from ledger.site import sources

_RELEASE = re.compile(r"\[?(?P<name>[^\]\s]+)\]?(?: - (?P<day>\d{4}-\d\d-\d\d))?")


class Release(NamedTuple):
    """One release, or what is not released yet.

    Attributes:
        name: its version.
        day: its day; empty if it has none.
        kinds: what was added, changed, removed ..., each with its items.
    """

    name: str
    day: str
    kinds: dict[str, tuple[str, ...]]

    @property
    def anchor(self) -> str:
        """What a link to it ends with: `v1-2-0`, `unreleased`."""
        plain = re.sub(r"[^\w]+", "-", self.name.lower())
        return f"v{plain}" if plain[0].isdigit() else plain


def notes() -> list[Release]:
    """The releases of `CHANGELOG.md`, in its order.

    Raises:
        PageError: there is no changelog, or a heading of it is no release.
    """
    path = sources.project().root / "CHANGELOG.md"
    if not path.is_file():
        raise PageError("no changelog", where="CHANGELOG.md", fix="write one: keepachangelog.com")
    found: list[Release] = []
    for part in re.split(r"^## ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        release = _RELEASE.fullmatch(title.strip())
        if not release:
            fix = "write it like: ## 1.2.3 - 2026-01-31"
            raise PageError(f"not a release: {title}", where="CHANGELOG.md", fix=fix)
        kinds = {kind: items(body) for kind, body in sections(text).items()}
        found.append(Release(release["name"], release["day"] or "", kinds))
    return found
