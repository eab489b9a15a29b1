"""What a skill's pages prove today, read once for gates, epilogues and prompts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ledger.core.project import Project
from ledger.core.skill import Skill
from ledger.errors import LedgerError, PageError
from ledger.pages.block import Block
from ledger.pages.evidence import Lock
from ledger.pages.page import read_page
from ledger.pages.state import BlockState, State, page_states, worst


@dataclass(frozen=True)
class PageEvidence:
    """One page, as far as it can be read.

    Attributes:
        where: the page, relative to the project.
        states: the state of each of its procedure blocks, in order.
        problem: why the page or its evidence cannot be read; None if it can.
    """

    where: str
    states: tuple[BlockState, ...] = ()
    problem: LedgerError | None = None

    @property
    def lock(self) -> Lock | None:
        """The run that the page's evidence comes from."""
        return self.states[0].lock if self.states else None

    @property
    def word(self) -> str:
        """What the page is worth, in one word or two."""
        if self.problem:
            return "broken"
        return worst(state.state for state in self.states) or "no blocks"

    @property
    def broken(self) -> tuple[BlockState, ...]:
        """The blocks on which no phase may settle."""
        return tuple(state for state in self.states if not state.state.holds)

    def doubts(self) -> list[tuple[str, str]]:
        """Where and why no phase may settle on the page: `file:line` and a clause, one a reason."""
        by_reason: dict[str, list[Block]] = {}
        for state in self.broken:
            by_reason.setdefault(f"{state.state}: {state.why}", []).append(state.block)
        found = []
        for reason, (first, *more) in by_reason.items():
            also = f" (and {len(more)} more)" if more else ""
            found.append((f"{self.where}:{first.line}", f"block {first.name}{also} is {reason}"))
        return found

    def mend(self) -> str:
        """The command that makes the page's evidence hold."""
        return f"ledger verify {self.where} --update-lock"

    def run(self) -> str:
        """The day of the run and what it ran against; empty if there was none."""
        if self.lock is None:
            return ""
        versions = ", ".join(f"{name} {v}" for name, v in sorted(self.lock.versions.items()))
        return f"run of {self.lock.verified}" + (f" on {versions}" if versions else "")


def gather(project: Project, skill: Skill, today: date) -> tuple[PageEvidence, ...]:
    """Read the evidence of every page that `skill` answers for; problems are part of it."""
    return tuple(read_evidence(project, name, today) for name in skill.strings("docs"))


def read_evidence(project: Project, name: str, today: date) -> PageEvidence:
    """Read one page's evidence.

    Args:
        project: the project that holds the page.
        name: the page, relative to the project.
        today: the UTC day to measure age against.
    """
    path = project.root / name
    try:
        if not _below(path, project.docs):
            raise PageError("not a page below docs/", where=name, fix="correct docs: in the skill")
        page = read_page(project, path)
        return PageEvidence(name, tuple(page_states(project, page, today)))
    except LedgerError as problem:
        return PageEvidence(name, problem=problem)


def _below(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):  # a loop of links, a name that no file can have
        return False


def tally(states: Iterable[BlockState]) -> str:
    """How many blocks are in which state: `6 verified, 2 deferred`."""
    counts = Counter(state.state for state in states)
    return ", ".join(f"{counts[s]} {s}" for s in State if counts[s]) or "no blocks"


def summary(evidence: Iterable[PageEvidence]) -> str:
    """All pages in one clause: `6 blocks verified on Kubernetes 1.34.4, 2 deferred`."""
    pages = tuple(evidence)
    verified = [s for page in pages for s in page.states if s.state is State.VERIFIED]
    others = [s for page in pages for s in page.states if s.state is not State.VERIFIED]
    runs = {s.lock.versions.get("kubernetes", "") for s in verified if s.lock} - {""}
    where = f" on Kubernetes {' and '.join(sorted(runs))}" if runs else ""
    plural = "" if len(verified) == 1 else "s"
    rest = f", {tally(others)}" if others else ""
    return f"{len(verified)} block{plural} verified{where}{rest}"
