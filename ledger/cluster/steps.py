"""Build steps whose results are kept by what went into them."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ledger.cluster.run import CommandFailed, Shell
from ledger.core.files import digest
from ledger.errors import ClusterError

Say = Callable[[str], None]


@dataclass(frozen=True)
class Task:
    """What a build function gets.

    Args:
        out: an empty folder to fill; it becomes the step's result.
        inputs: the step's own inputs.
        sources: the step's own files and folders.
        needs: the results of the steps it needs, by name.
        cache: the cache's root, for tools that keep caches of their own.
        shell: runs programs with this step's log.
    """

    out: Path
    inputs: Mapping[str, str]
    sources: tuple[Path, ...]
    needs: Mapping[str, Path]
    cache: Path
    shell: Shell


@dataclass(frozen=True)
class Step:
    """One thing to build.

    Args:
        name: unique among the steps.
        build: fills the result's folder; the code of its module is part of the key.
        usual: seconds that it takes on two cores when nothing is cached.
        inputs: words that decide the result.
        sources: files and folders whose content decides the result.
        needs: the steps whose results it uses.
    """

    name: str
    build: Callable[[Task], None]
    usual: float
    inputs: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[Path, ...] = ()
    needs: tuple[Step, ...] = ()

    def key(self) -> str:
        """Digest all that decides the result: equal keys, equal results."""
        parts = {
            "name": self.name,
            "code": _code(inspect.getsourcefile(self.build) or ""),
            "inputs": dict(self.inputs),
            "sources": [digest(path) for path in self.sources],
            "needs": [step.key() for step in self.needs],
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def _code(file: str) -> str:
    """Give a module's code as the compiler sees it: comments and layout do not count."""
    return ast.dump(ast.parse(Path(file).read_text("utf-8")))


@dataclass(frozen=True)
class Store:
    """The results that are kept, and the way to more of them.

    Only one process at a time may use it: hold `lock.locked(store.root)`.

    Args:
        root: the cache folder.
        logs: the folder for logs.
        say: tells the user what goes on.
        env: variables for the programs that steps run.
    """

    root: Path
    logs: Path
    say: Say
    env: Mapping[str, str] = field(default_factory=dict)

    def folder(self, step: Step) -> Path:
        """Name the folder of a step's result, whether it is there or not."""
        return self.root / "steps" / f"{step.name}-{step.key()[:16]}"

    def get(self, step: Step) -> Path:
        """Give the folder of a step's result; build what is missing.

        Raises:
            ClusterError: a build failed; says the step, the log and what to do.
        """
        folder = self.folder(step)
        if folder.is_dir():
            return folder
        needs = {need.name: self.get(need) for need in step.needs}
        started = time.monotonic()
        self.say(f"building {step.name} (usually {_span(step.usual)}) ...")
        self._build(step, needs, folder)
        self.say(f"building {step.name} ... done in {_span(time.monotonic() - started)}")
        return folder

    def _build(self, step: Step, needs: Mapping[str, Path], folder: Path) -> None:
        # Whoever holds the lock is alone: what lies here was left by a killed build.
        work = self.root / "unfinished" / step.name
        remove(work)
        work.mkdir(parents=True)
        log = self.logs / f"{step.name}.log"
        log.unlink(missing_ok=True)
        shell = Shell(log, self.env)
        try:
            step.build(Task(work, step.inputs, step.sources, needs, self.root, shell))
        except CommandFailed as error:
            raise failed(step.name, error) from error
        folder.parent.mkdir(parents=True, exist_ok=True)
        work.rename(folder)
        self._prune(step.name)

    def _prune(self, name: str) -> None:
        """Keep the two newest results of a step: this one, and the one before it to go back to."""
        mine = re.compile(rf"{re.escape(name)}-[0-9a-f]{{16}}")
        found = [path for path in (self.root / "steps").iterdir() if mine.fullmatch(path.name)]
        for old in sorted(found, key=lambda path: path.stat().st_ctime)[:-2]:
            remove(old)


def failed(doing: str, error: CommandFailed) -> ClusterError:
    """Turn a program's failure into an error that a user can act on."""
    return ClusterError(
        f"{doing} failed: {error.argv[0]} {error.reason}; the last lines are:\n{error.tail()}",
        where=str(error.log),
        fix="read the log, mend the cause, run `ledger cluster up` again: finished steps are kept",
    )


def remove(path: Path) -> None:
    """Remove a folder with all that is in it, also where nobody may write (Go's modules)."""

    def unlock(retry: Callable[[str], object], failed_at: str, _: object) -> None:
        Path(failed_at).parent.chmod(0o755)
        retry(failed_at)

    if path.exists():
        shutil.rmtree(path, onerror=unlock)


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
