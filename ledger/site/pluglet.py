"""The macros of the site: skills, evidence and alerts.

A page calls them between comment marks, `<!--[ verified() ]-->`, so that no text of a shell is
ever taken for one of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from ledger.core.clock import day
from ledger.core.forest import find_skill
from ledger.core.forest import forest as read_forest
from ledger.core.phases import PHASES
from ledger.core.skill import Skill
from ledger.errors import UsageError
from ledger.flow.debts import Owed, debts_of
from ledger.flow.evidence import gather
from ledger.flow.prompt import next_prompt
from ledger.site import alerts as raised
from ledger.site import marks, sources, views
from ledger.site.html import render


def define_env(env: Any) -> None:
    """Give the macros to the site's engine.

    Raises:
        UsageError: the engine builds another project than the one around the current folder.
    """
    root = sources.project().root
    if Path(env.project_dir).resolve() != root:
        raise UsageError(
            f"the site is {env.project_dir}, the project is {root}",
            fix="build in the project's own folder, or set LEDGER_ROOT",
        )
    for macro in (forest, skill_page, verified, proof, alert, alerts):
        env.macro(macro)


@pass_context
def forest(context: Context) -> str:
    """Every skill: phases, budget, pages and their evidence.

    Raises:
        SkillError: a skill file that cannot be read.
    """
    skills, problems = read_forest(sources.project())
    for problem in problems:
        raise problem
    url = context["page"].url
    return render("forest", skills=[views.skill_row(s, _owed(s), url) for s in skills])


@pass_context
def skill_page(context: Context) -> str:
    """The whole page of the skill whose file has the name of this page.

    Raises:
        UsageError: no skill of that name.
    """
    url = context["page"].url
    skill = find_skill(sources.project(), Path(sources.source_of(url)).stem)
    rows = views.phase_rows(skill)
    project, today = sources.project(), day()
    evidence = gather(project, skill, today)
    prompt = next_prompt(project, skill, evidence, today).rstrip("\n")
    debts = views.debts(debts_of(project, skill, evidence, today), url)
    pages = views.skill_pages(skill, url)
    sections = {
        "": render(
            "facts",
            facts=views.facts(skill),
            phases=rows[: len(PHASES)],
            budget=views.budget(skill),
        ),
        "Pages": render("pages", pages=pages) if pages else "",
        "Phases": render("phases", phases=rows),
        "Exit criteria": views.exit_criteria(skill),
        "Debts": render("debts", debts=debts) if debts else "",
        "Continuation prompt": render("prompt", text=prompt),
    }
    return _markdown(skill.title, sections)


@pass_context
def verified(context: Context) -> str:
    """What a reader may believe of this page; every page with command blocks starts with it.

    Its first element, hidden, tells the Markdown extension which page this is.
    """
    url = context["page"].url
    page = sources.page(sources.source_of(url))
    states = sources.states(page)
    return render(
        "page",
        where=page.where,
        names=[block.name for block in page.blocks if block.name],
        mark=marks.page(states),
        counts=marks.counts(states),
        doubts=views.doubts(states),
        variants=[marks.variant(name, states) for name, states in sources.variants(page).items()],
        people=views.people(page),
        needs=views.needs(page, url),
        parameters=views.parameters(page),
    )


@pass_context
def proof(context: Context, where: str, name: str = "") -> str:
    """What is known today of another page, or of one block of it, as a link with its mark.

    Args:
        context: of the page that calls it.
        where: the other page, such as `docs/runbook/x.md`.
        name: the block; empty means the page as a whole.

    Raises:
        PageError: no such page, or no block of that name that runs.
    """
    return render("proof", item=views.proof(sources.page(where), name, context["page"].url))


@pass_context
def alert(context: Context) -> str:
    """What the rules say of the alert that has the name of this page.

    Raises:
        PageError: the rules of the page's skill raise no such alert.
    """
    page = sources.page(sources.source_of(context["page"].url))
    return render("alert", alert=raised.one(page))


@pass_context
def alerts(context: Context) -> str:
    """Every alert of the skill that the page names, as a table that leads to their pages.

    Raises:
        PageError: an alert without a page.
    """
    url = context["page"].url
    return render("alerts", alerts=raised.table(sources.page(sources.source_of(url)), url))


def _owed(skill: Skill) -> tuple[Owed, ...]:
    project = sources.project()
    return debts_of(project, skill, gather(project, skill, day()), day())


def _markdown(title: str, sections: dict[str, str]) -> str:
    parts = [f"# {title}"]
    for heading, text in sections.items():
        if text:
            anchor = heading.lower().replace(" ", "-")
            parts += [f"## {heading} {{ #{anchor} }}" if heading else "", text]
    return "\n\n".join(parts)
