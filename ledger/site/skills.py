"""What the templates show of skills: where each one stands, and what joins it to others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from ledger.core.phases import PHASES
from ledger.core.skill import Skill
from ledger.errors import PageError
from ledger.flow.debts import Owed
from ledger.pages.page import Page
from ledger.site import marks, sources, views
from ledger.site.marks import Mark

_JOINS = ("Part of", "Waits on", "Enables")


def phase_rows(skill: Skill) -> list[dict[str, Any]]:
    """The ledger of a skill, row by row."""
    current = skill.current
    return [
        {
            "name": entry.phase,
            "mark": marks.status(entry),
            "note": entry.note,
            "current": entry is current,
        }
        for entry in skill.ledger
    ]


def now(skill: Skill) -> str:
    """The phase that a skill stands at, in one clause."""
    current = skill.current
    if current is None:
        return "all phases settled"
    reason = f": {current.reason}" if current.reason else ""
    return f"{current.phase} {marks.status(current).text}{reason}"


def budget(skill: Skill) -> dict[str, Any]:
    """A skill's budget: its words, and the shares of its bar in per cent."""
    book = skill.budget
    whole = max(book.planned, book.spent + book.returned, Decimal("0.0001"))
    shares = (("spent", book.spent), ("returned", book.returned))
    return {
        "text": str(book),
        "halted": book.depleted(unsettled=skill.current is not None),
        "shares": [
            {"name": n, "percent": f"{100 * max(v, Decimal(0)) / whole:.1f}"} for n, v in shares
        ],
    }


def pages(skill: Skill, url: str) -> list[dict[str, Any]]:
    """The pages that a skill answers for, each with its evidence, as links from `url`."""
    return [views.short_row(page, url) for page in pages_of(skill)]


def standing(skill: Skill, url: str) -> dict[str, Any]:
    """All pages of a skill in one line, and those of which not every command holds."""
    rows = pages(skill, url)
    return {
        "count": len(rows),
        "mark": marks.short([state for row in rows for state in row["states"]]),
        "doubts": [row for row in rows if not all(state.state.holds for state in row["states"])],
    }


def pages_of(skill: Skill) -> list[Page]:
    """The pages that a skill answers for, as their files say them."""
    return [sources.page(where) for where in skill.strings("docs")]


def link(entry: str, url: str) -> dict[str, str]:
    """What a header names, such as a skill in `blocking`, with the link to its page if it has one.

    Args:
        entry: a name or a path.
        url: of the page that shows it.
    """
    name = entry.rpartition("/")[2].removesuffix(".md")
    return {"text": entry, "href": sources.href_or_none(f"docs/skills/{name}.md", url) or ""}


def card(skill: Skill, owed: Iterable[Owed], url: str) -> dict[str, Any]:
    """One skill of the forest, as seen from the page at `url`.

    Raises:
        PageError: the skill has no page, or answers for one that does not exist.
    """
    return {
        "href": href(skill, url),
        "title": skill.title,
        "now": now(skill),
        "overdue": [debt.name or debt.where for debt in owed if debt.overdue],
        "phases": phase_rows(skill)[: len(PHASES)],
        "budget": budget(skill),
        "pages": standing(skill, url),
    }


def href(skill: Skill, url: str) -> str:
    """The link from the page at `url` to a skill's own page.

    Raises:
        PageError: the skill has none.
    """
    where = f"docs/skills/{skill.name}.md"
    found = sources.href_or_none(where, url)
    if found is None:
        fix = f"write {where}, one line: <!--[ skill_page() ]-->, and list it in mkdocs.yml"
        raise PageError("this skill has no page", where=skill.where, fix=fix)
    return found


def facts(skill: Skill, url: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """What a skill's header says of the plan: a name, and values that may be links from `url`."""
    data = skill.header.data
    touched = " by ".join(str(data[k]) for k in ("last_touched", "touched_by") if data.get(k))
    texts = {
        "Now": now(skill),
        "Status": str(data.get("status", "")).replace("_", " "),
        "Progress": f"{data['progress']} %" if "progress" in data else "",
        "Last touched": touched,
    }
    yield from ((name, [{"text": text, "href": ""}]) for name, text in texts.items() if text)
    named = {
        "Part of": [str(data["parent"])] if data.get("parent") else [],
        "Waits on": skill.strings("blocking"),
        "Enables": skill.strings("enables"),
    }
    yield from ((name, [link(one, url) for one in all_]) for name, all_ in named.items() if all_)
    notes = " ".join(str(data.get("session_notes") or "").split())
    more = {"Notes": notes, "File": skill.where}
    yield from ((name, [{"text": text, "href": ""}]) for name, text in more.items() if text)


def node(skill: Skill, url: str) -> dict[str, Any]:
    """A skill in the picture of what waits on what, with the same in words."""
    current = skill.current
    return {
        "href": href(skill, url),
        "text": skill.title,
        "mark": marks.status(current) if current else Mark("complete", "settled"),
        "now": now(skill),
        "joins": [(name, all_) for name, all_ in facts(skill, url) if name in _JOINS],
    }


def stranger(name: str) -> dict[str, Any]:
    """What a skill names and is no skill here, in the same picture."""
    mark = Mark("none", "no skill here")
    return {"href": "", "text": name, "mark": mark, "now": mark.text, "joins": []}
