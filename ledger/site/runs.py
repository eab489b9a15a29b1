"""How long commands took in the newest run, where its record is at hand; it is not committed."""

from __future__ import annotations

import json
from typing import Any

from ledger.errors import PageError
from ledger.pages.page import Page
from ledger.site import sources


def seconds(page: Page) -> dict[str, float]:
    """The seconds that each command took, by name; a command that has changed since has none.

    Raises:
        PageError: the record cannot be read.
    """
    project = sources.project()
    path = project.runs / page.path.relative_to(project.docs).with_suffix(".json")
    if not path.is_file():
        return {}
    digests = {block.name: block.sha256 for block in page.verified_blocks}
    try:
        own: dict[str, Any] = json.loads(path.read_text("utf-8"))["predicate"]["phaseLedger"]
        return {
            run["name"]: float(run["seconds"])
            for run in own["blocks"]
            if run["result"] == "passed" and run["sha256"] == digests.get(run["name"])
        }
    except (ValueError, KeyError, TypeError):
        raise PageError(
            "not a run record",
            where=project.relative(path),
            fix="delete it, or run the page again: ledger verify",
        ) from None
