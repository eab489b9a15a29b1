"""Failures where people and servers look for them: on the lines of a change, and as JUnit."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as Xml

from ledger.core.files import write_atomic
from ledger.core.project import Project
from ledger.errors import UsageError

if TYPE_CHECKING:
    from ledger.verify.front import Row

# What XML 1.0 has no way to write.
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COUNTED: Final = {"failed": "failures", "skipped": "skipped", "not-run": "skipped"}


class Annotations:
    """What GitHub Actions is told in the log; nothing anywhere else.

    Between `begin` and `end` it takes no commands from the log: what blocks print is shown there.
    """

    def __init__(self, project: Project, environment: Mapping[str, str]) -> None:
        self._on = environment.get("GITHUB_ACTIONS") == "true"
        self._root = project.root
        self._top = Path(environment.get("GITHUB_WORKSPACE") or project.root).resolve()
        self._token = secrets.token_hex(16)

    def begin(self) -> str:
        """The line to print before the first block runs."""
        return f"::stop-commands::{self._token}\n" if self._on else ""

    def end(self, rows: Iterable[Row]) -> str:
        """The lines to print after the last: an error for each block that failed."""
        if not self._on:
            return ""
        told = (self._error(row) for row in rows if row.result == "failed")
        return "".join((f"::{self._token}::\n", *told))

    def _error(self, row: Row) -> str:
        page = os.path.relpath(self._root / row.page, self._top)
        place = f"file={_property(page)},line={row.line}"
        title = _property(f"block {row.name} failed")
        return f"::error {place},title={title}::{_data(row.reason)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def prepare_junit(path: Path) -> None:
    """Make sure, before anything runs, that a report can be written.

    Raises:
        UsageError: it cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make its folder: {error.strerror}", where=str(path)) from None
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError("no report can be written there", where=str(path), fix="name a file")


def write_junit(path: Path, rows: Iterable[Row]) -> None:
    """Write a report that servers read as JUnit: a suite a page, a case a block."""
    pages: dict[str, list[Row]] = {}
    for row in rows:
        pages.setdefault(row.page, []).append(row)
    root = Xml.Element("testsuites", name="ledger verify")
    for page, blocks in pages.items():
        root.append(_suite(page, blocks))
    Xml.indent(root)
    text = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    write_atomic(path, text + b"\n")


def _suite(page: str, rows: list[Row]) -> Xml.Element:
    counts = {"tests": len(rows), "failures": 0, "errors": 0, "skipped": 0}
    for row in rows:
        if row.result in _COUNTED:
            counts[_COUNTED[row.result]] += 1
    took = f"{sum(row.seconds for row in rows):.3f}"
    told = {key: str(value) for key, value in counts.items()}
    suite = Xml.Element("testsuite", {"name": _clean(page), **told, "time": took})
    suite.extend(_case(row) for row in rows)
    return suite


def _case(row: Row) -> Xml.Element:
    case = Xml.Element(
        "testcase",
        classname=_clean(row.page),
        name=_clean(row.name),
        file=_clean(row.page),
        line=str(row.line),
        time=f"{row.seconds:.3f}",
    )
    if row.result == "failed":
        Xml.SubElement(case, "failure", message=_clean(row.reason)).text = _clean(row.report)
    elif row.result != "passed":
        Xml.SubElement(case, "skipped", message=_clean(row.reason))
    return case


def _clean(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
