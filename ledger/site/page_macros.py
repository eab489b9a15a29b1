"""Macros about pages: what evidence says of them, and of the alerts that lead to them."""

from __future__ import annotations

from jinja2 import pass_context
from jinja2.runtime import Context

from ledger.pages.page import Page
from ledger.site import alerts as raised
from ledger.site import quick, sources, views
from ledger.site.html import render


@pass_context
def verified(context: Context) -> str:
    """What a reader may believe of this page; every page with command blocks starts with it.

    It only tells the Markdown extension which page this is: that puts the words in its place when
    all else is rendered, so that no parser of Markdown reads them. The blocks' names stand there
    for the engine, which looks for the anchors that links lead to.
    """
    page = _here(context)
    names = [block.name for block in page.blocks if block.name]
    return render("marker", where=page.where, url=_url(context), names=names)


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
    return render("proof", item=views.proof(sources.page(where), name, _url(context)))


@pass_context
def alert(context: Context) -> str:
    """What the rules say of the alert that has the name of this page.

    Raises:
        PageError: the rules of the page's skill raise no such alert.
    """
    return render("alert", alert=raised.one(_here(context)))


@pass_context
def alerts(context: Context) -> str:
    """Every alert of the skill that the page names, as a table that leads to their pages.

    Raises:
        PageError: an alert without a page.
    """
    return render("alerts", alerts=raised.table(_here(context), _url(context)))


@pass_context
def quick_reference(context: Context) -> str:
    """What this page has to paste, section by section, then every page that names its `task`."""
    page = _here(context)
    return render("quick", paste=quick.paste(page), tasks=quick.tasks(page, _url(context)))


def _url(context: Context) -> str:
    return str(context["page"].url)


def _here(context: Context) -> Page:
    return sources.page(sources.source_of(_url(context)))
