"""A plain page as it lies in its file, and its front matter with what it lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.errors import PageError
from ledger.pages.importing.front import with_keys
from ledger.pages.page import split_page

ENDING: Final = re.compile(r"\r\n|\r|\n")
_LINES: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BOM: Final = "\ufeff"


@dataclass(frozen=True)
class Source:
    """A plain page, taken apart.

    Attributes:
        mark: its byte order mark, or nothing.
        lines: its lines, with their ends.
        meta: what its front matter says.
        body: its Markdown below that, with plain line ends.
        before: how many lines stand before the body.
        front_lines: how many of them are the front matter's; 0 without one.
    """

    mark: str
    lines: list[str]
    meta: Mapping[str, Any]
    body: str
    before: int
    front_lines: int

    @classmethod
    def of(cls, data: bytes, where: str) -> Source:
        """Take a page apart.

        Raises:
            PageError: it is not UTF-8 text, or its front matter is broken.
        """
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError:
            raise PageError("not UTF-8 text", where=where, fix="save it as UTF-8") from None
        mark, text = (_BOM, whole[1:]) if whole.startswith(_BOM) else ("", whole)
        plain = ENDING.sub("\n", text)
        bare = plain.lstrip("\n")
        # Without marks at its top, MkDocs may take the first line for metadata; our own come first.
        meta, body = split_page(plain, where) if plain.startswith("---") else ({}, bare)
        for key in ("reasons", "parameters"):
            if not isinstance(meta.get(key) or {}, Mapping):
                raise PageError(f"{key} must be a mapping", where=f"{where}:1")
        before = plain.count("\n", 0, len(plain) - len(body))
        return cls(mark, _LINES.findall(text), meta, body, before, before * (body != bare))

    @property
    def ending(self) -> str:
        """How its first line ends."""
        found = ENDING.search(self.lines[0]) if self.lines else None
        return found[0] if found else "\n"

    def front(self, keys: Mapping[str, Any]) -> list[str]:
        """The lines of its front matter, with these keys."""
        ours = self.lines[: self.front_lines]
        if not ours:
            text = f"---\n{with_keys('', {}, keys)}---\n\n"
            return _LINES.findall(text.replace("\n", self.ending))
        end = max(number for number, line in enumerate(ours) if line.strip())
        yaml_text = ENDING.sub("\n", "".join(ours[1:end]))
        added = with_keys(yaml_text, self.meta, keys)
        middle = ours[1:end] if added == yaml_text else [added.replace("\n", self.ending)]
        return _LINES.findall("".join([ours[0], *middle, *ours[end:]]))
