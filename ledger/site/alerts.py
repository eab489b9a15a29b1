"""The alerts that a skill's rule files raise, as their pages show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from ledger.core.forest import find_skill
from ledger.core.project import Project
from ledger.errors import PageError
from ledger.pages.page import Page
from ledger.site import incident, sources
from ledger.site.marks import Mark

_TONES: Final = {"critical": "blocked", "warning": "stale"}
_WORD: Final = re.compile(r"(?<=[a-z\d])(?=[A-Z])")


def one(page: Page) -> dict[str, Any]:
    """The alert whose page this is, the one of the same name, and the way through the page.

    Raises:
        PageError: the rules of the page's skill have no such alert.
    """
    name = page.path.stem
    rules = {rule["alert"]: rule for rule in _rules(page)}
    if name not in rules:
        fix = f"alerts there: {', '.join(sorted(rules)) or 'none'}"
        raise PageError(f"no rule raises an alert {name}", where=page.where, fix=fix)
    return {**_row(rules[name]), "steps": incident.steps(page)}


def table(page: Page, url: str) -> list[dict[str, Any]]:
    """Every alert of the skill of a page, the critical ones first; each has its page.

    Args:
        page: the one that shows them.
        url: of the page, from which the links lead.

    Raises:
        PageError: an alert without a page, or rules that cannot be read.
    """
    rows = [_row(rule) for rule in _rules(page)]
    for row in rows:
        where = f"docs/alerts/{row['name']}.md"
        row["href"] = sources.href_or_none(where, url)
        if row["href"] is None:
            what = f"the alert {row['name']} has no page"
            raise PageError(what, where=where, fix="write it, or give the page its new name")
    return sorted(rows, key=lambda row: row["mark"].tone != _TONES["critical"])


def rules(project: Project, files: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The alerting rules of rule files, which are named from the project's root, in their order.

    Raises:
        PageError: a file that cannot be read.
    """
    from ledger.flow.gates.rules import read_groups  # loads all gates: few pages ask for alerts

    for file in files:
        groups, wrong = read_groups(project.root / file)
        if wrong:
            raise PageError(wrong, where=file)
        yield from (rule for group in groups for rule in group["rules"] if "alert" in rule)


def _rules(page: Page) -> list[dict[str, Any]]:
    """The alerting rules of the skill that the page's front matter names, in their order."""
    project = sources.project()
    skill = find_skill(project, str(page.meta.get("skill", "")))
    return list(rules(project, skill.strings("rules")))


def _row(rule: dict[str, Any]) -> dict[str, Any]:
    labels, notes = rule.get("labels") or {}, rule.get("annotations") or {}
    severity = str(labels.get("severity", "no severity"))
    return {
        "name": rule["alert"],
        "words": _WORD.split(rule["alert"]),
        "mark": Mark(_TONES.get(severity, "none"), severity),
        "after": rule.get("for", "0s"),
        "owner": labels.get("owner", "nobody"),
        "summary": notes.get("summary", ""),
        "expr": str(rule["expr"]).strip(),
    }
