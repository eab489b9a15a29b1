"""Fenced blocks exactly as the site renders them.

superfences itself is the parser: the page is rendered with the site's own Markdown extensions and
a formatter that leaves a marker in place of each fence. A marker that reaches the HTML outside a
comment is a block that the reader sees; anything else is not one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import markdown
import yaml
from pymdownx.superfences import SuperFencesBlockPreprocessor, SuperFencesCodeExtension

from ledger.errors import PageError

SUPERFENCES: Final = "pymdownx.superfences"
OWN: Final = "ledger.blocks"
_MARKER = "ledger-fence-{}-"
MARKED: Final = re.compile(r"ledger-fence-(\d+)-")
COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_FENCE_LINE = re.compile(r"^[ \t>]*(`{3,}|~{3,})[ \t]*(?P<info>[^`]*\S)[ \t]*$")


@dataclass(frozen=True)
class Fence:
    """One fenced block that the reader sees.

    Attributes:
        info: what stands behind the opening fence: language and attributes.
        text: its lines as rendered, without the container's indentation.
        line: line of the opening fence, from 1, in the text that was parsed.
        end: line of the closing fence.
    """

    info: str
    text: str
    line: int
    end: int


class Recorder:
    """Notes each fence that superfences takes, and where it stood.

    Attributes:
        found: the fences, in the order in which superfences takes them.
    """

    def __init__(self) -> None:
        self.found: list[Fence] = []
        self._lines: list[str] = []
        self._text = ""

    def format(self, src: str, **_: Any) -> str:
        """Stand in for superfences' own formatter: leave a marker, keep the text."""
        self._text = src
        return _MARKER.format(len(self.found))

    def attach(self, md: markdown.Markdown) -> Callable[..., str]:
        """Listen to superfences; give its own formatter, which this one stands in for.

        Raises:
            PageError: superfences is not among the extensions.
        """
        for extension in md.registeredExtensions:
            if isinstance(extension, SuperFencesCodeExtension):
                self._listen(md.preprocessors["fenced_code_block"])
                formatter: Callable[..., str] = extension.superfences[0]["formatter"]
                extension.superfences[0]["formatter"] = self.format
                return formatter
        raise PageError(f"{SUPERFENCES} is missing", where="mkdocs.yml", fix="list it")

    def _listen(self, preprocessor: SuperFencesBlockPreprocessor) -> None:
        search, store = preprocessor.search_nested, preprocessor._store

        def listening_search(lines: list[str]) -> list[str]:
            self._lines = lines
            return list(search(lines))

        def listening_store(source: str, code: str, start: int, end: int) -> None:
            if MARKED.match(code):
                info = _FENCE_LINE.match(self._lines[start].rstrip("\r"))
                self.found.append(Fence(info["info"] if info else "", self._text, start + 1, end))
            store(source, code, start, end)

        preprocessor.search_nested = listening_search
        preprocessor._store = listening_store


def site_extensions(root: Path) -> dict[str, dict[str, Any]]:
    """The Markdown extensions of `mkdocs.yml`, with their settings, without this project's own.

    Settings that name Python objects are left out: they choose how a thing looks, not what it is.

    Raises:
        PageError: `mkdocs.yml` is not YAML.
    """
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)  # type: ignore[attr-defined]
    loader.add_multi_constructor("!", lambda *_: None)  # type: ignore[attr-defined]
    try:
        config = yaml.load((root / "mkdocs.yml").read_text("utf-8"), Loader=loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PageError(f"broken YAML: {error.problem}", where=f"mkdocs.yml:{line}") from None
    found: dict[str, dict[str, Any]] = {}
    for item in config.get("markdown_extensions") or []:
        pairs = item.items() if isinstance(item, dict) else [(item, None)]
        for name, settings in pairs:
            kept = {k: v for k, v in (settings or {}).items() if v is not None}
            kept.pop("custom_fences", None)
            found[name] = kept
    found.pop(OWN, None)
    found.setdefault(SUPERFENCES, {})["preserve_tabs"] = True
    return found


def parse(
    body: str, extensions: dict[str, dict[str, Any]], where: Callable[[int], str]
) -> list[Fence]:
    """The fences of a Markdown body, in the order in which the reader meets them.

    Args:
        body: Markdown without front matter.
        extensions: what `site_extensions` gives.
        where: gives `file:line` for a line of `body`.

    Raises:
        PageError: a line looks like a fence of this project and is not rendered as one, or an
            extension is not installed.
    """
    recorder = Recorder()
    try:
        md = markdown.Markdown(extensions=list(extensions), extension_configs=extensions)
    except ModuleNotFoundError as error:
        raise PageError(f"no Markdown extension {error.name}", where="mkdocs.yml") from None
    recorder.attach(md)
    html = md.convert(body)
    _refuse_lost(body, recorder.found, where)
    return [recorder.found[number] for number in visible(html)]


def visible(html: str) -> list[int]:
    """The numbers of the fences that the reader sees, in order: in a comment he sees none."""
    return [int(mark[1]) for mark in MARKED.finditer(COMMENT.sub("", html))]


def _refuse_lost(body: str, taken: list[Fence], where: Callable[[int], str]) -> None:
    """Fail on a command fence that the reader would see as running text."""
    covered = {line for fence in taken for line in range(fence.line, fence.end + 1)}
    for number, line in enumerate(body.splitlines(), 1):
        opening = _FENCE_LINE.match(line)
        if opening and number not in covered and re.search(r"[{.]", opening["info"]):
            raise PageError(
                "this fence is not rendered as code: unclosed, or its attributes are malformed",
                where=where(number),
                fix="close it, and write ```bash {.verify name=... timeout=...}",
            )
