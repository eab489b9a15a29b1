"""The macros of the site.

A page calls them between comment marks, `<!--[ verified() ]-->`, so that no text of a shell is
ever taken for one of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from ledger.errors import UsageError
from ledger.site import again, data, readings, sources
from ledger.site.html import escaped
from ledger.site.page_macros import alert, alerts, proof, quick_reference, verified
from ledger.site.project_macros import deferred_tests, evidence, release_notes, test_strata
from ledger.site.skill_macros import (
    audience,
    branch_candidates,
    budget,
    debts,
    epilogues,
    forest,
    forest_graph,
    phase_strip,
    skill_page,
    slis,
)
from ledger.site.standing import standing

MACROS: Final = (
    *(verified, proof, alert, alerts, quick_reference, standing),
    *(forest, forest_graph, skill_page, phase_strip, budget, debts, slis, audience),
    *(branch_candidates, epilogues, deferred_tests, evidence, test_strata, release_notes),
)


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
    sources.renew()
    env.variables.update(data.variables(env.conf))
    for macro in MACROS:
        env.macro(macro)
    again.settle()
    if plugins := getattr(env.conf, "plugins", None):  # MkDocs has them, Zensical does not
        plugins["ledger"] = again.Theme()
    # Zensical calls this for each page, and knows no hook.
    if getattr(env, "page", None):
        on_pre_page_macros(env)


def on_pre_page_macros(env: Any) -> None:
    """Make the front matter of a page safe for the theme, which prints its texts as HTML."""
    env.page.meta.update(escaped(env.page.meta))


def on_post_build(_env: Any) -> None:
    """Keep what the pages were read as for the next build."""
    readings.keep(sources.project().root)
