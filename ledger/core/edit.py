"""Edits of a header that change only the characters they mean to.

New text is spliced in where the old stands, so comments, order, quotes, blank lines, line endings,
the byte order mark and the body stay as they are by construction. Before anything is written a
second parser, ruamel.yaml, reads the result back and must find exactly what was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from ledger.core.diff import diff
from ledger.core.files import locked, write_atomic
from ledger.core.forest import find_skill
from ledger.core.header import Header, Value
from ledger.core.layout import Layout, Splice
from ledger.core.project import Project
from ledger.core.readback import difference, reading, second_reading
from ledger.core.skill import Skill
from ledger.errors import SkillError


class Edit:
    """Changes to one skill's header: collected, shown as a diff, written at once.

    Values, keys and items are YAML as they shall stand in the file: `0.10` stays `0.10`. Every
    change raises SkillError where it cannot be made without a guess; then nothing is written.
    """

    def __init__(self, skill: Skill) -> None:
        self.skill = skill
        self.text = skill.text
        self._meant = reading(skill.header)
        self._notes: dict[tuple[str, ...], str] = {}

    def set(self, *path: str, to: str) -> None:
        """Give the scalar at `path` the value `to`, in the quotes it has.

        Raises:
            SkillError: there is no such scalar, or it is an anchor, an alias or a block of text.
        """
        self._check_line(path, to)
        value = self._locate(path)
        old = self.text[value.start : value.end]
        if old.startswith(("&", "*", "!")):
            raise self._refuse(path, "is an anchor, an alias or tagged")
        if old.startswith(("|", ">")):
            raise self._refuse(path, "is a text of several lines")
        quote = old[:1] if old[:1] in {"'", '"'} else ""
        blank = " " if value.start == value.end else ""
        self._splice(path, Splice(value.start, value.end, f"{blank}{quote}{to}{quote}"))
        self._parent(path)[path[-1]] = to

    def note(self, *path: str, text: str) -> None:
        """Make `text` the comment behind the scalar at `path`, in place of the one it has.

        Args:
            path: the keys that lead to it.
            text: one printable line; empty to take the comment away.

        Raises:
            SkillError: there is no such scalar, or a comment has no place behind it.
        """
        self._check_line(path, text)
        value, layout = self._locate(path), Layout(self._header())
        if layout.in_braces(*path[:-1]):
            raise self._refuse(
                path,
                "stands in braces, where a note has no place",
                fix=f"ledger fix {self.skill.name} --write makes it a block",
            )
        newline = self.text.index("\n", value.end)
        end = newline - self.text.endswith("\r", 0, newline)
        text = text.strip()
        self._splice(path, Splice(value.end, end, f"  # {text}" if text else ""))
        self._notes[path] = text

    def settle(self, phase: str, status: str, note: str) -> None:
        """Write a phase's status and note; a phase that the ledger lacks gets its line in order."""
        header = self._header()
        if phase in header.entries("phase_ledger"):
            self.set("phase_ledger", phase, to=status)
        elif header.line("phase_ledger", phase):
            raise self._refuse(("phase_ledger", phase), "is not a single word")
        else:
            self.insert("phase_ledger", phase, to=status)
        if note:
            self.note("phase_ledger", phase, text=note)

    def insert(self, *path: str, to: str) -> None:
        """Add the value at `path`: a phase in order, a key of the plan before its ledger.

        Raises:
            SkillError: it is there already, or there is no mapping to add it to.
        """
        self._check_line(path, to)
        layout = Layout(self._header())
        pairs = layout.pairs(*path[:-1])
        if path[-1] in pairs:
            raise self._refuse(path, "is there already")
        if "<<" in pairs:
            raise self._refuse(path, "may stand in what << takes in")
        meant = self._yaml(path, to) if to.startswith("{") else to
        self._splice(path, layout.insertion(*path, to=to), "has no mapping to stand in")
        self._parent(path)[path[-1]] = meant

    def append(self, key: str, item: str) -> None:
        """Add one item, a line of YAML, to the plan's list `key`; make the list if it is absent.

        Raises:
            SkillError: `key` is no list, or `item` is no YAML.
        """
        self._check_line((key,), item)
        meant = self._yaml((key,), item)
        layout = Layout(self._header())
        self._splice((key,), layout.addition(key, item), "is not a list")
        self._meant[key] = [*(self._meant.get(key) or ()), meant]

    def remove(self, *path: str) -> None:
        """Drop the scalar at `path` with its line and the comment on it.

        Raises:
            SkillError: there is no such scalar, or its mapping would be left empty.
        """
        self._locate(path)
        layout = Layout(self._header())
        self._splice(path, layout.removal(*path))
        del self._parent(path)[path[-1]]

    def rename(self, *path: str, to: str) -> None:
        """Give the key at `path` the name `to`; its value, place and quotes stay.

        Raises:
            SkillError: there is no such key, or `to` is there already.
        """
        self._check_line(path, to)
        pairs = Layout(self._header()).pairs(*path[:-1])
        if path[-1] not in pairs:
            raise self._refuse(path, "is not in the front matter")
        if to in pairs:
            raise self._refuse((*path[:-1], to), "is there already")
        pair = pairs[path[-1]]
        quote = self.text[pair.key_start] if self.text[pair.key_start] in "'\"" else ""
        self._splice(path, Splice(pair.key_start, pair.key_end, f"{quote}{to}{quote}"))
        parent = self._parent(path)
        parent[to] = parent.pop(path[-1])

    def diff(self) -> str:
        """The change as a unified diff that `git apply` takes; empty if there is none."""
        return diff(self.skill.text, self.text, self.skill.where, context=1)

    def check(self) -> None:
        """Read the new text with a second parser, which must find what was meant and no more.

        Raises:
            SkillError: it would no longer be YAML, or would say something else.
        """
        try:
            header = self._header()
            found = second_reading(header)
        except SkillError as error:
            raise self._refuse((), f"would no longer be YAML: {error.what}") from None
        if wrong := difference(found, self._meant):
            raise self._refuse(wrong.path, f"would read {wrong.found!r}, not {wrong.meant!r}")
        for path, text in self._notes.items():
            value = header.value(*path)
            if value and value.comment != text:
                raise self._refuse(path, f"would have the note {value.comment!r}, not {text!r}")

    def write(self) -> None:
        """Write the file, whole or not at all; a file that stays as it is is not touched.

        Raises:
            LedgerError: another command is writing, or the file changed since it was read.
        """
        self.check()
        path = self.skill.path
        try:
            with locked(path):
                if path.read_bytes() != self.skill.text.encode():
                    raise SkillError(
                        "changed since it was read",
                        where=self.skill.where,
                        fix="run the command again",
                    )
                if self.text != self.skill.text:
                    write_atomic(path, self.text.encode())
        except OSError as error:
            raise SkillError(
                f"cannot be written: {error.strerror}", where=self.skill.where
            ) from None

    def _header(self) -> Header:
        return Header(self.text, self.skill.where)

    def _parent(self, path: tuple[str, ...]) -> Any:
        """The mapping around `path`, in what the header is meant to say."""
        mapping = self._meant
        for key in path[:-1]:
            mapping = mapping[key]
        return mapping

    def _locate(self, path: tuple[str, ...]) -> Value:
        value = self._header().value(*path)
        if value is None:
            raise self._refuse(path, "is not in the front matter")
        return value

    def _splice(self, path: tuple[str, ...], splice: Splice | None, why: str = "") -> None:
        if splice is None:
            raise self._refuse(path, why)
        self.text = self.text[: splice.start] + splice.new + self.text[splice.end :]

    def _yaml(self, path: tuple[str, ...], text: str) -> Any:
        """What `text` says as YAML, every scalar as text."""
        try:
            return yaml.load(text, Loader=yaml.CBaseLoader) or ""  # noqa: S506  # texts only
        except yaml.YAMLError:
            raise self._refuse(path, f"takes no {text!r}: it is no YAML") from None

    def _check_line(self, path: tuple[str, ...], text: str) -> None:
        if not text.isprintable():
            raise self._refuse(path, f"takes one printable line, not {text!r}")

    def _refuse(
        self, path: tuple[str, ...], why: str, fix: str = "edit the line by hand"
    ) -> SkillError:
        key = ".".join(path) or "the front matter"
        return SkillError(f"{key} {why}; nothing was written", where=self.skill.where, fix=fix)


@contextmanager
def editing(
    project: Project, name: str, say: Callable[[str], None] | None = None
) -> Iterator[Edit]:
    """Edit a skill so that no other command's edit is lost: lock, read, change, write.

    The file is written when the block ends, and not when it raises.

    Args:
        project: the project that holds the skill.
        name: the skill's name or path.
        say: is told once if another command is writing and this one waits.

    Raises:
        UsageError: no such skill.
        LedgerError: the file cannot be read, edited or written, or the wait was too long.
    """
    with locked(find_skill(project, name).path, say):
        edit = Edit(find_skill(project, name))
        yield edit
        edit.write()
