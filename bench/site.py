"""How long the site takes to build: plain Material, and the same pages with their evidence."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml

from bench.rivals import environment
from ledger.core.project import Project
from ledger.pages.evidence import Lock, Result, input_digests, write_lock
from ledger.pages.page import read_page

COUNTS: Final = (100, 1000)

_ROOT: Final = Path(__file__).parents[1]
_OURS: Final = "mkdocs build, with evidence"
_SECTION: Final = 20
_VERSIONS: Final = {"kubernetes": "1.34.4", "nats-server": "2.14.6"}
_PAGE: Final = """\
---
title: Restore stream {number}
owner: platform
escalate: the platform engineer on call
inputs: [manifests]
parameters:
  STREAM: {{example: ORDERS-{number}, find: nats stream ls}}
---

# Restore stream {number} {{ #top }}

<!--[ verified() ]-->

**Symptom**: consumers of `ORDERS-{number}` get nothing, and `nats stream info` says *not found*.

**Impact**: what was published since the last good backup is lost; each hour adds an hour.

**Stop-loss**: stop the publishers, see [the page before](page-{before:04}.md).

## Diagnosis {{ #diagnosis }}

| What it says | What failed | Go to |
| --- | --- | --- |
| `Authorization Violation` | The password of the user `backup` | [below](#restore) |
| `no servers available` | NATS is down | [the first page](page-0000.md) |
| `no space left on device` | The backup volume is full | [below](#restore) |

```bash {{.verify name=look-at-it timeout=30s}}
nats --context view stream info "${{STREAM:?set STREAM}}" --json |
  jq -r '.state | "messages \\(.messages), from \\(.first_seq) to \\(.last_seq)"'
```
```text {{.expect match=like}}
messages {number}, from 1 to {number}
```

Go on only if the figure is smaller than the one that the last backup has in its last line.

## Restore {{ #restore }}

1. Take the newest archive that the verification has passed.
2. Restore the stream under its own name; a stream that is there is never overwritten.

```bash {{.verify name=restore-stream timeout=120s mutates irreversible}}
archive=$(ls -t /backup/*.tar | head -n 1)
tar -xf "$archive" -C /tmp/restore
nats stream restore "${{STREAM:?set STREAM}}" "/tmp/restore/${{STREAM:?set STREAM}}"
```
```text {{.expect match=contains}}
Restored stream "ORDERS-{number}"
```

!!! note

    The time of the restore stands in the record of the run. More than 15 minutes is an incident of
    its own: [escalate](#top).
"""


def cases(folder: Path, count: int) -> dict[str, Callable[[], float]]:
    """The builds of the same `count` pages, which are made in `folder`."""
    _project(folder, count)
    mkdocs = [_program("mkdocs"), "build", "--strict", "--quiet"]
    commands = {
        "mkdocs build, plain Material": [*mkdocs, "-f", "plain.yml", "-d", "plain"],
        _OURS: [*mkdocs, "-d", "site"],
        "ledger site build, which checks it": [_program("ledger"), "site", "build"],
    }
    again: dict[str, Callable[[], float]] = {
        name: partial(_run, command, folder) for name, command in commands.items()
    }
    return again | {f"{_OURS}, the first": partial(_first, commands[_OURS], folder)}


def _project(folder: Path, count: int) -> None:
    docs = folder / "docs"
    docs.mkdir(parents=True)
    (docs / "index.md").write_text("# Home\n", "utf-8")
    (folder / "manifests").mkdir()
    for number in range(20):
        (folder / "manifests" / f"{number}.yaml").write_text("kind: StatefulSet\n" * 50, "utf-8")
    for number in range(count):
        text = _PAGE.format(number=number, before=(number - 1) % count)
        (docs / f"page-{number:04}.md").write_text(text, "utf-8")
    config = yaml.safe_load((_ROOT / "mkdocs.yml").read_text("utf-8"))
    for key in ("nav", "extra", "extra_css", "extra_javascript"):
        del config[key]
    names = [f"page-{number:04}.md" for number in range(count)]
    config["nav"] = ["index.md"] + [
        {f"Part {start // _SECTION}": names[start : start + _SECTION]}
        for start in range(0, count, _SECTION)
    ]
    _write(folder / "mkdocs.yml", config)
    config["plugins"] = [plugin for plugin in config["plugins"] if "macros" not in plugin]
    config["markdown_extensions"].remove("ledger.blocks")
    _write(folder / "plain.yml", config)
    _evidence(Project(folder), names)


def _evidence(project: Project, names: list[str]) -> None:
    inputs = input_digests(project, ["manifests"], "")
    today = datetime.now(UTC).date()
    for name in names:
        page = read_page(project, project.docs / name)
        blocks = {block.name: Result(block.sha256, "passed") for block in page.verified_blocks}
        write_lock(project, page, Lock(page.where, today, page.setup, _VERSIONS, inputs, blocks))


def _write(file: Path, config: dict[str, Any]) -> None:
    file.write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _first(command: Sequence[str], folder: Path) -> float:
    """`_run` where no build has left anything to the next."""
    (folder / ".ledger" / "readings.json").unlink(missing_ok=True)
    with TemporaryDirectory() as cache:
        return _run(command, folder, XDG_CACHE_HOME=cache)


def _run(command: Sequence[str], folder: Path, **more: str) -> float:
    """Run a build to its end; the seconds that it kept a processor busy.

    Raises:
        CalledProcessError: it failed, so its time would mean nothing.
    """
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environment() | more, capture_output=True, check=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime
