"""The attributes of a fence: a strict reading, so that a typo is an error and never ignored."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from ledger.errors import PageError

KINDS: Final = ("verify", "skip", "show", "expect")
MATCHES: Final = ("exact", "like", "regex", "contains", "json")
# Classes of the theme that may stand beside ours.
THEME: Final = ("annotate", "no-copy", "no-select", "copy", "select")
KEYS: Final = {
    "verify": ("name", "timeout", "exit", "expect", "undo"),
    "skip": ("name", "reason"),
    "show": ("name",),
    "expect": ("match",),
}
FLAGS: Final = {"verify": ("mutates", "irreversible")}

_INFO = re.compile(r"(?P<language>[\w#.+-]*)[ \t]*(?:\{(?P<attributes>[^}]*)\})?[ \t]*(?P<rest>.*)")
_TOKEN = re.compile(
    r"\.(?P<cls>[\w-]+)$|#(?P<id>[\w-]+)$|(?P<key>[\w-]+)=(?P<value>\S*)$|(?P<flag>[\w-]+)$"
)
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m)$")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass
class Info:
    """An info string, taken apart.

    Attributes:
        language: the first word.
        kind: one of KINDS; empty for a fence that is none of this project's business.
        values: the keys of its braces with their values; a flag's value is empty.
    """

    language: str = ""
    kind: str = ""
    values: dict[str, str] = field(default_factory=dict)


def read_info(info: str, where: str) -> Info:
    """Read an info string.

    Raises:
        PageError: an unknown class or key, a key twice, two kinds, or text that is neither.
    """
    parts = _INFO.match(info)
    assert parts is not None  # noqa: S101  # the pattern matches any string
    found = Info(parts["language"])
    tokens = (parts["attributes"] or "").split()
    classes = [token[1:] for token in tokens if token.startswith(".")]
    kinds = [name for name in classes if name in KINDS]
    if len(kinds) > 1:
        raise PageError(f".{kinds[0]} and .{kinds[1]} on one block", where=where, fix="keep one")
    found.kind = kinds[0] if kinds else ""
    if found.kind or classes:
        _refuse_unknown_classes(classes, where)
    if found.kind:
        if parts["rest"]:
            raise PageError(
                f"{parts['rest']!r} behind the braces", where=where, fix="put it inside"
            )
        for token in tokens:
            _read_token(token, found, where)
    return found


def _refuse_unknown_classes(classes: list[str], where: str) -> None:
    known = (*KINDS, *THEME)
    for name in classes:
        near = get_close_matches(name, known, n=1, cutoff=0.6)
        if name not in known:
            hint = f"did you mean .{near[0]}?" if near else f"known: {', '.join(known)}"
            raise PageError(f"unknown class .{name}", where=where, fix=hint)


def _read_token(token: str, found: Info, where: str) -> None:
    parts = _TOKEN.match(token)
    if not parts:
        raise PageError(f"cannot read attribute {token!r}", where=where, fix="write key=value")
    if parts["cls"] or parts["id"]:
        return
    key = parts["key"] or parts["flag"]
    keys, flags = KEYS[found.kind], FLAGS.get(found.kind, ())
    if key not in (*keys, *flags):
        near = get_close_matches(key, (*keys, *flags), n=1, cutoff=0.5)
        hint = (
            f"did you mean {near[0]}?"
            if near
            else f".{found.kind} takes {', '.join((*keys, *flags))}"
        )
        raise PageError(f"unknown attribute {key!r}", where=where, fix=hint)
    if (key in flags) != (parts["flag"] is not None) or (key in keys and not parts["value"]):
        form = key if key in flags else f"{key}=VALUE"
        raise PageError(f"attribute {token!r} is malformed", where=where, fix=f"write {form}")
    if key in found.values:
        raise PageError(f"attribute {key!r} twice", where=where, fix="keep one")
    found.values[key] = parts["value"] or ""


def seconds(text: str, where: str) -> float:
    """Read a duration such as `500ms`, `30s` or `2m`, in seconds.

    Raises:
        PageError: it is not one.
    """
    parts = _DURATION.match(text)
    if not parts:
        raise PageError(f"{text!r} is not a duration", where=where, fix="write 30s, 2m or 500ms")
    return float(parts["number"]) * _SECONDS[parts["unit"]]
