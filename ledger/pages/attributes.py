"""The attributes of a fence: a strict reading, so that a typo is an error and never ignored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from ledger.errors import PageError

SETUP: Final = "setup"
TEARDOWN: Final = "teardown"
STAGES: Final = (SETUP, TEARDOWN)
KINDS: Final = ("verify", "wait", *STAGES, "skip", "show", "expect")
MATCHES: Final = ("exact", "like", "regex", "contains", "json")
# Classes of the theme that may stand beside ours.
THEME: Final = ("annotate", "no-copy", "no-select", "copy", "select")
_RUN: Final = ("name", "timeout", "exit", "expect", "undo", "until", "every", "set")
KEYS: Final = {
    "verify": _RUN,
    **dict.fromkeys(STAGES, _RUN),
    "wait": ("name", "for", "of", "ns", "timeout"),
    "skip": ("name", "reason", "undo"),
    "show": ("name",),
    "expect": ("match",),
}
FLAGS: Final = dict.fromkeys(("verify", *STAGES, "skip"), ("mutates", "irreversible"))

# What superfences and Pygments take on a fence that is none of ours.
LOOKS: Final = ("title", "title_mode", "linenums", "hl_lines")

_INFO = re.compile(r"(?P<language>[\w#.+-]*)[ \t]*(?:\{(?P<attributes>.*)\})?[ \t]*(?P<rest>.*)")
_TOKEN = re.compile(
    r"\.(?P<cls>[\w-]+)$|(?P<key>[\w-]+)=(?P<value>[^\s\"'`{}=\\]*)$|(?P<flag>[\w-]+)$"
)
_QUOTED = re.compile(r"""=(?:"[^"]*"|'[^']*')""")
_DURATION = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>ms|s|m)$")
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
    _refuse_unknown_classes(found, classes, where)
    if not found.kind:
        _refuse_unknown_looks(parts["attributes"] or "", where)
        return found
    if parts["rest"]:
        raise PageError(f"{parts['rest']!r} behind the braces", where=where, fix="put it inside")
    for token in tokens:
        _read_token(token, found, where)
    return found


def nearest(word: str, known: Iterable[str], *, form: str = "{}", cutoff: float = 0.5) -> str:
    """What to write in the place of a word that is not known: the nearest, or one of all.

    Args:
        word: the word.
        known: what may stand there.
        form: how one of them is written, with `{}` in its place.
        cutoff: how near is near, from 0 to 1.
    """
    names = [name for name in known if name]
    near = get_close_matches(word.lower(), names, n=1, cutoff=cutoff)
    if near:
        return f"did you mean {form.format(near[0])}?"
    return f"one of {', '.join(form.format(name) for name in names)}" if names else ""


def _refuse_unknown_classes(found: Info, classes: list[str], where: str) -> None:
    known = (*KINDS, *THEME)
    for name in classes:
        if name not in known:
            fix = nearest(name, known, form=".{}", cutoff=0.6)
            if not found.language and name == classes[0]:
                fix = f"write the language first: ```{name} {{...}}"
            raise PageError(f"unknown class .{name}", where=where, fix=fix)
        if classes.count(name) > 1:
            raise PageError(f"class .{name} twice", where=where, fix="keep one")


def _refuse_unknown_looks(attributes: str, where: str) -> None:
    """On a fence that is none of ours, too: it may be one whose class was forgotten."""
    for token in _QUOTED.sub("=", attributes).split():
        key = token.partition("=")[0]
        if key in KINDS:
            raise PageError(f"class {key} without its dot", where=where, fix=f"write .{key}")
        if token[0] not in ".#" and key not in LOOKS and not key.startswith("data-"):
            fix = nearest(key, LOOKS) + f"; or add its class: .{', .'.join(KINDS)}"
            raise PageError(f"unknown attribute {key!r}", where=where, fix=fix)


def _read_token(token: str, found: Info, where: str) -> None:
    parts = _TOKEN.match(token)
    if not parts:
        fix = "write key=value, with neither quotes, braces nor blanks"
        raise PageError(f"cannot read attribute {token!r}", where=where, fix=fix)
    if parts["cls"]:
        return
    key = parts["key"] or parts["flag"]
    keys, flags = KEYS[found.kind], FLAGS.get(found.kind, ())
    if key not in (*keys, *flags):
        fix = nearest(key, (*keys, *flags))
        raise PageError(f"unknown attribute {key!r} of .{found.kind}", where=where, fix=fix)
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
    if not parts or not float(parts["number"]):
        fix = f"write {text}s" if re.fullmatch(r"[1-9][0-9]*", text) else "write 30s, 2m or 500ms"
        raise PageError(f"{text!r} is not a duration", where=where, fix=fix)
    return float(parts["number"]) * _SECONDS[parts["unit"]]
