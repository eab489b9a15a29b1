"""What each settled phase left behind, as the timeline and the skills' pages show it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import frontmatter
from yaml import YAMLError

from ledger.core.phases import PHASES
from ledger.core.reading import read_signifiers
from ledger.core.skill import sections
from ledger.errors import PageError
from ledger.flow.brief import items
from ledger.site import marks, sources

_FIX = "write it with ledger advance; what is no epilogue does not belong into epilogues/"


class Epilogue(NamedTuple):
    """One epilogue.

    Attributes:
        name: its file's, without `.md`; its anchor in the timeline.
        skill: the plan.
        phase: the phase that settled.
        day: the day on which it did.
        status: the status that it got.
        summary: one sentence.
        gates: what the gates held, one line a gate.
        decision: what became of the plan, and why; empty but for REFLECT.
        forced: why it settled past shut gates; empty if none was shut.
        sent: the marks that say how to go on, such as `⟿[EDUCATE]`.
    """

    name: str
    skill: str
    phase: str
    day: date
    status: str
    summary: str
    gates: tuple[str, ...]
    decision: str
    forced: str
    sent: tuple[str, ...]


def read(skill: str = "") -> list[Epilogue]:
    """The epilogues of a skill, or of all, the newest first.

    Raises:
        PageError: a file in `epilogues/` is none.
    """
    paths = sorted(sources.project().epilogues.glob("*.md"))
    found = [_read(path, path.stat().st_mtime_ns) for path in paths]
    return sorted((one for one in found if skill in {"", one.skill}), key=_order, reverse=True)


def row(one: Epilogue, url: str) -> dict[str, Any]:
    """An epilogue as a template shows it; `href` leads from `url` to its place in the timeline."""
    timeline = sources.href_or_none("docs/epilogues.md", url)
    plan = sources.href_or_none(f"docs/skills/{one.skill}.md", url)
    return {
        **one._asdict(),
        "mark": marks.word(one.status),
        "href": f"{timeline}#{one.name}" if timeline else "",
        "plan": plan or "",
        "file": f"epilogues/{one.name}.md",
    }


def _order(one: Epilogue) -> tuple[date, int, int, str]:
    """The older first; of one day the earlier phase, and of one phase the earlier file."""
    return one.day, PHASES.index(one.phase), len(one.name), one.name


@lru_cache(maxsize=1024)
def _read(path: Path, _changed: int) -> Epilogue:
    where = sources.project().relative(path)
    try:
        post = frontmatter.load(str(path), encoding="utf-8-sig")
        meta, said = post.metadata, sections(post.content)
        first, *_ = said.get("Summary", "").split("\n\n")
        return Epilogue(
            name=path.stem,
            skill=str(meta["skill"]),
            phase=PHASES[PHASES.index(meta["phase"])],
            day=date.fromisoformat(str(meta["date"])),
            status=str(meta["status"]),
            summary=" ".join(first.split()),
            gates=items(said.get("Summary", "")),
            decision=" ".join(said.get("Decision", "").split()),
            forced=str(meta.get("forced", "")),
            sent=_sent(said.get("Continuation", "")),
        )
    except (KeyError, ValueError, YAMLError) as error:
        raise PageError(f"not an epilogue: {error}", where=where, fix=_FIX) from None


def _sent(text: str) -> tuple[str, ...]:
    """The marks of a continuation; an epilogue quotes it in a fence."""
    spoken = "\n".join(line for line in text.splitlines() if not line.startswith("```"))
    return tuple(mark.text for mark in read_signifiers(spoken).sent)
