"""The files of a new project, as this version of the program writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from ledger import __version__
from ledger.core.shipped import shipped
from ledger.errors import UsageError

TEMPLATES: Final = {"minimal": ("minimal",), "backup": ("minimal", "backup")}
"""The folders that make up each template, the first one below the others."""
ASSETS: Final = (
    "docs/assets/ledger.css",
    "docs/assets/ledger.js",
    "docs/schemas/header/page.v1.json",
    "docs/schemas/header/skill.v1.json",
)
"""The site's look, and what editors check front matter with: copied, and not for editing."""
_FOLDER: Final = Path(__file__).parent / "templates"
_RUNBOOK: Final = "docs/runbook/"
_NAME: Final = re.compile(r"[\w][\w .()/-]{0,79}")


def files(template: str, name: str, today: date) -> dict[str, bytes]:
    """The files of a template, by their paths in the project.

    Args:
        template: one of `TEMPLATES`.
        name: the project's name.
        today: the UTC day.

    Raises:
        UsageError: a name that a title cannot be.
    """
    if not _NAME.fullmatch(name):
        what = f"{name!r} is no name for a site"
        raise UsageError(what, fix="--name NAME: letters, digits, blanks and . ( ) / - _")
    texts = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for folder in (_FOLDER / part for part in TEMPLATES[template])
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    words = _words(texts, name, today)
    found = {where: _filled(text, words).encode() for where, text in sorted(texts.items())}
    return found | {asset: shipped(asset).read_bytes() for asset in ASSETS}


def _words(texts: Mapping[str, str], name: str, today: date) -> dict[str, str]:
    """What stands for each `@word@` of the texts."""
    pages = [where for where in texts if where.startswith(_RUNBOOK)]
    on_cluster = any("\ncluster: false\n" not in texts[page] for page in pages)
    return {
        "name": name,
        "version": __version__,
        "today": today.isoformat(),
        "pages": "\n".join(f"      - {page.removeprefix('docs/')}" for page in pages),
        "docs": "\n".join(f"  - {page}" for page in pages),
        "proofs": "\n".join(f'- <!--[ proof("{page}") ]-->' for page in pages),
        "cluster": "- run: ledger cluster up"
        if on_cluster
        else "# A page without `cluster: false` needs one: `- run: ledger cluster up`",
    }


def _filled(text: str, words: Mapping[str, str]) -> str:
    return re.sub("@([a-z]+)@", lambda match: words[match[1]], text)
