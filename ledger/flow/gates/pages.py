"""The gate `pages`: what the reader meets on the skill's pages is in order."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.core.problem import Severity
from ledger.flow.evidence import PageEvidence
from ledger.flow.gates.proof import no_pages
from ledger.flow.gates.result import Finding, GateResult, Subject, counted
from ledger.pages.lint import page_problems


def pages(subject: Subject) -> GateResult:
    """Each page of the skill lints clean; notes for information do not count."""
    findings = [found for page in subject.evidence for found in _findings(subject, page)]
    if not subject.evidence:
        findings.append(no_pages(subject))
    said = f"{counted(len(subject.evidence), 'page')} linted" if subject.evidence else ""
    return GateResult("pages", said, tuple(findings))


def _findings(subject: Subject, page: PageEvidence) -> Iterator[Finding]:
    if page.problem:
        yield Finding(page.problem.where or page.where, page.problem.what, page.problem.fix)
        return
    for problem in page_problems(subject.project, subject.project.root / page.where):
        if problem.severity is not Severity.INFO:
            yield Finding(f"{problem.where}:{problem.line}", problem.what, problem.fix)
