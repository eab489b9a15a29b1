"""`python -m bench.shards`: pages shared out among parts, beside the least time that is possible.

The durations are drawn from those of real runs, with a heavy tail on top: one page in a hundred
takes up to fifty times as long.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ledger.core.project import Project
from ledger.verify.choice import choose
from ledger.verify.shard import assign

RUNS: Final = Path(__file__).parents[1] / ".ledger" / "runs"
# Seconds, as this repository's own 51 pages took them in November 2026; for where no run is on
# record.
USUAL: Final = (1.0, 5.3, 6.9, 8.9, 10.2, 11.6, 13.9, 15.3, 17.8, 20.8, 22.8, 37.8, 50.3, 54.4)
SIZES: Final = ((100, 10), (1_000, 10), (1_000, 100), (10_000, 100), (10_000, 1_000))
READ: Final = (100, 500)
SEED: Final = 20261121
_BLOCK: Final = "```bash {{.verify name=b{} expect=none}}\ntrue\n```\n\n"
_PAGE: Final = "# Page\n\n" + "A line of text.\n\n" * 30 + "".join(map(_BLOCK.format, range(8)))
_TAIL: Final = 0.01
# Pareto's exponent: the smaller, the more of all time is in a few pages.
_SHAPE: Final = 1.3
_LONGEST: Final = 50.0


class Row(NamedTuple):
    """What came of one sharing out.

    Attributes:
        pages: how many there are.
        parts: how many parts.
        unknown: the share of pages of which no duration is known, from 0 to 1.
        least: the longest part can take no less, in seconds.
        longest: what the longest part takes.
        seconds: how long the sharing out took.
        kib: the memory that it took at its peak, in KiB.
    """

    pages: int
    parts: int
    unknown: float
    least: float
    longest: float
    seconds: float
    kib: float

    @property
    def ratio(self) -> float:
        """How many times the least possible time the longest part takes."""
        return self.longest / self.least


def durations(runs: Path) -> tuple[float, ...]:
    """How long pages took, in seconds, by the records in a folder; the usual ones without any."""
    found = []
    for path in sorted(runs.rglob("*.json")):
        own = json.loads(path.read_text("utf-8"))["predicate"]["phaseLedger"]
        found.append(float(own["seconds"]))
    return tuple(found) or USUAL


def draw(known: Sequence[float], count: int, seed: int = SEED) -> dict[str, float]:
    """Durations of `count` pages, in seconds, by name; the same for the same seed."""
    chance = random.Random(seed)
    found = {}
    for number in range(count):
        seconds = chance.choice(known) * chance.uniform(0.7, 1.4)
        if chance.random() < _TAIL:
            seconds *= min(_LONGEST, chance.paretovariate(_SHAPE))
        found[f"docs/{number % 40:02}/page-{number:05}.md"] = seconds
    return found


def measure(pages: dict[str, float], parts: int, unknown: float = 0.0, seed: int = SEED) -> Row:
    """Share pages out by the durations that are known, and see how long the longest part takes."""
    chance = random.Random(seed)
    told = {name: None if chance.random() < unknown else took for name, took in pages.items()}
    tracemalloc.start()
    started = time.perf_counter()
    shares = assign(told, parts)
    seconds = time.perf_counter() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    loads = dict.fromkeys(range(1, parts + 1), 0.0)
    for name, part in shares.items():
        loads[part] += pages[name]
    least = max(sum(pages.values()) / parts, *pages.values())
    return Row(len(pages), parts, unknown, least, max(loads.values()), seconds, peak / 1024)


class Reading(NamedTuple):
    """What it takes to read all pages, which every part does before it knows its own.

    Attributes:
        pages: how many there are.
        milliseconds: of each page.
        kib: the memory that each page keeps until the run, in KiB.
    """

    pages: int
    milliseconds: float
    kib: float


def read(folder: Path, count: int) -> Reading:
    """Write `count` pages into an empty folder, and read them as `ledger verify --shard` does."""
    (folder / "docs").mkdir(parents=True)
    (folder / "mkdocs.yml").write_text("site_name: Bench\n", "utf-8")
    for number in range(count):
        (folder / f"docs/page-{number:05}.md").write_text(_PAGE, "utf-8")
    project = Project(folder)
    started = time.perf_counter()
    choose(project, [])
    seconds = time.perf_counter() - started
    tracemalloc.start()
    pages = choose(project, [])
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return Reading(len(pages), 1000 * seconds / count, kept / 1024 / count)


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.shards", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    args = parser.parse_args()
    known = durations(RUNS)
    rows = [
        measure(draw(known, pages), parts, unknown)
        for pages, parts in SIZES
        for unknown in (0.0, 0.1, 1.0)
    ]
    with tempfile.TemporaryDirectory() as folder:
        readings = [read(Path(folder, str(count)), count) for count in READ]
    if args.json:
        told = {
            "rows": [row._asdict() | {"ratio": row.ratio} for row in rows],
            "readings": [reading._asdict() for reading in readings],
        }
        print(json.dumps({"schema": "phase-ledger/bench-shards/v1", **told}, indent=2))
        return
    print(
        f"durations of {len(known)} real pages, {min(known):.0f} to {max(known):.0f} s; seed {SEED}"
    )
    print("| pages | parts | unknown | least s | longest part s | ratio | KiB a page |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        print(
            f"| {row.pages} | {row.parts} | {row.unknown:.0%} | {row.least:.0f} "
            f"| {row.longest:.0f} | {row.ratio:.3f} | {row.kib / row.pages:.2f} |"
        )
    print("\n| pages read by each part | ms a page | KiB a page |")
    print("| ---: | ---: | ---: |")
    for reading in readings:
        print(f"| {reading.pages} | {reading.milliseconds:.1f} | {reading.kib:.1f} |")


if __name__ == "__main__":
    main()
