"""`ledger verify --offline`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ledger.cli.common import print_json, print_text, say
from ledger.errors import Exit, UsageError

if TYPE_CHECKING:
    from ledger.verify.offline import Report

_MEANT = {"pages", "offline", "json", "run"}
_COUNTS = ("pages", "fences", "manifests", "resources")


def run(args: argparse.Namespace) -> Exit:
    """Check pages and manifests without a cluster, and tell what is wrong with them.

    Raises:
        UsageError: an option that only a run gives a meaning.
    """
    from ledger.cli.check import listing
    from ledger.core.problem import Severity
    from ledger.core.project import Project
    from ledger.verify.offline import check

    for name, value in vars(args).items():
        if value and name not in _MEANT:
            what = f"--offline runs no block: --{name.replace('_', '-')} means nothing"
            raise UsageError(what, fix="leave out one of them")
    report = check(Project.here(), args.pages)
    if args.json:
        print_json(
            "offline",
            kubernetes=report.kubernetes,
            checked={key: getattr(report, key) for key in _COUNTS},
            count={word.value: report.count(word) for word in Severity},
            problems=[problem._asdict() for problem in report.problems],
        )
    else:
        print_text(listing(report.problems))
    say(_summary(report))
    return Exit.FOUND if report.count(Severity.ERROR) else Exit.DONE


def _summary(report: Report) -> str:
    from ledger.core.problem import Severity

    counts = [f"{report.count(word)} {word}{'s' * (report.count(word) != 1)}" for word in Severity]
    return (
        f"{report.pages} pages, {report.fences} fences, {report.manifests} manifests, "
        f"{report.resources} resources\n"
        f"(Kubernetes {report.kubernetes}): {', '.join(counts)}"
    )
