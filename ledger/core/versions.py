"""The versions of one file that git holds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

from ledger.core import git

_HEADER: Final = "\x01"
# -c shows a merge only where its result is that of no parent, with what each parent had.
_LOG: Final = (
    *("-c", "log.showSignature=false", "log", "--raw", "-z", "--no-abbrev", "--no-color", "-M"),
    f"--format={_HEADER}%H%x02%at%x02%aN%x02%D",
)
_COMBINED: Final = "::"
# How git names the oldest commit of a shallow clone: what it holds was not made there.
_CUT: Final = "grafted"


class Version(NamedTuple):
    """What one commit made of a file.

    Attributes:
        commit: its hash.
        seconds: when its author made it, in seconds since 1970; the same after a rebase.
        author: its author's name.
        cut: whether the history is cut off here, so that what it changed cannot be told.
        parents: the blob that each parent had; one that git does not know where it had none.
        blob: the blob since.
    """

    commit: str
    seconds: int
    author: str
    cut: bool
    parents: tuple[str, ...]
    blob: str

    @property
    def day(self) -> date:
        """The day on which its author made it, in UTC."""
        return datetime.fromtimestamp(self.seconds, UTC).date()


def versions(path: Path) -> Iterator[Version]:
    """Every commit that changed the file, parents before children; none outside git.

    Renames are followed, copies are not; a commit that removed the file is left out.
    """
    names = [f":(top,literal){name}" for name in _names(path)]
    order = ("--full-history", "--date-order", "--reverse", "-c")
    for header, raw, _ in _records(path, *order, "--", *names) if names else ():
        commit, seconds, author, refs = header
        count = len(raw) - len(raw.lstrip(":"))
        *parents, blob = raw.split()[count + 1 : 2 * count + 2]
        if not raw.endswith("D"):
            cut = _CUT in refs.split(", ")
            yield Version(commit, int(seconds), author, cut, tuple(parents), blob)


def blobs(path: Path, names: Sequence[str]) -> list[bytes]:
    """What git holds under each name; nothing under one that it does not know."""
    stream = BytesIO(
        git.output(path.parent, "cat-file", "--batch", stdin=os.fsencode("\n".join(names)))
    )
    found: list[bytes] = []
    while head := stream.readline():
        size = int(head.split()[-1]) if b" blob " in head else None
        found.append(b"" if size is None else stream.read(size + 1)[:size])
    return found + [b""] * (len(names) - len(found))


def shallow(path: Path) -> bool:
    """Whether the clone lacks old commits."""
    return git.output(path.parent, "rev-parse", "--is-shallow-repository").strip() == b"true"


def _names(path: Path) -> list[str]:
    """The names that the file has had, from the top of the repository."""
    names: dict[str, None] = {}
    for _, raw, paths in _records(path, "--follow", "--", path.name, literal=True):
        copied = raw.split()[-1].startswith("C")
        names.update(dict.fromkeys(paths[-1:] if copied else paths))
        if copied:  # git would go on with the other file
            break
    return list(names)


def _records(
    path: Path, *options: str, literal: bool = False
) -> Iterator[tuple[list[str], str, list[str]]]:
    """The log's records: the commit's fields, the raw line, the one path or the two."""
    literally = ("--literal-pathspecs",) if literal else ()
    told = git.output(path.parent, *literally, *_LOG, *options)
    tokens = iter(os.fsdecode(told).split("\0"))
    header: list[str] = []
    for token in tokens:
        plain = token.lstrip("\n")
        if plain.startswith(_HEADER):
            readable = os.fsencode(plain).decode(errors="replace")
            header = readable.removeprefix(_HEADER).split("\x02")
        elif plain.startswith(":"):
            renamed = not plain.startswith(_COMBINED) and plain.split()[-1][0] in "RC"
            yield header, plain, [next(tokens) for _ in range(1 + renamed)]
