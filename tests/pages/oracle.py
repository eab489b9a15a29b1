"""The reader's side of the comparison: what MkDocs makes of a page, and a browser of its HTML.

It shares nothing with `ledger.pages`: MkDocs parts the front matter, expands the macros, includes
the snippets and renders; superfences is told to write each fence out as it took it.
"""

from __future__ import annotations

import html
from typing import Any, NamedTuple

from markdown import Markdown
from markdown.extensions import Extension
from playwright.sync_api import Page
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


_SEEN = """() => {
  document.querySelectorAll("details").forEach(details => details.open = true)
  return [...document.querySelectorAll("pre.oracle")]
    .filter(element => element.checkVisibility({visibilityProperty: true}))
    .map(element => [element.title, element.textContent])
}"""


def _write_out(src: str, language: str, classes: list[str], **_: Any) -> str:
    told = html.escape(f"{language} {' '.join(classes)}", quote=True)
    return f'<pre class="oracle" title="{told}">\n{html.escape(src, quote=False)}</pre>'


class OracleExtension(Extension):
    """Lets superfences write each fence out plainly; it follows superfences."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  # the name is Markdown's
        for extension in md.registeredExtensions:
            if isinstance(extension, SuperFencesCodeExtension):
                extension.superfences[0]["formatter"] = _write_out


def makeExtension(**settings: Any) -> OracleExtension:  # noqa: N802  # the name is Markdown's
    """Give Markdown the extension."""
    return OracleExtension(**settings)


def shown(tab: Page, page: str) -> list[Shown]:
    """The fences that a browser shows of a page's HTML, in order; what is folded is opened."""
    tab.set_content(page)
    found = tab.evaluate(_SEEN)
    return [Shown(said.split(" ")[0], tuple(said.split(" ")[1:]), text) for said, text in found]
