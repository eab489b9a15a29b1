"""Edits of a header that change only the characters they mean to.

New text is spliced in where the old value stands, so comments, order, quotes, blank lines, line
endings, the byte order mark and the body stay as they are by construction. Before anything is
written a second parser, ruamel.yaml, reads the result back and must find exactly what was meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ledger.core.files import locked, write_atomic
from ledger.core.header import Header, Value
from ledger.core.phases import PHASES
from ledger.core.skill import Skill
from ledger.errors import SkillError

# A tab before a comment is YAML, and the first parser takes it; ruamel.yaml does not.
_TAB: Final = re.compile(r"\t[ \t]*#")


class Edit:
    """Changes to one skill's header: collected, shown as a diff, written at once."""

    def __init__(self, skill: Skill) -> None:
        self.skill = skill
        self.text = skill.text
        self._meant: dict[tuple[str, ...], str] = {}

    def set(self, *path: str, to: str) -> None:
        """Give the scalar at `path` the value `to`, in the quotes it has.

        Raises:
            SkillError: there is no such scalar, or it is an anchor or an alias.
        """
        value = self._locate(path)
        old = self.text[value.start : value.end]
        if old.startswith(("&", "*", "!")):
            raise self._refuse(path, "is an anchor, an alias or tagged")
        quote = old[:1] if old[:1] in {"'", '"'} else ""
        blank = " " if value.start == value.end else ""
        self._splice(value.start, value.end, f"{blank}{quote}{to}{quote}")
        self._meant[path] = to

    def note(self, *path: str, text: str) -> None:
        """Make `text` the comment behind the scalar at `path`; in place of the one it has.

        Raises:
            SkillError: there is no such scalar, or `text` is more than one line.
        """
        if len(text.splitlines()) > 1 or not text.isprintable():
            raise self._refuse(path, "takes a note of one printable line")
        value = self._locate(path)
        newline = self.text.find("\n", value.end)
        end = newline if newline >= 0 else len(self.text)
        end -= self.text.endswith("\r", 0, end)
        self._splice(value.end, end, f"  # {text}")

    def settle(self, phase: str, status: str, note: str) -> None:
        """Write a phase's status and note; a phase that the ledger lacks gets its line in order."""
        header = Header(self.text, self.skill.where)
        ledger = header.entries("phase_ledger")
        if phase in ledger:
            self.set("phase_ledger", phase, to=status)
        elif header.line("phase_ledger", phase):
            raise self._refuse(("phase_ledger", phase), "is not a single word")
        else:
            self._insert_phase(ledger, phase, status)
        if note:
            self.note("phase_ledger", phase, text=note)

    def diff(self) -> str:
        """The change as a unified diff; empty if there is none."""
        before, after = (t.splitlines(keepends=True) for t in (self.skill.text, self.text))
        where = self.skill.where
        return "".join(difflib.unified_diff(before, after, f"a/{where}", f"b/{where}", n=1))

    def write(self) -> None:
        """Write the file, whole or not at all.

        Raises:
            LedgerError: another command is writing, or the file changed since it was read.
        """
        self.check()
        path = self.skill.path
        with locked(path):
            if path.read_bytes() != self.skill.text.encode():
                raise SkillError(
                    "changed since it was read",
                    where=self.skill.where,
                    fix="run the command again",
                )
            write_atomic(path, self.text.encode())

    def _locate(self, path: tuple[str, ...]) -> Value:
        value = Header(self.text, self.skill.where).value(*path)
        if value is None:
            raise self._refuse(path, "is not in the front matter")
        return value

    def _splice(self, start: int, end: int, new: str) -> None:
        self.text = self.text[:start] + new + self.text[end:]

    def _insert_phase(self, ledger: dict[str, Value], phase: str, status: str) -> None:
        earlier = PHASES[: PHASES.index(phase)]
        anchor = next((ledger[p] for p in reversed(earlier) if p in ledger), None)
        if anchor is None:
            raise self._refuse(("phase_ledger", phase), "has no earlier phase to stand after")
        line_start = self.text.rfind("\n", 0, anchor.start) + 1
        line_end = self.text.index("\n", anchor.end)
        line = self.text[line_start:line_end]
        indent = line[: len(line) - len(line.lstrip())]
        ending = "\r\n" if line.endswith("\r") else "\n"
        self._splice(line_end + 1, line_end + 1, f"{indent}{phase}: {status}{ending}")
        self._meant["phase_ledger", phase] = status

    def check(self) -> None:
        """Read the new text with a second parser, which must find what was meant.

        Raises:
            SkillError: it would no longer be YAML, or would say something else.
        """
        try:
            header = Header(self.text, self.skill.where)
            source = _TAB.sub(" #", self.text[header.start : header.end])
            data = YAML(typ="safe").load(source)
        except (SkillError, YAMLError) as error:
            problem = getattr(error, "problem", None) or getattr(error, "what", "broken")
            raise self._refuse((), f"would no longer be YAML: {problem}") from None
        for path, meant in self._meant.items():
            if str(_at(data, path)) != meant:
                raise self._refuse(path, f"would read {_at(data, path)!r}, not {meant!r}")

    def _refuse(self, path: tuple[str, ...], why: str) -> SkillError:
        key = ".".join(path) or "the front matter"
        return SkillError(
            f"{key} {why}; nothing was written",
            where=self.skill.where,
            fix="edit the line by hand",
        )


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data
