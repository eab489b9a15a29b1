"""What the templates show of skills and pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ledger.core.phases import PHASES
from ledger.core.skill import Skill, subsections
from ledger.errors import PageError
from ledger.flow.debts import Owed
from ledger.pages.block import DEFAULT_TIMEOUT, Block, Expectation
from ledger.pages.page import Page, needed_pages
from ledger.pages.state import BlockState, State
from ledger.site import marks, sources
from ledger.site.marks import Mark

CAPTIONS = {
    "exact": "Expected output",
    "like": "Expected output; ages, names and times differ",
    "contains": "Expected somewhere in the output",
    "regex": "Expected output, as a pattern",
    "json": "Expected output, as JSON; more keys may be there",
    "none": "Output, for example",
}
STAGES = {
    "setup": "set-up: before the procedure",
    "teardown": "tear-down: at the end, also after a failure",
}
_ITEM = re.compile(r"^[-*] \[[ xX]\] .*(?:\n[ \t]+\S.*)*", re.MULTILINE)


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


def skill_pages(skill: Skill, url: str) -> list[dict[str, Any]]:
    """The pages that a skill answers for, each with its evidence, as links from `url`."""
    return [_page_row(sources.page(where), url) for where in skill.strings("docs")]


def _page_row(page: Page, url: str) -> dict[str, Any]:
    states = sources.states(page)
    return {
        "href": sources.href(page.where, url),
        "title": page.title,
        "mark": marks.page(states),
        "counts": marks.counts(states),
    }


def skill_row(skill: Skill, owed: Iterable[Owed], url: str) -> dict[str, Any]:
    """One skill of the forest, as seen from the page at `url`.

    Raises:
        PageError: the skill has no page, or answers for one that does not exist.
    """
    where = f"docs/skills/{skill.name}.md"
    if not (sources.project().root / where).is_file():
        fix = f"write {where}, one line: <!--[ skill_page() ]-->, and list it in mkdocs.yml"
        raise PageError("this skill has no page", where=skill.where, fix=fix)
    return {
        "href": sources.href(where, url),
        "title": skill.title,
        "now": now(skill),
        "overdue": [debt.name or debt.where for debt in owed if debt.overdue],
        "phases": phase_rows(skill)[: len(PHASES)],
        "budget": budget(skill),
        "pages": skill_pages(skill, url),
    }


def facts(skill: Skill) -> Iterator[tuple[str, str]]:
    """What a skill's header says of the plan, name and value."""
    yield "Now", now(skill)
    data = skill.header.data
    touched = " by ".join(str(data[k]) for k in ("last_touched", "touched_by") if data.get(k))
    rows = {
        "Status": str(data.get("status", "")).replace("_", " "),
        "Progress": f"{data['progress']} %" if "progress" in data else "",
        "Last touched": touched,
        "Waits on": ", ".join(skill.strings("blocking")),
        "Enables": ", ".join(skill.strings("enables")),
        "Notes": " ".join(str(data.get("session_notes") or "").split()),
        "File": skill.where,
    }
    yield from ((name, value) for name, value in rows.items() if value)


def debts(owed: Iterable[Owed], url: str) -> list[dict[str, Any]]:
    """What a plan owes, row by row; tests link to their block from the page at `url`."""
    return [
        {
            "name": debt.name or debt.where,
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


def _block_href(debt: Owed, url: str) -> str:
    page = sources.href(debt.where.rpartition(":")[0], url)
    return f"{page}#{debt.name}" if debt.name else page


def exit_criteria(skill: Skill) -> str:
    """The check list below the plan's own heading `Exit criteria`, as Markdown; empty if none."""
    found = {title.casefold(): text for title, text in subsections(skill.body, skill.title).items()}
    return "\n".join(_ITEM.findall(found.get("exit criteria", "")))


def doubts(states: list[BlockState]) -> list[dict[str, Any]]:
    """The commands that the reader cannot take on trust, those of one mark together.

    Empty where all commands of the page have the same mark: it stands above them already.
    """
    groups: dict[Mark, list[Block]] = {}
    for state in states:
        groups.setdefault(marks.block(state), []).append(state.block)
    return [
        {"mark": mark, "blocks": blocks}
        for mark, blocks in groups.items()
        if mark.tone != State.VERIFIED and len(groups) > 1
    ]


def proof(page: Page, name: str, url: str) -> dict[str, Any]:
    """A page, or a block of it, with its mark, as a link from the page at `url`.

    Raises:
        PageError: the page has no block of that name that a reader runs.
    """
    row = _page_row(page, url)
    if not name:
        return row
    for state in sources.states(page):
        if state.block.name == name:
            link = {"href": f"{row['href']}#{name}", "title": f"{page.title}: {name}"}
            return {**link, "mark": marks.block(state), "counts": ""}
    raise PageError(f"no block {name!r}", where=page.where, fix="name one of its blocks")


def people(page: Page) -> list[tuple[str, str]]:
    """Who owns a page and whom to wake."""
    rows = {"Owner": page.meta.get("owner"), "Escalate": page.meta.get("escalate")}
    return [(name, str(value)) for name, value in rows.items() if value]


def needs(page: Page, url: str) -> list[dict[str, str]]:
    """The pages that a page needs and the commands that tell whether it still does, as links.

    Raises:
        PageError: one of them cannot be needed.
    """
    project = sources.project()
    pages = needed_pages(project, page)
    named = [(pages[project.relative(project.docs / need.page)], need) for need in page.needs]
    return [
        {"href": sources.href(other.where, url), "title": other.title, "block": need.block}
        for other, need in named
    ]


def parameters(page: Page) -> list[dict[str, str]]:
    """The shell parameters that a page's commands read."""
    specs = page.table("parameters")
    return [
        {"name": name, "example": example, "find": str(specs[name].get("find", ""))}
        for name, example in page.parameters.items()
    ]


def block_facts(block: Block, seconds: float | None = None) -> list[str]:
    """What else the reader should know before he runs a command.

    Args:
        block: the command.
        seconds: how long it took in the newest run; None if that is not known.
    """
    found = [STAGES[block.stage]] if block.stage else []
    if block.exit:
        found.append(f"exits with {block.exit}")
    if block.retry:
        found.append(f"retried for up to {block.retry.until:g} s")
    if block.variable:
        found.append(f"{block.variable} holds the output: export {block.variable}=$(\u2026)")
    if seconds is not None:
        found.append(f"took {seconds:.1f} s")
    elif block.timeout > DEFAULT_TIMEOUT:
        found.append(f"may take {block.timeout:g} s")
    return found


def variant_facts(own: BlockState, variants: Mapping[str, Sequence[BlockState]]) -> list[str]:
    """What the runs of a page's variants say of a command."""
    found = [
        marks.also(name, state, own)
        for name, states in variants.items()
        for state in states
        if state.block == own.block
    ]
    return [fact for fact in found if fact]


def caption(expectation: Expectation) -> str:
    """What stands above an expected output."""
    return CAPTIONS[expectation.match]
