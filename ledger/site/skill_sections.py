"""What the sections of a skill's page show: what the plan owes, what it says, what became of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from ledger.core.history import history
from ledger.core.skill import Skill, subsections
from ledger.core.versions import shallow
from ledger.errors import PageError
from ledger.flow.branches import branches_of
from ledger.flow.brief import brief_of
from ledger.flow.debts import Owed
from ledger.site import marks, skills, sources
from ledger.site.marks import Mark

_ITEM: Final = re.compile(r"^[-*] \[(?P<box>[ xX])\] (?P<text>.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_BAR: Final = re.compile(r"(?<!\\)\|")
_BOLD: Final = re.compile(r"^\*\*(.*)\*\*$")
_BRANCH: Final = {"blocking": "blocked", "parallel": "in-progress", "deferred": "deferred"}


def debts(owed: Iterable[Owed], url: str) -> list[dict[str, Any]]:
    """What a plan owes, row by row; tests link to their block from the page at `url`."""
    return [
        {
            "name": _owed(debt),
            "href": _block_href(debt, url) if debt.kind == "test" else "",
            "mark": Mark(debt.status, "overdue" if debt.overdue else debt.status),
            "reason": debt.reason or "no reason given",
            "more": [
                (n, text) for n, text in (("Risk", debt.risk), ("Instead", debt.fallback)) if text
            ],
            "owner": debt.owner or "nobody",
            "due": str(debt.until or "no day set"),
            "age": debt.age if debt.age_days else "",
            "overdue": debt.overdue,
        }
        for debt in owed
    ]


def _owed(debt: Owed) -> str:
    if debt.kind != "test":
        return debt.name or debt.where
    where, _, line = debt.where.rpartition(":")
    return f"{sources.page(where).title}: {debt.name or f'line {line}'}"


def _block_href(debt: Owed, url: str) -> str:
    page = sources.href(debt.where.rpartition(":")[0], url)
    return f"{page}#{debt.name}" if debt.name else page


def exit_criteria(skill: Skill) -> list[dict[str, Any]]:
    """The check list below the plan's own heading `Exit criteria`."""
    found = {title.casefold(): text for title, text in subsections(skill.body, skill.title).items()}
    listed = _ITEM.finditer(found.get("exit criteria", ""))
    return [{"done": item["box"] != " ", "text": " ".join(item["text"].split())} for item in listed]


def own_table(skill: Skill, phase: str, *titles: str) -> list[list[str]]:
    """The table that a plan has below one of `titles` in its section on a phase; its head first.

    Cells that are bold as a whole lose that. Empty if there is none.
    """
    lines = brief_of(skill, phase).said(*titles).splitlines()
    cells = [_BAR.split(line.strip().strip("|")) for line in lines if line.startswith("|")]
    rows = [[_plain(cell) for cell in row] for row in cells]
    return rows[:1] + rows[2:]


def _plain(cell: str) -> str:
    return _BOLD.sub(r"\1", cell.strip()).replace("\\|", "|")


def branches(skill: Skill, url: str) -> list[dict[str, Any]]:
    """What came up beside a plan, with the day and the condition; links lead from `url`."""
    return [
        {
            **skills.link(branch.name, url),
            "mark": Mark(_BRANCH.get(branch.kind, "none"), branch.kind),
            "when": branch.when or "no condition given",
            "phase": branch.phase,
            "since": branch.since,
        }
        for branch in branches_of(skill)
    ]


def moves(skill: Skill, today: date) -> dict[str, Any]:
    """Who moved which phase, the newest first, and whether git lacks older ones."""
    found = history(sources.project(), skill.path, today)
    return {
        "moves": [
            {
                "day": str(move.day),
                "commit": move.commit[:8],
                "author": move.author or "not committed",
                "phase": move.phase,
                "before": move.before.replace("_", " "),
                "mark": marks.word(move.after),
                "note": move.note,
            }
            for move in reversed(found)
        ],
        "cut": shallow(skill.path),
    }


def audience(skill: Skill, url: str) -> dict[str, Any]:
    """For whom a plan's pages are written: its own table, and for each reader the pages for him.

    Raises:
        PageError: a page of the plan is for somebody who is not in the table.
    """
    table = own_table(skill, "EDUCATE", "audience", "audience map")
    readers: dict[str, list[dict[str, str]]] = {row[0].casefold(): [] for row in table[1:]}
    for page in skills.pages_of(skill):
        for reader in page.strings("audience"):
            if reader.casefold() not in readers:
                fix = f"one of {', '.join(readers) or 'none: the plan names no audience'}"
                raise PageError(f"{reader!r} is no reader of the plan", where=page.where, fix=fix)
            link = {"href": sources.href(page.where, url), "text": page.title}
            readers[reader.casefold()].append(link)
    return {"head": table[:1], "rows": list(zip(table[1:], readers.values(), strict=True))}
