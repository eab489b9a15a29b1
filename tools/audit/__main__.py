"""Run the steps of the audit and tell of each in one line."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ledger.core.project import Project
from tools.audit.steps import STEPS
from tools.audit.subject import LeftOutError, Subject, ToolError


def main() -> int:
    """Run the named steps, or all.

    Returns:
        0 if every step is good or left out, else 1.
    """
    parser = argparse.ArgumentParser(prog="make audit", description=__doc__)
    parser.add_argument("--tools", type=Path, default=Path(".ledger/audit/bin"), metavar="DIR")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"some of: {', '.join(STEPS)}")
    options = parser.parse_args()
    if unknown := set(options.steps) - STEPS.keys():
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    subject = Subject(Project(Path.cwd()), options.tools.resolve())
    results = [_run(name, subject) for name in options.steps or STEPS]
    return 0 if all(results) else 1


def _run(name: str, subject: Subject) -> bool:
    try:
        found = list(STEPS[name](subject))
    except ToolError as error:
        found = [str(error)]
    except LeftOutError as why:
        # In CI a step that did not run would look like one that found nothing.
        if os.environ.get("CI") != "true":
            print(f"left out {name}: {why}")
            return True
        found = [str(why)]
    print(f"{'FAILED' if found else 'ok':8} {name}", *found, sep="\n  ", flush=True)
    return not found


if __name__ == "__main__":
    sys.exit(main())
