"""The reader's side of the comparison: what MkDocs itself makes of a page, read from its HTML.

It shares nothing with `ledger.pages`: MkDocs parts the front matter, expands the macros, includes
the snippets and renders; superfences is told to write each fence out as it took it.
"""

from __future__ import annotations

import html
from typing import Any, NamedTuple

from bs4 import BeautifulSoup, Tag
from markdown import Markdown
from markdown.extensions import Extension
from pymdownx.superfences import SuperFencesCodeExtension

COMMANDS = {"verify", "skip", "show"}


class Shown(NamedTuple):
    """A fence that the reader sees: the first word of its info string, its classes, its text."""

    language: str
    classes: tuple[str, ...]
    text: str

    @property
    def command(self) -> bool:
        """Whether it is one of the project's commands."""
        return bool(COMMANDS & {*self.classes})


def _write_out(src: str, language: str, classes: list[str], **_: Any) -> str:
    told = html.escape(f"{language} {' '.join(classes)}", quote=True)
    return f'<pre class="oracle" title="{told}">{html.escape(src, quote=False)}</pre>'


class OracleExtension(Extension):
    """Lets superfences write each fence out plainly; it follows superfences."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  # the name is Markdown's
        for extension in md.registeredExtensions:
            if isinstance(extension, SuperFencesCodeExtension):
                extension.superfences[0]["formatter"] = _write_out


def makeExtension(**settings: Any) -> OracleExtension:  # noqa: N802  # the name is Markdown's
    """Give Markdown the extension."""
    return OracleExtension(**settings)


def shown(page: str) -> list[Shown]:
    """The fences of a page's HTML, in order, as a person could see them."""
    found = []
    for element in BeautifulSoup(page, "html.parser").select("pre.oracle"):
        if not any(_hidden(parent) for parent in element.parents):
            language, *classes = str(element["title"]).split(" ")
            found.append(Shown(language, tuple(classes), element.get_text()))
    return found


def _hidden(element: Tag) -> bool:
    unseen = element.name in {"template", "script", "style", "textarea", "noscript"}
    style = str(element.get("style", "")).replace(" ", "")
    return unseen or "hidden" in element.attrs or "display:none" in style
