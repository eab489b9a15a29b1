"""One block: run it, judge it, run it again while its page allows that, keep what it printed."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ledger.pages.block import Block
from ledger.verify.access import refusal
from ledger.verify.expect import Mismatch, compare
from ledger.verify.redact import MASK
from ledger.verify.screen import excerpt, last_lines, screen
from ledger.verify.session import Outcome, Shell
from ledger.verify.wait import Watch

MAX_COMPARED: Final = 4 * 1024 * 1024
# Linux gives no program a variable of more than 128 KiB.
MAX_KEPT: Final = 100 * 1024
_KEEP_SECONDS: Final = 10.0
# So that kubectl can say itself that its time is over.
_SLACK: Final = 5.0


@dataclass(frozen=True)
class Attempt:
    """What the last try of a block did, and what it is worth.

    Attributes:
        outcome: what it did; its seconds are those of all tries.
        reason: why it failed, one clause; empty if it passed.
        diff: expected against got; empty if the output is as expected.
        last: whether no other try can do better.
        refused: whether the reader may not look at a kind of object, which may be served only now.
    """

    outcome: Outcome
    reason: str = ""
    diff: str = ""
    last: bool = False
    refused: bool = False


def carry_out(
    shell: Shell,
    block: Block,
    kubeconfig: Path | None,
    mask: Callable[[str], str] = str,
    renew: Callable[[], None] = lambda: None,
) -> Attempt:
    """Run a block in its page's shell, again and again if it says `until=`.

    Args:
        shell: the page's shell.
        block: the block.
        kubeconfig: leads to the page's cluster; None if the page has none.
        mask: takes secrets out of what a difference shows.
        renew: lets the reader look at what the cluster serves now.

    Raises:
        ClusterError: the kubeconfig cannot be used.
    """
    begun, tries = time.monotonic(), 1
    last = _try(shell, block, kubeconfig, mask)
    while _open(last, shell) and _another(block, time.monotonic() - begun):
        _forget(last.outcome)
        if last.refused:
            renew()
        tries += 1
        last = _try(shell, block, kubeconfig, mask)
    if block.retry:
        seconds = time.monotonic() - begun
        last = replace(last, outcome=replace(last.outcome, seconds=seconds))
        if last.reason:
            told = f"{last.reason} (last of {tries} tries in {seconds:.1f} s)"
            return replace(last, reason=told)
    if block.variable and not last.reason:
        return replace(last, reason=_keep(shell, block.variable, last.outcome))
    return last


def _open(attempt: Attempt, shell: Shell) -> bool:
    """Whether another try could pass."""
    return bool(attempt.reason) and not attempt.last and shell.alive


def _another(block: Block, passed: float) -> bool:
    """Sleep until the next try; false if there is none."""
    if not block.retry or passed + block.retry.every > block.retry.until:
        return False
    time.sleep(block.retry.every)
    return True


def _forget(outcome: Outcome) -> None:
    for path in (outcome.stdout, outcome.stderr):
        path.unlink()


def _try(
    shell: Shell, block: Block, kubeconfig: Path | None, mask: Callable[[str], str]
) -> Attempt:
    if not block.wait:
        outcome = shell.run(block.text, timeout=block.timeout, name=block.name)
        return _judged(block, outcome, kubeconfig, mask)
    assert kubeconfig is not None  # noqa: S101  # reading the page saw to it
    with Watch(block.wait, kubeconfig) as watch:
        outcome = shell.run(
            block.text,
            timeout=block.timeout + _SLACK,
            name=block.name,
            stop=lambda: watch.lost,
        )
        judged = _judged(block, outcome, kubeconfig, mask)
        return judged if judged.reason else replace(judged, reason=watch.missing())


def _judged(
    block: Block, outcome: Outcome, kubeconfig: Path | None, mask: Callable[[str], str]
) -> Attempt:
    if kubeconfig and block.reads_only and (told := refusal(outcome.stdout, outcome.stderr)):
        return Attempt(outcome, told.reason, last=not told.look, refused=told.look)
    mismatch = _compared(block, outcome, mask)
    reason = outcome.problem
    if not reason and outcome.status != block.exit:
        how = "called exit" if outcome.exited else "ended with"
        reason = f"{how} {outcome.status}, expected {block.exit}"
    if not reason and mismatch:
        reason = f"unexpected output: {mismatch.reason}"
    if not reason and block.variable:
        reason = _unfit(block.variable, outcome.stdout)
    return Attempt(outcome, reason, mismatch.diff if mismatch else "")


def _compared(block: Block, outcome: Outcome, mask: Callable[[str], str]) -> Mismatch | None:
    expectation = block.expectation
    if expectation is None or expectation.match == "none":
        return None
    size = outcome.stdout.stat().st_size
    if size > MAX_COMPARED:
        told = f"printed {size >> 20} MiB, too much to compare"
        return Mismatch(told, mask(excerpt(outcome.stdout)))
    got = screen(outcome.stdout.read_bytes())
    if compare(expectation, got) is None:
        return None
    # Compared again: a difference that is cut or aligned could show a secret in parts.
    return compare(expectation, mask(got)) or Mismatch("it differs in a secret", MASK)


def _unfit(variable: str, stdout: Path) -> str:
    """Why an output cannot go into a variable: an empty one would make of later commands others."""
    size = stdout.stat().st_size
    if size > MAX_KEPT:
        return f"printed {size >> 10} KiB, too much for {variable}"
    return "" if stdout.read_bytes().strip() else f"printed nothing to keep in {variable}"


def _keep(shell: Shell, variable: str, outcome: Outcome) -> str:
    """Set the variable as `export NAME=$(...)` does; why that failed."""
    text = f'builtin export {variable}="$(<{shlex.quote(str(outcome.stdout))})"'
    kept = shell.run(text, timeout=_KEEP_SECONDS, name="set")
    if kept.status == 0:
        return ""
    return f"cannot set {variable}: {last_lines(excerpt(kept.stderr), 1)}"
