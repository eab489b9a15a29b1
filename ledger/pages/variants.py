"""A page's variants: what else it is verified with, and the version that a name promises."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from ledger.errors import PageError

# It becomes part of a file's name; a version alone would be a number in YAML.
_NAME: Final = re.compile(r"[a-z][a-z0-9.-]*")
_PROMISE: Final = re.compile(r"(?P<tool>.+?)-(?P<release>[0-9].*)")


def read_variants(
    raw: Mapping[str, Any], noted: Collection[str], where: str
) -> dict[str, tuple[str, ...]]:
    """The fixtures that hold in addition while a page runs as a variant, by its name.

    Args:
        raw: `variants:` of the front matter.
        noted: what a run of the page notes the version of.
        where: the page, for errors.

    Raises:
        PageError: one of them cannot be used, or promises a version that no run notes.
    """
    found = {}
    for name, fixtures in raw.items():
        if not _NAME.fullmatch(str(name)) or not isinstance(fixtures, list):
            raise PageError(
                f"variant {name} cannot be used",
                where=f"{where}:1",
                fix="write variants: {nats-server-2.15: [FIXTURE]}; a name begins with a small "
                "letter",
            )
        for tool in promised(str(name)):
            if tool not in noted:
                raise PageError(
                    f"variant {name} promises a version of {tool}, and the page notes none",
                    where=f"{where}:1",
                    fix=f"versions: {{{tool}: COMMAND}}; noted are {', '.join(noted) or 'none'}",
                )
        found[str(name)] = tuple(str(fixture) for fixture in fixtures)
    return found


def promised(variant: str) -> dict[str, str]:
    """What a name of the form TOOL-VERSION says that a run has: `nats-server-2.15`.

    Returns:
        The version, or what it begins with, by the tool; empty if the name has no version.
    """
    found = _PROMISE.fullmatch(variant)
    return {found["tool"]: found["release"]} if found else {}
