"""What a project's own settings must say for its site to show what was verified."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_NEEDED: Final = {
    "ledger.blocks": "markdown_extensions: the evidence at each block",
    "ledger.site.pluglet": "plugins: macros: modules: the pages' evidence as a whole",
    "<!--[": "plugins: macros: j2_variable_start_string: how pages call it",
    "assets/ledger.css": "extra_css: how it looks",
    "assets/ledger.js": "extra_javascript: the form of a page's parameters",
}


def lacking(root: Path) -> list[str]:
    """What `mkdocs.yml` and the folder lack, each as a sentence; nothing if there is no site."""
    config = root / "mkdocs.yml"
    text = config.read_text("utf-8", "replace") if config.is_file() else ""
    found = [
        f"mkdocs.yml does not name {word} ({what})"
        for word, what in _NEEDED.items()
        if text and word not in text
    ]
    top = next((up for up in root.resolve().parents if (up / ".git").exists()), None)
    if not (root / ".git").exists() and top and (root / ".github").is_dir():
        found.append(f"GitHub runs workflows of {top}/.github only: move this one there")
    return found
