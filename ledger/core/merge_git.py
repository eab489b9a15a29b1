"""Merging as git's driver: three files in, the result in the second one."""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ledger.core import git
from ledger.core.files import write_atomic
from ledger.core.merge import Merged, merge
from ledger.errors import LedgerError, SkillError, UsageError

_PATTERN: Final = "skills/**/*.md"
_ATTRIBUTE: Final = "merge=ledger"
_LABELS: Final = ("ours", "base", "theirs")
# Above this number git means that it could not merge, not how many conflicts there are.
_MOST_CONFLICTS: Final = 127


def merge_files(
    base: Path, ours: Path, theirs: Path, *, where: str, marker_size: int
) -> tuple[Merged, SkillError | None]:
    """Merge three versions of a skill file into `ours`, as a merge driver of git does.

    Args:
        base: what both branches began with.
        ours: our version; gets the result.
        theirs: their version.
        where: how people know the file.
        marker_size: the length of a conflict marker.

    Returns:
        What came of it, and why it was merged as plain text; None if it was merged by meaning.

    Raises:
        LedgerError: a file cannot be read, or git cannot merge it.
    """
    try:
        versions = [path.read_bytes() for path in (base, ours, theirs)]
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise UsageError(what, where=str(error.filename)) from None
    merged, problem = _merge(versions, where, marker_size)
    write_atomic(ours, merged.text.encode(errors="surrogateescape"))
    return merged, problem


def _merge(versions: list[bytes], where: str, marker_size: int) -> tuple[Merged, SkillError | None]:
    def lines(*texts: str) -> tuple[str, bool]:
        return merge_lines(texts, where, marker_size)

    try:
        old, one, two = (raw.decode() for raw in versions)
        return merge(old, one, two, lines, where=where, marker_size=marker_size), None
    except UnicodeDecodeError:
        problem = SkillError("not UTF-8 text", where=where)
    except SkillError as found:
        problem = found
    text, clean = lines(*(raw.decode(errors="surrogateescape") for raw in versions))
    return Merged(text, () if clean else ("file",)), problem


def merge_lines(versions: Sequence[str], where: str, marker_size: int = 7) -> tuple[str, bool]:
    """Merge base, ours and theirs line by line, as git itself does.

    Returns:
        The result, and whether it is clean.

    Raises:
        LedgerError: git cannot merge them; they are not text.
    """
    options = ["-p", "--diff3", f"--marker-size={marker_size}"]
    labels = [word for label in _LABELS for word in ("-L", label)]
    with tempfile.TemporaryDirectory() as folder:
        paths = {label: Path(folder) / label for label in _LABELS}
        for label, text in zip(("base", "ours", "theirs"), versions, strict=True):
            paths[label].write_bytes(text.encode(errors="surrogateescape"))
        done = git.run(Path(folder), "merge-file", *options, *labels, *map(str, paths.values()))
    if done.returncode > _MOST_CONFLICTS:
        why = done.stderr.decode(errors="replace").strip().replace(f"{folder}/", "")
        raise LedgerError(f"git cannot merge it: {why}", where=where, fix="take one side's file")
    return done.stdout.decode(errors="surrogateescape"), done.returncode == 0


def install(root: Path, *, dry_run: bool = False) -> list[str]:
    """Make git merge the project's skills by meaning; give what was changed, nothing if nothing.

    Args:
        root: the project's folder.
        dry_run: change nothing.

    Raises:
        UsageError: the project is in no git repository.
        LedgerError: git refuses.
    """
    if git.run(root, "rev-parse", "--git-dir").returncode:
        raise UsageError("not in a git repository", where=str(root), fix="git init")
    attributes = root / ".gitattributes"
    old = attributes.read_bytes() if attributes.exists() else b""
    new = _with_attribute(old)
    settings = {key: value for key, value in _settings().items() if _setting(root, key) != value}
    if not dry_run:
        if new != old:
            write_atomic(attributes, new)
        for key, value in settings.items():
            _configure(root, key, value)
    changed = [f".gitattributes: {_PATTERN} {_ATTRIBUTE}"] if new != old else []
    return changed + [f"git config {key}: {value}" for key, value in settings.items()]


def _with_attribute(text: bytes) -> bytes:
    rows = [row.split() for row in text.decode(errors="replace").splitlines()]
    if any(row[:1] == [_PATTERN] and _ATTRIBUTE in row for row in rows):
        return text
    gap = b"\n" if text and not text.endswith(b"\n") else b""
    return text + gap + f"{_PATTERN} {_ATTRIBUTE}\n".encode()


def _settings() -> dict[str, str]:
    command = Path(sys.executable).with_name("ledger")
    # Given whole: git may be run where the environment of this command is not on the path.
    ledger = shlex.quote(str(command)) if command.exists() else "ledger"
    return {
        "merge.ledger.name": "phase ledgers, by meaning",
        "merge.ledger.driver": f"{ledger} merge %O %A %B --marker-size %L --path %P",
    }


def _setting(root: Path, key: str) -> str:
    return git.run(root, "config", "--local", "--get", key).stdout.decode().strip()


def _configure(root: Path, key: str, value: str) -> None:
    done = git.run(root, "config", "--local", key, value)
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip()
        raise LedgerError(f"git config refused: {why}", where=str(root))
