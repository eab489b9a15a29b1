"""Macros about skills: where a plan stands, what it has left, what it owes, and what it said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from jinja2 import pass_context
from jinja2.runtime import Context

from ledger.core.clock import day
from ledger.core.forest import find_skill
from ledger.core.forest import forest as read_forest
from ledger.core.phases import PHASES
from ledger.core.skill import Skill
from ledger.flow.debts import Owed, debts_of
from ledger.flow.prompt import next_prompt
from ledger.site import epilogues as timeline
from ledger.site import skill_sections, skills, sources
from ledger.site.html import exact, render
from ledger.site.tree import tree


@pass_context
def forest(context: Context) -> str:
    """Every skill: phases, budget, pages and their evidence.

    Raises:
        SkillError: a skill file that cannot be read.
    """
    url = _url(context)
    return render("forest", skills=[skills.card(s, _owed(s), url) for s in _all()])


@pass_context
def forest_graph(context: Context) -> str:
    """What waits on what: a row a skill, joined by rails, and the same in words.

    Raises:
        SkillError: a skill file that cannot be read.
    """
    url, found = _url(context), _all()
    by_file = {skill.where: skill for skill in found}
    drawn = tree(found)
    rows = [
        skills.node(by_file[node], url) if node in by_file else skills.stranger(node)
        for node in drawn.nodes
    ]
    return render("tree", rows=zip(drawn.cells, rows, strict=True), rings=drawn.rings)


@pass_context
def skill_page(context: Context) -> str:
    """The whole page of the skill whose file has the name of this page.

    Raises:
        UsageError: no skill of that name.
    """
    name = Path(sources.source_of(_url(context))).stem
    skill = find_skill(sources.project(), name)
    parts = [f"# {exact(skill.title)} {{ #top }}", _sheet(skill, _url(context))]
    for heading, section in _SECTIONS.items():
        if text := section(context, name):
            parts += [f"## {heading} {{ #{heading.lower().replace(' ', '-')} }}", text]
    return "\n\n".join(parts)


def phase_strip(name: str) -> str:
    """The eleven phases of a skill, each with its mark."""
    return render("strip", phases=skills.phase_rows(_find(name))[: len(PHASES)])


def budget(name: str) -> str:
    """What is left of a skill's budget, in words and as a bar."""
    return render("budget", budget=skills.budget(_find(name)))


@pass_context
def debts(context: Context, name: str) -> str:
    """What a skill has put off: why, whose it is, and until when."""
    rows = skill_sections.debts(_owed(_find(name)), _url(context))
    return render("debts", debts=rows) if rows else ""


@pass_context
def audience(context: Context, name: str) -> str:
    """For whom a skill's pages are written, as its EDUCATE says, with the pages that say so."""
    return render("audience", **skill_sections.audience(_find(name), _url(context)))


@pass_context
def slis(_context: Context, name: str) -> str:
    """The service level indicators of a skill with their targets, as its MEASURE says."""
    return _table(skill_sections.own_table(_find(name), "MEASURE", "targets", "slis"))


@pass_context
def branch_candidates(context: Context, name: str) -> str:
    """What came up beside a skill: what it waits for, and where it would begin."""
    rows = skill_sections.branches(_find(name), _url(context))
    return render("branches", branches=rows) if rows else ""


@pass_context
def epilogues(context: Context) -> str:
    """Every phase that settled, the newest first: what held, what was decided, what comes next.

    Raises:
        PageError: a file in `epilogues/` that is none.
    """
    rows = [timeline.row(one, _url(context)) for one in timeline.read()]
    return render("epilogues", epilogues=rows)


def _pages(context: Context, name: str) -> str:
    rows = skills.pages(_find(name), _url(context))
    return render("pages", pages=rows) if rows else ""


def _phases(_context: Context, name: str) -> str:
    return render("phases", phases=skills.phase_rows(_find(name)))


def _criteria(_context: Context, name: str) -> str:
    rows = skill_sections.exit_criteria(_find(name))
    return render("criteria", criteria=rows) if rows else ""


def _trace(context: Context, name: str) -> str:
    rows = [timeline.row(one, _url(context)) for one in timeline.read(name)]
    return render("trace", epilogues=rows) if rows else ""


def _history(_context: Context, name: str) -> str:
    found = skill_sections.moves(_find(name), day())
    return render("history", **found) if found["moves"] else ""


def _prompt(_context: Context, name: str) -> str:
    skill = _find(name)
    prompt = next_prompt(sources.project(), skill, sources.evidence(skill), day())
    return render("prompt", text=prompt.rstrip("\n"))


_SECTIONS: Final[dict[str, Callable[[Context, str], str]]] = {
    "Pages": _pages,
    "Phases": _phases,
    "Exit criteria": _criteria,
    "Audience": audience,
    "Targets": slis,
    "Debts": debts,
    "Branches": branch_candidates,
    "Trace": _trace,
    "History": _history,
    "Continuation prompt": _prompt,
}


def _sheet(skill: Skill, url: str) -> str:
    phases = skills.phase_rows(skill)[: len(PHASES)]
    facts = skills.facts(skill, url)
    return render("facts", facts=facts, phases=phases, budget=skills.budget(skill))


def _table(rows: list[list[str]]) -> str:
    return render("table", head=rows[0], rows=rows[1:]) if rows else ""


def _owed(skill: Skill) -> tuple[Owed, ...]:
    return debts_of(sources.project(), skill, sources.evidence(skill), day())


def _all() -> list[Skill]:
    found, problems = read_forest(sources.project())
    for problem in problems:
        raise problem
    return found


def _find(name: str) -> Skill:
    return find_skill(sources.project(), name)


def _url(context: Context) -> str:
    return str(context["page"].url)
