"""The Markdown extensions that the site renders pages with."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from ledger.errors import PageError

SUPERFENCES: Final = "pymdownx.superfences"
_SNIPPETS: Final = "pymdownx.snippets"
_OWN: Final = "ledger.blocks"
# It gives headings ids and links, which takes a while, and leaves all else as it is.
_CONTENTS: Final = "toc"
# Without a site: those of Material for MkDocs in which a fence can stand, or that make room for it.
_USUAL: Final = (
    *("admonition", "attr_list", "def_list", "footnotes", "md_in_html", "tables"),
    *("pymdownx.details", SUPERFENCES, "pymdownx.tabbed"),
)


def site_extensions(root: Path) -> dict[str, dict[str, Any]]:
    """The Markdown extensions of `mkdocs.yml`, with their settings, without this project's own.

    Left out too is the table of contents, which no fence depends on.
    Settings that name Python objects are left out: they choose how a thing looks, not what it is.
    Without `mkdocs.yml` they are the usual ones of Material for MkDocs.

    Raises:
        PageError: `mkdocs.yml` is not YAML.
    """
    file = root / "mkdocs.yml"
    if file.is_file():
        return _listed(file.read_text("utf-8"), root)
    usual: dict[str, dict[str, Any]] = {name: {} for name in _USUAL}
    usual[SUPERFENCES]["preserve_tabs"] = usual["pymdownx.tabbed"]["alternate_style"] = True
    return usual


@lru_cache(maxsize=8)
def _listed(text: str, root: Path) -> dict[str, dict[str, Any]]:
    """The extensions that the text of a `mkdocs.yml` lists; every page of a site asks for them."""
    found: dict[str, dict[str, Any]] = {}
    config = _read(text)
    named = config.get("markdown_extensions") if isinstance(config, dict) else None
    for item in named or []:
        pairs = item.items() if isinstance(item, dict) else [(item, None)]
        for name, settings in pairs:
            kept = {k: v for k, v in (settings or {}).items() if v is not None}
            kept.pop("custom_fences", None)
            found[name] = kept
    for name in (_OWN, _CONTENTS):
        found.pop(name, None)
    found.setdefault(SUPERFENCES, {})["preserve_tabs"] = True
    if _SNIPPETS in found:
        # MkDocs is run in the project's folder, other commands anywhere below it.
        base = found[_SNIPPETS].get("base_path", ".")
        folders = [base] if isinstance(base, str) else base
        found[_SNIPPETS]["base_path"] = [str(root / folder) for folder in folders]
    return found


def _read(text: str) -> Any:
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)  # type: ignore[attr-defined]
    loader.add_multi_constructor("!", lambda *_: None)  # type: ignore[attr-defined]
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        fix = "correct the line, or one above it"
        raise PageError(
            f"broken YAML: {error.problem}", where=f"mkdocs.yml:{line}", fix=fix
        ) from None
