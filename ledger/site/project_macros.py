"""Macros about the project as a whole: its evidence, its tests, its releases."""

from __future__ import annotations

from jinja2 import pass_context
from jinja2.runtime import Context

from ledger.site import release, strata, tables
from ledger.site.html import exact, render


@pass_context
def evidence(context: Context) -> str:
    """What was verified against what: every page with commands, its last run, its variants."""
    rows = tables.evidence(str(context["page"].url))
    return render("evidence", rows=rows, total=tables.total(rows))


@pass_context
def deferred_tests(context: Context) -> str:
    """Every command that pages put off, by the reason that they give, and who sees to it."""
    return render("deferred", debts=tables.deferred(str(context["page"].url)))


def test_strata() -> str:
    """The tests, folder by folder, as their sources tell them."""
    return render("strata", strata=strata.read())


def release_notes() -> str:
    """The changelog, release by release.

    Raises:
        PageError: there is none, or a heading of it is no release.
    """
    parts = []
    for one in release.notes():
        title = f"{one.name} ({one.day})" if one.day else one.name
        parts += [f"## {exact(title)} {{ #{one.anchor} }}", render("release", kinds=one.kinds)]
    return "\n\n".join(parts)
