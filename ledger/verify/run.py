"""Run the blocks of one page in one shell, judge each, and keep what is worth recording."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ledger.cluster import Identity
from ledger.cluster.namespace import Namespace
from ledger.core.project import Project
from ledger.pages.attributes import SETUP, TEARDOWN
from ledger.pages.block import Block
from ledger.pages.evidence import input_digests
from ledger.pages.page import Page
from ledger.verify import versions
from ledger.verify.access import Access
from ledger.verify.attempt import carry_out
from ledger.verify.failure import BlockFailed, describe
from ledger.verify.folder import environment_of, lay_out, way_to
from ledger.verify.redact import Redactor
from ledger.verify.results import FAILED, NOT_RUN, PASSED, BlockRun, NeedRun
from ledger.verify.screen import excerpt
from ledger.verify.session import Shell


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
        keep: whether what it made stays: nothing is taken down, and the run proves nothing.
        needs: what became of the pages that it needs, in the order in which they were asked.
    """

    project: Project
    page: Page
    identity: Identity | None
    whole: bool = True
    keep: bool = False
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
        self._kubeconfig = self.identity.kubeconfig if self.identity else None
        self.kept = ""
        self._keeping = False
        self._begun = time.monotonic()
        self._touched = False
        self._untold: dict[str, str] | None = None
        self._env = environment_of(self.identity, self.page.parameters)
        self._access: Access | None = None
        with ExitStack() as made:
            self._make(made)
            # From here on `close` ends it; what cannot be made whole is ended at once.
            self._made = made.pop_all()

    def _make(self, made: ExitStack) -> None:
        """Make what the page runs in: the last made is the first to end."""
        self.redact = Redactor(os.environ, self._kubeconfig)
        made.callback(self.redact.close)
        if self.identity:
            self._enter(self.identity, made)
        self._shell = Shell(self._env)
        made.callback(lambda: self._shell.close(keep=self._keeping))
        lay_out(self.project.root, self.inputs, self._shell.work)

    def _enter(self, identity: Identity, made: ExitStack) -> None:
        """Make the page's way to the cluster, and its namespace if it has one."""
        name = ""
        if self.page.fresh_namespace:
            namespace = Namespace(identity.kubeconfig, self.page.where)
            made.callback(lambda: namespace.close(keep=self._keeping))
            name = self._env["NAMESPACE"] = namespace.name
        access = self._access = Access(identity, name)
        made.callback(lambda: access.close(keep=self._keeping))
        self._env["KUBECONFIG"] = str(access.kubeconfig)

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
        if self._access:
            (self._access.look if block.reads_only else self._access.change)()
        renew = self._access.renew if self._access else lambda: None
        last = carry_out(self._shell, block, self._kubeconfig, self.redact.shown, renew)
        outcome, reason = last.outcome, last.reason
        run = BlockRun(
            block,
            FAILED if reason else PASSED,
            self.redact(reason),
            outcome.status,
            outcome.seconds,
            *(self.redact.shown(excerpt(path)) for path in (outcome.stdout, outcome.stderr)),
        )
        self.blocks.append(run)
        if reason:
            told = describe(block.where, block, reason, run.status, last.diff, run.stderr)
            raise BlockFailed(self.redact(told))

    def take_down(self, say: Callable[[str], None]) -> str:
        """Run the teardown blocks that did not run yet, each of them, in the page's order.

        Where the page's own shell has ended, in a new one. Where no block ran, none is needed; and
        none runs if all is to be kept.

        Args:
            say: tells a person what is taken down.

        Returns:
            The account of those that failed; empty if none did.
        """
        done = {run.block.name for run in self.blocks}
        left = [b for b in self.page.verified_blocks if b.stage == TEARDOWN and b.name not in done]
        told = []
        for block in left if self._touched and not self.keep else ():
            say(f"taking down {self.page.where}::{block.name}")
            try:
                self.run(block)
            except BlockFailed as failed:
                told.append(str(failed))
        return "\n".join(told)

    def close(self, *, keep: bool = False) -> None:
        """End the page's shell, and its way to the cluster.

        Args:
            keep: leave the page's folder, kubeconfig and namespace; `kept` tells where they are.

        Raises:
            ClusterError: the page's namespace cannot be removed.
        """
        self._keeping = keep
        try:
            self._made.close()
        finally:
            if keep:
                self.kept = way_to(self.page, self._shell.work, self._env)
            self.seconds = time.monotonic() - self._begun
            self.finished = datetime.now(UTC)

    def finish(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Take down what is left, note the versions that the page ran against, end its shell.

        Args:
            say: tells a person what is taken down, and what of it failed: a run that was stopped
                has no test to tell it.

        Raises:
            PageError: every block passed, and a version cannot be told; or a variant had another
                version than its name says.
        """
        try:
            if told := self.take_down(say):
                say(told)
            if self._touched:
                self._note_versions()
                versions.keep_promise(self.versions, self.page)
            if self._untold and self.passed:
                versions.refuse(self._untold, self.page)
        finally:
            self.close(keep=self.keep)

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

    def _note_versions(self) -> None:
        """Note them once: what a page takes down cannot tell its version later."""
        if self._untold is not None:
            return
        if self.identity and self._access:
            self._access.change()
            self.versions["kubernetes"] = self.identity.kubernetes.removeprefix("v")
        found, self._untold = versions.ask(self._shell, self.page)
        self.versions |= found


def because(failed: Block) -> str:
    """Why the blocks behind one that failed do not run."""
    return "the page's set-up failed" if failed.stage == SETUP else f"block {failed.name} failed"
