"""What `ledger init` would do to each file, and why: nothing is written here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from ledger.adopt.record import Record, sha256
from ledger.adopt.template import ASSETS
from ledger.core.diff import diff
from ledger.core.merge_git import merge_lines
from ledger.errors import LedgerError, UsageError

_IGNORED: Final = ("/.ledger/", "/site/", ".*.new")
_IGNORE_FILE: Final = ".gitignore"


class Action(StrEnum):
    """What becomes of a file."""

    CREATE = "create"
    APPEND = "append"
    UPDATE = "update"
    MERGE = "merge"
    SAME = "same"
    KEEP = "keep"
    GONE = "gone"
    CONFLICT = "conflict"


WRITTEN: Final = frozenset({Action.CREATE, Action.APPEND, Action.UPDATE, Action.MERGE})


class Change(NamedTuple):
    """One file.

    Attributes:
        path: relative to the project.
        action: what becomes of it.
        old: what it holds; None if it is not there.
        new: what it is to hold; for a conflict, what this version would have written.
        base: what was written before; of a conflict only.
        why: a clause for people; empty where the action says it all.
    """

    path: str
    action: Action
    old: bytes | None
    new: bytes
    base: str = ""
    why: str = ""

    def diff(self) -> str:
        """The change as a diff; of a conflict, what is new in this version."""
        if self.action not in WRITTEN | {Action.CONFLICT}:
            return ""
        old = None if self.old is None else _text(self.old)
        before = self.base if self.action is Action.CONFLICT else old
        return diff(before, _text(self.new), self.path)


def plan(
    root: Path,
    files: Mapping[str, bytes],
    record: Record | None,
    *,
    update: bool = False,
    settled: Collection[str] = (),
) -> list[Change]:
    """Decide about each file of a template; what a team wrote is never lost.

    Args:
        root: the project's folder.
        files: the template's files.
        record: what was written before.
        update: bring what was written before up to this version.
        settled: files of which the team says that they are as they should be.

    Raises:
        UsageError: a file that cannot be there, or leads out of the project.
    """
    changes = [_ignore(root)]
    for path, new in files.items():
        old = _read(root, path)
        changes.append(_change(path, old, new, record, update=update and path not in settled))
    return changes


def _read(root: Path, path: str) -> bytes | None:
    place = root / path
    try:
        if not place.resolve().is_relative_to(root.resolve()):
            raise UsageError("leads out of the project", where=str(place), fix="remove the link")
        return place.read_bytes()
    except FileNotFoundError:
        return None
    except (IsADirectoryError, NotADirectoryError):
        what = "something else has the name of a file or folder that is needed"
        raise UsageError(what, where=str(place), fix="move it away") from None
    except (OSError, RuntimeError) as error:  # not ours to read; links that lead to each other
        raise UsageError(f"cannot be read: {error}", where=str(place), fix="mend it") from None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _ignore(root: Path) -> Change:
    old = _read(root, _IGNORE_FILE)
    text = _text(old or b"")
    lacking = [line for line in _IGNORED if line not in text.splitlines()]
    gap = "\n" if lacking and text and not text.endswith("\n") else ""
    new = text + gap + "".join(f"{line}\n" for line in lacking)
    action = Action.CREATE if old is None else Action.APPEND if lacking else Action.SAME
    return Change(_IGNORE_FILE, action, old, new.encode("utf-8", "surrogateescape"))


def _change(
    path: str, old: bytes | None, new: bytes, record: Record | None, *, update: bool
) -> Change:
    before = record.files.get(path) if record else None
    if old is None:
        if before:
            return Change(path, Action.GONE, old, new, why="removed since; left out")
        return Change(path, Action.CREATE, old, new)
    if old == new:
        return Change(path, Action.SAME, old, new)
    if before is None:
        return Change(path, Action.KEEP, old, new, why="it was there before")
    if not update or path.endswith(".md") or sha256(new) == before:
        edited = "" if sha256(old) == before else "edited here"
        return Change(path, Action.KEEP, old, new, why=edited)
    if sha256(old) == before:
        return Change(path, Action.UPDATE, old, new)
    return _merge(path, old, new, record.texts.get(path, "") if record else "")


def _merge(path: str, old: bytes, new: bytes, base: str) -> Change:
    """Lay the edits of a team over a newer text, with git's three-way merge."""
    why = "edited here, and changed by this version"
    if path not in ASSETS and base:
        try:
            text, clean = merge_lines((base, _text(old), _text(new)), path)
        except LedgerError as error:
            text, clean, why = "", False, f"not merged: {error.what}"
        if clean:
            merged = text.encode("utf-8", "surrogateescape")
            action = Action.SAME if merged == old else Action.MERGE
            return Change(path, action, old, merged, why="your edits are kept")
    return Change(path, Action.CONFLICT, old, new, base, why)
