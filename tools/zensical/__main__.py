"""Build this project's site with MkDocs and with Zensical, and tell what differs."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tools.zensical import builds
from tools.zensical.compare import contents, differences


def main() -> int:
    """Build, compare and report.

    Returns:
        0 whatever differs, as nothing is published by Zensical; 1 if one of the two cannot build.
    """
    parser = argparse.ArgumentParser(prog="make zensical", description=__doc__)
    program = Path(".ledger/zensical/bin/zensical")
    parser.add_argument("--program", type=Path, default=program, metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zensical-") as name:
        folder = Path(name)
        ours, theirs = folder / "mkdocs", folder / "zensical"
        try:
            builds.copy(Path.cwd(), folder / "project")
            builds.mkdocs(folder / "project", ours)
            warned = builds.zensical(folder / "project", options.program.absolute(), theirs)
        except builds.BuildError as error:
            print(f"FAILED: {error}", file=sys.stderr)
            return 1
        pages = contents(ours)
        found = list(differences(pages, contents(theirs)))
    commands = sum(len(page.copied) for page in pages.values())
    print(f"{len(pages)} pages with {commands} texts to copy; differences: {len(found)}")
    print(*found, f"warnings of Zensical: {len(warned)}", *warned, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
