"""Writing a plan: all of it or, where that fails, none of it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ledger import __version__
from ledger.adopt.plan import WRITTEN, Action, Change
from ledger.adopt.record import FILE, Record, sha256
from ledger.adopt.template import ASSETS
from ledger.core.files import locked, write_atomic
from ledger.errors import LedgerError


def write(root: Path, changes: Iterable[Change], record: Record) -> None:
    """Write the files of a plan, the record last.

    Raises:
        LedgerError: one of them cannot be written; those before it are as they were.
    """
    done: list[Change] = []
    before = (root / FILE).read_bytes() if (root / FILE).exists() else None
    text = record.to_json().encode()
    last = Change(FILE, Action.UPDATE, before, text)
    todo = [change for change in changes if change.action in WRITTEN]
    where = root
    try:
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / FILE):
            for change in [*todo, *([last] if text != before else [])]:
                where = root / change.path
                done.append(change)
                write_atomic(where, change.new)
    except BaseException as error:
        for change in reversed(done):
            _undo(root, change)
        if isinstance(error, OSError):
            what = f"cannot be written: {error.strerror}; nothing was changed"
            raise LedgerError(what, where=str(where)) from None
        raise


def _undo(root: Path, change: Change) -> None:
    path = root / change.path
    if change.old is not None:
        write_atomic(path, change.old)
        return
    with contextlib.suppress(OSError):  # it may be what could not be written
        path.unlink()
    folder = path.parent
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def recorded(
    template: str,
    name: str,
    old: Record | None,
    changes: Iterable[Change],
    files: Mapping[str, bytes],
    settled: Collection[str],
) -> Record:
    """What the record says once the changes are written.

    A conflict keeps what was recorded before, so that it is told until it is settled.
    """
    digests = dict(old.files) if old else {}
    texts = dict(old.texts) if old else {}
    for change in changes:
        path, new = change.path, files.get(change.path)
        ours = change.action in WRITTEN or change.action is Action.SAME or path in settled
        if new is None or not ours:
            continue
        digests[path] = sha256(new)
        if not path.endswith(".md") and path not in ASSETS:
            texts[path] = new.decode()
    return Record(template, name, __version__, digests, texts)
