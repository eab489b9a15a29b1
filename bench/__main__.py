"""`python -m bench`: start-up, scan and pages, ours and other tools', in one run and one table."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import readers, session, site, startup
from bench.measure import Times, measure
from bench.skills import COUNT, SEED


def main() -> None:
    """Measure and print; no time is ever judged."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="runs of each case (default: 21)")
    parser.add_argument("--no-rivals", action="store_true", help="install and time no other tool")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        commands, missing = startup.cases(Path(folder), rivals=not args.no_rivals)
        started = measure(commands, args.rounds)
        scanned = measure(readers.cases(Path(folder)), args.rounds)
        pages, no_pages = session.cases(Path(folder), rivals=not args.no_rivals)
        ran = measure(pages, args.rounds)
        built = {
            count: measure(site.cases(Path(folder) / f"site-{count}", count), _few(args.rounds))
            for count in site.COUNTS
        }
    if args.json:
        document = _document(args.rounds, started, missing | no_pages, scanned, ran)
        document["sites"] = {
            count: {name: time._asdict() for name, time in times.items()}
            for count, times in built.items()
        }
        print(json.dumps(document, indent=2))
    else:
        print(f"{_machine()}; median of {args.rounds}, in turns, after one to warm up\n")
        print(_table("Start-up", started, missing))
        print(_table(f"{COUNT} headers (seed {SEED})", scanned, {}))
        print(_table(f"A page of {session.BLOCKS} blocks of `true`", ran, no_pages))
        for count, times in built.items():
            print(_table(f"A site of {count} pages; processor time", times, {}))


def _few(rounds: int) -> int:
    """How often a build is run, which takes up to minutes."""
    return max(1, rounds // 7)


def _table(title: str, times: Mapping[str, Times], missing: Mapping[str, str]) -> str:
    """A Markdown table; the last column says how many times the first row's time it is."""
    lines = [f"| {title} | median ms | least ms | ratio |", "| --- | ---: | ---: | ---: |"]
    for name, time in times.items():
        lines.append(f"| `{name}` | {time.median:.1f} | {time.least:.1f} | {time.ratio:.2f} |")
    lines += [f"| `{name}` | not installed: {reason} | | |" for name, reason in missing.items()]
    return "\n".join(lines) + "\n"


def _document(
    rounds: int,
    started: Mapping[str, Times],
    missing: Mapping[str, str],
    scanned: Mapping[str, Times],
    ran: Mapping[str, Times],
) -> dict[str, object]:
    return {
        "schema": "phase-ledger/bench/v1",
        "machine": _machine(),
        "rounds": rounds,
        "startup": {name: time._asdict() for name, time in started.items()},
        "missing": dict(missing),
        "scan": {name: time._asdict() for name, time in scanned.items()},
        "pages": {name: time._asdict() for name, time in ran.items()},
    }


def _machine() -> str:
    """The day, the machine and the versions that the times hold for."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout
    names = ("phase-ledger", "PyYAML", "python-frontmatter", "ruamel.yaml")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    day = datetime.now(UTC).date()
    return f"{day}: {python}, {git.strip()}, {versions}"


if __name__ == "__main__":
    main()
