"""A small part of YAML, read by lines: keys, lists, one level below them, literals. No library.

It takes a header only if every line of it belongs to that part; the rest it leaves to YAML.
"""

from __future__ import annotations

import re
from functools import lru_cache

_KEY = r"[A-Za-z_][A-Za-z0-9_./-]{0,99}"
_NUMBER = r"-?[0-9]{1,9}(?:\.[0-9]{1,20}(?:e[-+][0-9]{1,3})?)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
# What starts no other value than words: letters, `_/$(~`, and all beyond ASCII.
_FIRST = r"[^ !-#%-')-.0-@\[-^`{-}]"
# Words up to a comment; a colon that ends a word would make a key of it.
_WORDS = r"(?:[^ :]++|:(?=[^ ])| ++(?=[^ #]))*+"
_LINE = re.compile(
    rf"( *+)(-(?= )|{_KEY}(?=:(?: |$))):?+"
    rf"(?: ++((?:{_FIRST}|{_NUMBER} ++[A-Za-z(]){_WORDS}|{_DATE}|{_NUMBER}%?"
    r"|\"[^\"\\]*+\"|'[^']*+'|[\[{][^#\"']*[\]}]|[|>][-+]?))?"
    r"(?: ++# ?(.*))? *"
)
_ITEM = re.compile(rf" *(?:{_DATE}|{_NUMBER}|[A-Za-z_/$~][^:#&*!|>%@`?\[\]{{}}]*) *")
_INNER_LIST = re.compile(r"\[([^\[\]{}]*)\]")
_NEXT_KEY = re.compile(r"\n(?=[^ \n#-])")
_LITERAL = re.compile(r"( +)[^ \n].*(?:\n\1.*|\n *(?=\n|\Z))*+")


class YamlOnlyError(Exception):
    """A form that this reader leaves to YAML."""


# A line: indent, key, value, note; key `-` for an item, all empty for a blank line or a comment.
# Plain tuples: a class for them would take longer to make than a header to read.
Row = tuple[str, str, str, str]
_NOTHING: Row = ("", "", "", "")
Tree = dict[str, str | tuple[Row, ...]]


def read_tree(header: str) -> Tree:
    """The top-level keys of a header, each with its value or with the rows below it.

    Raises:
        YamlOnlyError: a line that is not of the part of YAML known here.
    """
    sections = list(map(_section, _NEXT_KEY.split(header.removesuffix("\n"))))
    tree = dict(sections)
    if len(tree) < len(sections):
        raise YamlOnlyError
    return tree


# A forest says `blocking: []` and `PLAN: complete` a thousand times.
@lru_cache(maxsize=2048)
def _section(text: str) -> tuple[str, str | tuple[Row, ...]]:
    """One top-level key with all that stands below it."""
    first, _, rest = text.partition("\n")
    indent, key, value, _ = read_row(first)
    if indent or key == "-":
        raise YamlOnlyError
    if value[:1] in {"|", ">"}:
        literal = _LITERAL.match(rest)
        if not literal or not literal[0].replace("\n", "").isprintable():
            raise YamlOnlyError
        rest = rest[literal.end() :]
    rows = tuple(map(read_row, rest.split("\n"))) if rest else ()
    if _NOTHING in rows:
        rows = tuple(row for row in rows if row[1])
    if not rows:
        return key, value
    if value or not key:
        raise YamlOnlyError
    _check(rows)
    return key, rows


@lru_cache(maxsize=4096)
def read_row(line: str) -> Row:
    """Read one line that stands in no literal.

    Raises:
        YamlOnlyError: it is not of the part of YAML known here.
    """
    found = _LINE.fullmatch(line)
    if not line.isprintable() or not (found or line.lstrip(" ")[:1] in {"", "#"}):
        raise YamlOnlyError
    if not found:
        return _NOTHING
    indent, key, value, note = found.groups("")
    if value[:1] in {"[", "{"}:
        _check_flow(value)
    return indent, key, value, note.rstrip()


def _check_flow(value: str) -> None:
    """Take `[a, b]`, `{a: b}` and `{a: [b, c]}`."""
    lists = _INNER_LIST.findall(value)
    items = [item for inner in lists if inner.strip(" ") for item in inner.split(",")]
    rest = _INNER_LIST.sub("[]", value)
    if rest[0] == "{" and rest[-1] == "}":
        pairs = rest[1:-1].split(",") if rest[1:-1].strip(" ") else []
        rows = tuple(read_row(pair.strip(" ")) for pair in pairs)
        if rows:
            _check(rows)
        items += [value for _, _, value, _ in rows if value != "[]"]
    elif rest != "[]":
        raise YamlOnlyError
    if not all(map(_ITEM.fullmatch, items)):
        raise YamlOnlyError


def _check(rows: tuple[Row, ...]) -> None:
    """Take one list of values, or one mapping of single lines."""
    indents, keys, values, _ = zip(*rows, strict=True)
    names = set(keys)
    if len(set(indents)) > 1:
        raise YamlOnlyError
    if names == {"-"}:
        if "" in values:
            raise YamlOnlyError
    elif "-" in names or len(names) < len(rows):
        raise YamlOnlyError
