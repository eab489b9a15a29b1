"""What `ledger init` wrote, so that a later version can tell a team's edits from its own text."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ledger.errors import LedgerError

FILE: Final = ".ledger-init.json"
"""The record's name, in the project's folder; it is committed."""
_SCHEMA: Final = "phase-ledger/init-record/v1"


@dataclass(frozen=True)
class Record:
    """What was written, and of what.

    Attributes:
        template: the template's name.
        name: the project's name, as the template's files say it.
        version: the version of this program that wrote it.
        files: SHA-256 of each file as it was written, by path.
        texts: the text of those files that people edit, to merge their edits with a newer one.
    """

    template: str
    name: str
    version: str
    files: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps({"schema": _SCHEMA, **vars(self)}, indent=2, sort_keys=True) + "\n"


def read(root: Path) -> Record | None:
    """Read the record of a project; None if it has none.

    Raises:
        LedgerError: it cannot be read.
    """
    path = root / FILE
    try:
        raw = json.loads(path.read_text("utf-8"))
        if raw.pop("schema") != _SCHEMA:
            raise ValueError("of another version")
        return Record(**raw)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        fix = "take it out of the history again, or remove it and run `ledger init`"
        raise LedgerError(f"cannot be read: {error}", where=str(path), fix=fix) from None


def sha256(data: bytes) -> str:
    """The digest that the record holds."""
    return hashlib.sha256(data).hexdigest()
