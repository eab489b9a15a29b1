"""What pages were read as in the build before, kept while nothing changes that it depends on.

To read a page is to render it once more than the site does. Each build compares the commands that
were read with those that it renders, and stops where they differ; commands that run a page, or say
what its evidence is worth, read it anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import markdown
from pymdownx.__meta__ import __version__ as extensions_version

from ledger.core.files import write_atomic
from ledger.pages import fences, places
from ledger.pages.fences import Fence

# Those that read nothing but the page: not so snippets, and nobody knows of others.
_PURE: Final = frozenset(
    (
        *("abbr", "admonition", "attr_list", "def_list", "footnotes", "md_in_html", "tables"),
        *(f"pymdownx.{name}" for name in ("arithmatex", "betterem", "caret", "details", "emoji")),
        *(f"pymdownx.{name}" for name in ("highlight", "inlinehilite", "keys", "magiclink")),
        *(f"pymdownx.{name}" for name in ("mark", "saneheaders", "smartsymbols", "superfences")),
        *(f"pymdownx.{name}" for name in ("tabbed", "tasklist", "tilde")),
    )
)

# The readings of this process, by the digest of what they depend on.
_used: Final[dict[str, list[list[Any]]]] = {}


def parse(
    body: str,
    extensions: dict[str, dict[str, Any]],
    where: Callable[[int], str],
    root: Path = Path(),
) -> list[Fence]:
    """`fences.parse`, or what it gave in the build before; arguments and errors are the same."""
    if not extensions.keys() <= _PURE:
        return fences.parse(body, extensions, where, root)
    key = hashlib.sha256(json.dumps([_reader(), extensions, body]).encode()).hexdigest()
    if key not in _used and key in (kept := _kept(_file(root))):
        _used[key] = kept[key]
    if key not in _used:
        found = fences.parse(body, extensions, where, root)
        _used[key] = [[fence.info, fence.text, fence.line, fence.end] for fence in found]
    return [Fence(info, text, at, end, where(at)) for info, text, at, end in _used[key]]


def keep(root: Path) -> None:
    """Keep the readings of this process, and no others, where files can be written."""
    if _used != _kept(_file(root)):
        with contextlib.suppress(OSError):
            write_atomic(_file(root), json.dumps(_used).encode())


def _file(root: Path) -> Path:
    return root / ".ledger" / "readings.json"


@cache
def _kept(file: Path) -> dict[str, list[list[Any]]]:
    """The readings of the build before; none if they cannot be read."""
    try:
        return dict(json.loads(file.read_bytes()))
    except (OSError, ValueError, TypeError):
        return {}


@cache
def _reader() -> list[str]:
    """What decides how a page is read, beside the page and the site's settings."""
    own = (Path(str(module.__file__)).read_bytes() for module in (fences, places))
    digests = [hashlib.sha256(code).hexdigest() for code in own]
    # Python's own parser of HTML reads what stands around the fences.
    return [sys.version, markdown.__version__, extensions_version, *digests]
