"""Put a row of panels into the JSON of a dashboard; every other byte of it stays as it is."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any, Final

from ledger.errors import LedgerError

Panel = dict[str, Any]
Span = tuple[int, int]

_JSON: Final = json.JSONDecoder()
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_HEAD: Final = re.compile(r'\s*\{(\s*)"(?:[^"\\]|\\.)*"\s*:(\s?)')


def add(text: str, row: list[Panel]) -> str:
    """Add a row to a dashboard, or renew it where it stands.

    Args:
        text: the dashboard's JSON.
        row: the panel of type `row`, and those below it; their places count from it.

    Returns:
        The new JSON. What was there keeps its id, its place and its data source.

    Raises:
        LedgerError: it is no JSON or no dashboard, or the row has somebody else's panels.
    """
    panels = _panels(text)
    first, after = _section(panels, row[0]["title"])
    old = panels[first:after]
    new = _placed(row, old, panels)
    return text if new == old else _spliced(text, new, first, after)


def _panels(text: str) -> list[Panel]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise LedgerError(f"it is no JSON: {error}") from error
    if isinstance(found, dict) and found.get("rows"):
        raise LedgerError(
            "it is a dashboard of Grafana 4 or older, with rows in the place of a grid",
            fix="import it into Grafana, and export it from there",
        )
    panels = found.get("panels") if isinstance(found, dict) else None
    if not isinstance(panels, list) or not all(isinstance(panel, dict) for panel in panels):
        raise LedgerError(
            "it is no dashboard: it has no list `panels`",
            fix="export a dashboard from Grafana as JSON, in the classic form",
        )
    return panels


def _section(panels: list[Panel], title: str) -> Span:
    """Where the row stands, with all below it; the end of the list if it does not."""
    rows = [at for at, panel in enumerate(panels) if panel.get("type") == "row"]
    for first, after in pairwise([*rows, len(panels)]):
        if panels[first].get("title") == title:
            return first, after
    return len(panels), len(panels)


def _placed(row: list[Panel], old: list[Panel], panels: list[Panel]) -> list[Panel]:
    """Give the row's panels their ids and places; folded, if they were."""
    titles = Counter(str(panel.get("title")) for panel in _flat(old))
    if foreign := titles - Counter(panel["title"] for panel in row):
        raise LedgerError(
            f"its row {row[0]['title']!r} has other panels, too: {', '.join(foreign)}",
            fix="move them to another row",
        )
    known = {panel["title"]: panel for panel in _flat(old)}
    ids = count(max((panel.get("id") or 0 for panel in _flat(panels)), default=0) + 1)
    top = _grid(old[0], "y") if old else max((_bottom(panel) for panel in panels), default=0)
    new: list[Panel] = []
    for panel in row:
        mine = {"id": next(ids), "gridPos": {**panel["gridPos"], "y": top + _grid(panel, "y")}}
        keeps = mine.keys() | {"datasource"} - panel.keys()
        was = known.get(panel["title"], {})
        new.append({**panel, **mine, **{key: was[key] for key in keeps & was.keys()}})
    if old and old[0].get("collapsed"):
        return [{**new[0], "collapsed": True, "panels": new[1:]}]
    return new


def _flat(panels: Iterable[Panel]) -> Iterator[Panel]:
    """Give each panel, and those that a folded row holds."""
    for panel in panels:
        yield panel
        yield from panel.get("panels") or ()


def _grid(panel: Panel, key: str) -> int:
    return int((panel.get("gridPos") or {}).get(key, 0))


def _bottom(panel: Panel) -> int:
    return _grid(panel, "y") + _grid(panel, "h")


def _spliced(text: str, new: list[Panel], first: int, after: int) -> str:
    """Write the panels in the place of those from `first` to `after`."""
    style = _Style.of(text)
    keys_and_values = list(_parts(text, text.index("{")))
    pairs = zip(keys_and_values[::2], keys_and_values[1::2], strict=True)
    start, end = {json.loads(text[slice(*key)]): value for key, value in pairs}["panels"]
    spans = list(_parts(text, start))
    lead = text[start + 1 : spans[0][0]] if spans else style.line(2)
    comma = f",{lead}" if lead else style.comma
    written = comma.join(style.dump(panel) for panel in new)
    if first < after:
        return text[: spans[first][0]] + written + text[spans[after - 1][1] :]
    if spans:
        last = spans[-1][1]
        return f"{text[:last]}{comma}{written}{text[last:]}"
    return f"{text[: start + 1]}{lead}{written}{style.line(1)}{text[end - 1 :]}"


def _parts(text: str, at: int) -> Iterator[Span]:
    """Give where each item of the list, or each key and each value of the object, stands."""
    at = _skip(text, at + 1)
    while text[at] not in "]}":
        _, end = _JSON.raw_decode(text, at)
        yield at, end
        at = _skip(text, end)
        if text[at] in ",:":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


@dataclass(frozen=True)
class _Style:
    """How a text writes its JSON; without an indent it stands on one line."""

    newline: str
    indent: str | None
    colon: str

    @classmethod
    def of(cls, text: str) -> _Style:
        """Read it off the begin of the text: an object that has a key."""
        head = _HEAD.match(text)
        blanks, space = head.groups() if head else ("", "")
        newline = "\r\n" if "\r\n" in blanks else "\n"
        indent = blanks.rpartition("\n")[2] if "\n" in blanks else None
        return cls(newline, indent, f":{space}".rstrip("\r\n"))

    def line(self, depth: int) -> str:
        """The begin of a line at this depth."""
        return "" if self.indent is None else self.newline + self.indent * depth

    @property
    def comma(self) -> str:
        """What parts two items that stand on one line."""
        return "," if self.colon == ":" else ", "

    def dump(self, panel: Panel) -> str:
        """The JSON of an item of the list `panels`."""
        comma = self.comma if self.indent is None else ","
        text = json.dumps(panel, indent=self.indent, separators=(comma, self.colon))
        return text.replace("\n", self.line(2))
