"""Whether a prompt that was handed on still says what the files say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ledger.core.phases import PHASES
from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.errors import UsageError
from ledger.flow.context import worth
from ledger.flow.epilogue import latest_epilogue
from ledger.flow.evidence import PageEvidence
from ledger.flow.prompt import ledger_map, prompt_handles, span, sprint
from ledger.flow.text import one_line

_HEAD: Final = re.compile(
    r"concept\.forest\.manifest\[phase=(?P<phase>[^\]]*)\]\[sprint=(?P<sprint>.*)\]@span=(?P<span>.*)"
)
_HANDLE: Final = re.compile(r"-[ \t]+(?P<name>.+?):[ \t]+(?P<path>.*)")
_CLIPPED: Final = re.compile(r"\.\.\. and \d+ more lines, see ")


class Difference(NamedTuple):
    """One thing that a prompt says and the files do not.

    Attributes:
        where: `file:line` of the prompt; the first line for what it leaves out.
        what: which fact.
        says: what the prompt says; empty if nothing.
        now: what the files say; empty if nothing.
    """

    where: str
    what: str
    says: str
    now: str

    def __str__(self) -> str:
        """The difference on one line."""
        return f"{self.where}: {self.what}: {self.says or 'nothing'}, now {self.now or 'nothing'}"


class _Said(NamedTuple):
    """A fact and the line on which the prompt says it."""

    text: str
    line: int


_Facts = dict[str, _Said]


def differences(
    project: Project,
    skill: Skill,
    phase: str | None,
    evidence: Iterable[PageEvidence],
    where: str,
    prompt: str,
) -> list[Difference]:
    """Compare a prompt with the files: phase, names, map, budget, handles, evidence.

    Args:
        project: the project that holds the skill.
        skill: the plan.
        phase: the phase to work on; None if none is open.
        evidence: what the skill's pages prove.
        where: how the prompt is called.
        prompt: its text; also one that a person shortened, or that stands in a fence.

    Returns:
        What it says wrong or leaves out, in the order of its lines; a list that it cut short
        leaves nothing out.

    Raises:
        UsageError: it is no prompt.
    """
    said = _facts_of(prompt)
    if "phase" not in said:
        raise UsageError(
            "no prompt: no line concept.forest.manifest[phase=...]",
            where=where,
            fix="give a file that ledger prompt or ledger advance printed",
        )
    newest = latest_epilogue(project, skill)
    now = {
        "phase": phase or "",
        "sprint": sprint(skill),
        "span": span(skill),
        "entropy": str(skill.budget),
        **{f"ledger {name}": status for name, status in ledger_map(skill).items()},
        **{
            f"handle {handle.name}": str(handle).removeprefix(f"{handle.name}: ")
            for handle in prompt_handles(project, skill, project.relative(newest) if newest else "")
        },
        **{f"evidence {page.where}": worth(page) for page in evidence},
    }
    cut = _CLIPPED.search(prompt) is not None
    return sorted(_compare(where, said, now, cut=cut), key=lambda d: int(d.where.split(":")[-1]))


def _compare(where: str, said: _Facts, now: dict[str, str], *, cut: bool) -> Iterator[Difference]:
    for what, (text, line) in said.items():
        if text != one_line(now.get(what, "")):
            yield Difference(f"{where}:{line}", what, text, now.get(what, ""))
    for what in now:
        if what not in said and not (cut and what.startswith(("handle ", "evidence "))):
            yield Difference(f"{where}:{said['phase'].line}", what, "", now[what])


def _facts_of(prompt: str) -> _Facts:
    """What a prompt says, by fact; of two lines on the same fact the first counts."""
    found: _Facts = {}
    listing = False
    for number, raw in enumerate(prompt.splitlines(), 1):
        line = raw.strip()
        head, handle = _HEAD.fullmatch(line), _HANDLE.fullmatch(line)
        facts: dict[str, str] = {}
        if head:
            facts = head.groupdict()
        elif line.startswith("ledger: {"):
            facts = _map(line)
        elif line.startswith("entropy: "):
            facts = {"entropy": line.removeprefix("entropy: ")}
        elif handle and listing:
            facts = {f"handle {handle['name']}": handle["path"]}
        elif handle and handle["name"].endswith(".md"):
            facts = {f"evidence {handle['name']}": handle["path"]}
        listing = line == "handles:" or (listing and bool(handle))
        for what, text in facts.items():
            found.setdefault(what, _Said(one_line(text), number))
    return found


def _map(line: str) -> dict[str, str]:
    pairs = (pair.partition(":") for pair in line.removeprefix("ledger: ").strip("{}").split(","))
    return {f"ledger {n.strip()}": s.strip() for n, _, s in pairs if n.strip() in PHASES}
