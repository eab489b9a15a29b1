"""Run the blocks of one page in one shell, judge each, and keep what is worth recording."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ledger.cluster import Identity, environment
from ledger.core.project import Project
from ledger.errors import PageError
from ledger.pages.attributes import SETUP, TEARDOWN
from ledger.pages.block import Block
from ledger.pages.evidence import input_digests
from ledger.pages.page import Page
from ledger.verify.attempt import carry_out
from ledger.verify.failure import BlockFailed, describe
from ledger.verify.redact import redactor
from ledger.verify.screen import excerpt
from ledger.verify.session import Shell

PASSED: Final = "passed"
FAILED: Final = "failed"
NOT_RUN: Final = "not-run"
MET: Final = "met"
MADE: Final = "made"
_VERSION_SECONDS: Final = 30.0
_KUBECTL: Final = "kubectl version --client"

_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+(?:[-+][0-9A-Za-z][0-9A-Za-z.+-]*)?)")
# A page that needs no cluster must not reach one either, whatever the user's own kubeconfig says.
_NO_CLUSTER: Final = {"KUBECONFIG": os.devnull}
# What a block is given of the user's own variables: none of these holds a secret.
_PASSED: Final[tuple[str, ...]] = (
    *("PATH", "KUBECONFIG", "DOCKER_HOST", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)


@dataclass(frozen=True)
class BlockRun:
    """What became of one block.

    Attributes:
        block: the block.
        result: passed, failed or not-run.
        reason: why, one clause; empty if it passed.
        status: its exit status; None if there is none to tell.
        seconds: how long it took.
        stdout: excerpt of its standard output, without secrets.
        stderr: excerpt of its standard error, without secrets.
    """

    block: Block
    result: str
    reason: str = ""
    status: int | None = None
    seconds: float = 0.0
    stdout: str = ""
    stderr: str = ""


@dataclass(frozen=True)
class NeedRun:
    """What became of a page that another one needs.

    Attributes:
        page: the page that is needed, relative to the project.
        result: met (nothing was left to do), made (it was run) or failed.
        seconds: how long it took to find out and to make it.
    """

    page: str
    result: str
    seconds: float


@dataclass
class PageRun:
    """A page being run, or the account of its run.

    Attributes:
        project: the project.
        page: the page.
        identity: the cluster that it runs on; None if it needs none.
        digest: SHA-256 of the page's file when the run began.
        inputs: digests of the files that the page depends on, when the run began.
        versions: what it ran against, name to version; filled by `finish`.
        blocks: what became of each block so far, in order.
        started: when the run began, in UTC.
        finished: when it ended, in UTC.
        seconds: how long it took.
        whole: whether every block of the page was selected to run.
        needs: what became of the pages that it needs, in the order in which they were asked.
    """

    project: Project
    page: Page
    identity: Identity | None
    whole: bool = True
    digest: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    blocks: list[BlockRun] = field(default_factory=list)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished: datetime | None = None
    seconds: float = 0.0
    needs: list[NeedRun] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.digest = hashlib.sha256(self.page.path.read_bytes()).hexdigest()
        self.inputs = input_digests(self.project, self.page.strings("inputs"), self.page.where)
        self.redact = redactor(os.environ)
        self._begun = time.monotonic()
        self._touched = False
        self._untold: dict[str, str] | None = None
        self._env = _environment(self.identity, self.page.parameters)
        self._shell = Shell(self._env)
        _lay_out(self.project.root, self.inputs, self._shell.work)

    @property
    def passed(self) -> bool:
        """Whether every block of the page ran and passed."""
        ran = {run.block.name for run in self.blocks if run.result == PASSED}
        return ran == {block.name for block in self.page.verified_blocks}

    def run(self, block: Block) -> None:
        """Run the next block.

        Raises:
            BlockFailed: it did not do what the page says.
        """
        self._touched = True
        if block.stage == TEARDOWN:
            self._note_versions()
            if not self._shell.alive:
                self._shell = Shell(self._env, before=self._shell)
        kubeconfig = self.identity.kubeconfig if self.identity else None
        last = carry_out(self._shell, block, kubeconfig)
        outcome, reason = last.outcome, last.reason
        run = BlockRun(
            block,
            FAILED if reason else PASSED,
            self.redact(reason),
            outcome.status,
            outcome.seconds,
            self.redact(excerpt(outcome.stdout)),
            self.redact(excerpt(outcome.stderr)),
        )
        self.blocks.append(run)
        if reason:
            told = describe(block.where, block, reason, run.status, last.diff, run.stderr)
            raise BlockFailed(self.redact(told))

    def take_down(self, say: Callable[[str], None]) -> str:
        """Run the teardown blocks that did not run yet, each of them, in the page's order.

        Where the page's own shell has ended, in a new one. Where no block ran, none is needed.

        Args:
            say: tells a person what is taken down.

        Returns:
            The account of those that failed; empty if none did.
        """
        done = {run.block.name for run in self.blocks}
        left = [b for b in self.page.verified_blocks if b.stage == TEARDOWN and b.name not in done]
        told = []
        for block in left if self._touched else ():
            say(f"taking down {self.page.where}::{block.name}")
            try:
                self.run(block)
            except BlockFailed as failed:
                told.append(str(failed))
        return "\n".join(told)

    def close(self) -> None:
        """End the page's shell."""
        self._shell.close()
        self.seconds = time.monotonic() - self._begun
        self.finished = datetime.now(UTC)

    def finish(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Take down what is left, note the versions that the page ran against, end its shell.

        Args:
            say: tells a person what is taken down, and what of it failed: a run that was stopped
                has no test to tell it.

        Raises:
            PageError: every block passed, and a version cannot be told.
        """
        try:
            if told := self.take_down(say):
                say(told)
            if self._touched:
                self._note_versions()
            if self._untold and self.passed:
                name, command = next(iter(self._untold.items()))
                raise PageError(
                    f"no version in what `{command}` prints",
                    where=f"{self.page.where}:1",
                    fix=f"correct versions: {name}",
                )
        finally:
            self.close()

    def results(self) -> list[BlockRun]:
        """Every block of the page in order; those that did not run say after which."""
        done = {run.block.name: run for run in self.blocks}
        why = "the run was stopped"
        if lost := next((need.page for need in self.needs if need.result == FAILED), ""):
            why = f"{lost}, which it needs, failed"
        if failed := next((run.block for run in self.blocks if run.result == FAILED), None):
            why = because(failed)
        return [
            done.get(block.name) or BlockRun(block, NOT_RUN, why)
            for block in self.page.verified_blocks
        ]

    def _version_commands(self) -> dict[str, str]:
        own = {str(name): str(command) for name, command in self.page.table("versions").items()}
        return {"kubectl": _KUBECTL, **own} if self.identity else own

    def _note_versions(self) -> None:
        """Note them once: what a page takes down cannot tell its version later."""
        if self._untold is not None:
            return
        self._untold = {}
        if self.identity:
            self.versions["kubernetes"] = self.identity.kubernetes.removeprefix("v")
        for name, command in self._version_commands().items():
            self._note_version(name, command, self._untold)

    def _note_version(self, name: str, command: str, untold: dict[str, str]) -> None:
        outcome = self._shell.run(command, timeout=_VERSION_SECONDS, name=f"version-{name}")
        found = _VERSION.search(excerpt(outcome.stdout)) or _VERSION.search(excerpt(outcome.stderr))
        if outcome.status == 0 and found:
            self.versions[name] = found[1]
        else:
            untold[name] = command


def because(failed: Block) -> str:
    """Why the blocks behind one that failed do not run."""
    return "the page's set-up failed" if failed.stage == SETUP else f"block {failed.name} failed"


def _lay_out(root: Path, names: Iterable[str], folder: Path) -> None:
    """Give the page its own copy of its inputs.

    A page that reads a file it does not declare fails, so its evidence cannot miss a change; and
    no block can change the project.
    """
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (root / name).is_dir():
            shutil.copytree(root / name, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(root / name, target)


def _environment(identity: Identity | None, parameters: Mapping[str, str]) -> dict[str, str]:
    everything = environment(identity) if identity else {**os.environ, **_NO_CLUSTER}
    passed = {name: everything[name] for name in _PASSED if name in everything}
    if sys.prefix != sys.base_prefix:
        # As if the virtual environment was activated: a page finds the pytest that runs it.
        passed["PATH"] = f"{sys.prefix}/bin{os.pathsep}{passed.get('PATH', os.defpath)}"
    return {**passed, **parameters}
