"""The gates `verify` and `handles`: what was run, and what is there."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.flow.evidence import PageEvidence, summary
from ledger.flow.gates.result import Finding, GateResult, Subject, counted
from ledger.flow.signal import handles as handles_of
from ledger.pages.state import State


def verify(subject: Subject) -> GateResult:
    """Every block of every page of the skill holds, and at least one was really run."""
    findings = [found for page in subject.evidence for found in _page_findings(page)]
    states = [state for page in subject.evidence for state in page.states]
    if not subject.evidence:
        findings.append(no_pages(subject))
    elif not findings and not any(s.state is State.VERIFIED for s in states):
        findings.append(_nothing_verified(subject))
    return GateResult("verify", summary(subject.evidence), tuple(findings))


def handles(subject: Subject) -> GateResult:
    """Every path that the skill hands on exists."""
    named = handles_of(subject.project, subject.skill)[1:] if _names_handles(subject) else []
    findings = tuple(
        Finding(
            subject.at("handles", handle.name),
            f"handle {handle.name} names {handle.path}, which does not exist",
            "make it, or correct the handle",
        )
        for handle in named
        if not handle.exists
    )
    found = len(named) - len(findings)
    said = f"{counted(found, 'handle')} {'exists' if found == 1 else 'exist'}" if found else ""
    return GateResult("handles", said, findings)


def _names_handles(subject: Subject) -> bool:
    return bool(subject.skill.header.data.get("handles"))


def no_pages(subject: Subject) -> Finding:
    """What a gate that looks at pages finds where the skill names none."""
    return Finding(
        subject.at("docs"),
        "no pages under docs:, so nothing proves this phase",
        f"name them under docs:, or give the phase no gate: gates: {{{subject.phase}: []}}",
    )


def _page_findings(page: PageEvidence) -> Iterable[Finding]:
    if page.problem:
        yield Finding(page.problem.where or page.where, page.problem.what, page.problem.fix)
    for where, what in page.doubts():
        yield Finding(where, what, page.mend())


def _nothing_verified(subject: Subject) -> Finding:
    return Finding(
        subject.at("docs"),
        "no block of these pages is verified, so nothing proves this phase",
        "verify one block, or settle with --to deferred --reason ...",
    )
