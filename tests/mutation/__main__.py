"""`make mutants`: break every page in every way, and count what the engine does not notice."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.mutation.judge import Judge
from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
OWN = tuple(sorted(Path(__file__).parent.glob("*.md")))


def pages() -> tuple[Path, ...]:
    """The pages to break: each of `docs/` with something to run, and those made for it."""
    found = (path for path in sorted((ROOT / "docs").rglob("*.md")) if _runs(path))
    return (*OWN, *found)


def _runs(path: Path) -> bool:
    text = path.read_text("utf-8")
    return "\n<!--[ verified() ]-->" in text and "\n```bash {.verify " in text


def judged(path: Path, every: int = 1) -> Iterable[tuple[Mutant, tuple[str, ...]]]:
    """Each mutant of a page, or each `every`th, and how the engine notices it."""
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(Path(folder), ROOT, path)
        for mutant in mutants(judge.project, judge.path)[::every]:
            yield mutant, judge.notices(mutant.text)


def main() -> int:
    """Print a table by kind and every mutant that lives.

    Returns:
        1 if one lives.
    """
    totals: Counter[tuple[str, str]] = Counter()
    living = []
    for path in pages():
        sys.stderr.write(f"breaking {path.relative_to(ROOT)}\n")
        for mutant, how in judged(path):
            totals.update((mutant.kind, word) for word in ("mutants", *how))
            if not how:
                totals[mutant.kind, "not noticed"] += 1
                living.append(
                    f"{path.relative_to(ROOT)}:{mutant.line}: {mutant.kind}, {mutant.what}"
                )
    columns = ("mutants", "error", "stale", "failed", "not noticed")
    kinds = list(dict.fromkeys(kind for kind, _ in totals))
    rows: list[tuple[str, ...]] = [("broken", *columns)]
    rows += [(kind, *(str(totals[kind, column]) for column in columns)) for kind in kinds]
    sums = (sum(totals[kind, column] for kind in kinds) for column in columns)
    rows.append(("all", *map(str, sums)))
    for row in rows:
        sys.stdout.write(f"{row[0]:<22}" + "".join(f"{cell:>13}" for cell in row[1:]) + "\n")
    sys.stdout.write("".join(f"not noticed: {one}\n" for one in living))
    return bool(living)


if __name__ == "__main__":
    sys.exit(main())
