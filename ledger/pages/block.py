"""Command blocks: what a page asks the reader to run, and what must come back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, Final

from ledger.errors import PageError
from ledger.pages.attributes import MATCHES, STAGES, Info, nearest, read_info, seconds
from ledger.pages.eventually import Retry, Wait, read_retry, read_variable, read_wait
from ledger.pages.fences import Fence

RUN: Final = ("bash", "sh")
RUNNING: Final = ("verify", "wait", *STAGES)
# Words for a shell that a fence may begin with; none of them but the two of RUN can run.
SHELLS: Final = frozenset(
    [
        "bash",
        "sh",
        "shell",
        "console",
        "zsh",
        "ksh",
        "csh",
        "tcsh",
        "dash",
        "fish",
        "terminal",
        "openrc",
        "ps1",
        "pwsh",
        "powershell",
        "shell-session",
        "bash-session",
        "sh-session",
        "shellsession",
    ]
)
_BARE_FIX: Final = "add {.verify name=...}, {.skip reason=...} or {.show}"
_SHELL_FIX: Final = (
    "write bash {.verify name=...}, {.skip reason=...} or {.show} for commands, text for output"
)
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*")
_STATUS: Final = re.compile(r"[0-9]{1,3}")
DEFAULT_TIMEOUT: Final = 60.0


@dataclass(frozen=True)
class Expectation:
    """What a block's standard output must be.

    Attributes:
        match: how to compare: exact, like, regex, contains or json; none not to compare.
        text: what is expected, as the reader sees it.
    """

    match: str
    text: str = ""


@dataclass(frozen=True)
class Block:
    """One command block of a page.

    Attributes:
        kind: verify (run), skip (shown as deferred) or show (not a procedure).
        name: unique on its page; empty only for skip and show.
        text: what the reader copies and the shell runs, byte for byte.
        line: line of its opening fence in the page, or of the line that includes it.
        timeout: seconds that it may take.
        exit: the exit status that it must have.
        mutates: whether it changes the system.
        undo: name of the block that undoes it; empty if none.
        irreversible: whether nothing undoes it.
        reason: why it is skipped, as a token that the page explains.
        expectation: what must come back; None for skip and show.
        where: `file:line` of its opening fence, also in a snippet; for errors.
        retry: how often it may run; None for once.
        variable: the shell variable that its output goes into; empty if none.
        wait: the condition that its command waits for; None for any other command.
        stage: setup (before the procedure), teardown (after it, whatever became of it), or empty.
    """

    kind: str
    name: str
    text: str
    line: int
    timeout: float = DEFAULT_TIMEOUT
    exit: int = 0
    mutates: bool = False
    undo: str = ""
    irreversible: bool = False
    reason: str = ""
    expectation: Expectation | None = None
    where: str = ""
    retry: Retry | None = None
    variable: str = ""
    wait: Wait | None = None
    stage: str = ""

    @property
    def reads_only(self) -> bool:
        """Whether it runs as who may look at the cluster and not change it."""
        return not (self.mutates or self.stage)

    @property
    def back(self) -> str:
        """How what it changes is taken back: `undo=NAME` or `irreversible`; empty if nothing is."""
        return "irreversible" if self.irreversible else self.undo and f"undo={self.undo}"

    @cached_property
    def sha256(self) -> str:
        """Digest of all that a run depends on; where the block stands does not count."""
        expectation = self.expectation
        parts: list[Any] = [
            self.kind,
            self.name,
            self.text,
            self.exit,
            self.timeout,
            [expectation.match, expectation.text] if expectation else None,
        ]
        more = {
            "retry": self.retry,
            "set": self.variable,
            "wait": self.wait,
            "stage": self.stage,
        }
        if used := {key: value for key, value in more.items() if value}:
            parts.append(used)
        return hashlib.sha256(json.dumps(parts, default=vars).encode()).hexdigest()


def read_blocks(fences: Iterable[Fence]) -> list[Block]:
    """Turn a page's fences into its command blocks, in order.

    Raises:
        PageError: at the first fence that cannot mean what it says.
    """
    blocks: list[Block] = []
    open_block: tuple[Info, Fence] | None = None
    for fence in fences:
        here = fence.where
        info = read_info(fence.info, here)
        if info.kind == "expect":
            if open_block is None or "expect" in open_block[0].values:
                raise PageError(
                    "this expectation follows no .verify block", where=here, fix="move it below one"
                )
            blocks.append(_block(*open_block, _expectation(info, fence, here)))
            open_block = None
            continue
        if open_block:
            blocks.append(_block(*open_block, None))
            open_block = None
        if info.kind in RUNNING:
            open_block = (info, fence)
        elif info.kind or is_shell(info.language):
            blocks.append(_unrun(info, fence, here))
    if open_block:
        blocks.append(_block(*open_block, None))
    _check_names(blocks)
    _check_stages([block for block in blocks if block.kind == "verify"])
    return blocks


def _expectation(info: Info, fence: Fence, here: str) -> Expectation:
    if is_shell(info.language):
        what = f"an .expect fence is output, and {info.language} is for commands"
        raise PageError(what, where=here, fix="write ```text {.expect ...}")
    match = info.values.get("match", "exact")
    if match not in MATCHES:
        raise PageError(f"unknown match {match!r}", where=here, fix=nearest(match, MATCHES))
    text = fence.text.strip("\n")
    if not text:
        raise PageError("this expectation is empty", where=here, fix="say what must come back")
    return Expectation(match, text)


def _block(info: Info, fence: Fence, expectation: Expectation | None) -> Block:
    here, values = fence.where, info.values
    if values.get("expect", "none") != "none":
        raise PageError("expect= takes only none", where=here, fix="use a text {.expect} fence")
    if expectation is None and "expect" not in values and info.kind != "wait":
        raise PageError(
            "this block says nothing of what must come back",
            where=here,
            fix="add a ```text {.expect match=...} fence below it, or expect=none",
        )
    _refuse_language(info, here)
    if "name" not in values:
        raise PageError(f"a .{info.kind} block has a name", where=here, fix="add name=...")
    status = values.get("exit", "0")
    if not _STATUS.fullmatch(status) or int(status) > 255:
        raise PageError(f"exit={status} is no exit status", where=here, fix="write 0 to 255")
    text = _command(fence, here)
    return Block(
        kind="verify",
        name=values["name"],
        text=text,
        line=fence.line,
        timeout=seconds(values["timeout"], here) if "timeout" in values else DEFAULT_TIMEOUT,
        exit=int(status),
        **_way_back(values, here),
        expectation=expectation or Expectation("none"),
        where=here,
        retry=read_retry(values, here),
        variable=read_variable(values, here),
        wait=read_wait(values, text, here) if info.kind == "wait" else None,
        stage=info.kind if info.kind in STAGES else "",
    )


def _way_back(values: Mapping[str, str], here: str) -> dict[str, Any]:
    """Whether a block changes the system, and what takes it back, as the block's own fields."""
    back = [key for key in ("undo", "irreversible") if key in values]
    if "mutates" in values and not back:
        what, fix = "this block mutates and names no way back", "add undo=... or irreversible"
        raise PageError(what, where=here, fix=fix)
    if back and "mutates" not in values:
        raise PageError(f"{back[0]} on a block that changes nothing", where=here, fix="add mutates")
    if len(back) > 1:
        raise PageError("undo and irreversible on one block", where=here, fix="keep one")
    if "name" in values and values.get("undo") == values["name"]:
        raise PageError("this block undoes itself", where=here, fix="name another, or irreversible")
    return {
        "mutates": "mutates" in values,
        "undo": values.get("undo", ""),
        "irreversible": "irreversible" in values,
    }


@cache
def is_shell(language: str) -> bool:
    """Whether a fence's language is a shell, or was meant to be one."""
    word = language.lower()
    near = get_close_matches(word, ("bash", "shell", "console", "zsh"), n=1, cutoff=0.75)
    return word in SHELLS or bool(near)


def _unrun(info: Info, fence: Fence, here: str) -> Block:
    if not info.kind:
        raise PageError(
            f"a bare {info.language} fence: nobody knows whether it works",
            where=here,
            fix=_SHELL_FIX if info.language not in RUN else _BARE_FIX,
        )
    _refuse_language(info, here)
    if info.kind == "skip" and not info.values.get("reason"):
        raise PageError("a skipped block must say why", where=here, fix="add reason=...")
    return Block(
        kind=info.kind,
        name=info.values.get("name", ""),
        text=_command(fence, here),
        line=fence.line,
        **_way_back(info.values, here),
        reason=info.values.get("reason", ""),
        where=here,
    )


def _refuse_language(info: Info, here: str) -> None:
    if info.language not in RUN:
        language = info.language or "a fence without a language"
        what = f"{language} cannot run: a .{info.kind} block is bash"
        raise PageError(what, where=here, fix=f"write ```bash {{.{info.kind} ...}}")


def _command(fence: Fence, here: str) -> str:
    text = fence.text.strip("\n")
    if not text.strip():
        raise PageError("this block is empty", where=here, fix="write the command")
    return text


def _check_names(blocks: Iterable[Block]) -> None:
    names: dict[str, Block] = {}
    for block in blocks:
        if block.name and not _NAME.fullmatch(block.name):
            fix = "letters, digits, - and _ only"
            raise PageError(f"name={block.name} is no name", where=block.where, fix=fix)
        if block.name in names:
            first = names[block.name].where
            what = f"name {block.name!r} twice, first at {first}"
            raise PageError(what, where=block.where, fix="give one of them another name")
        if block.name:
            names[block.name] = block
    for block in blocks:
        if block.undo and block.undo not in names:
            raise PageError(
                f"undo={block.undo} names no block of this page",
                where=block.where,
                fix=nearest(block.undo, names),
            )


def _check_stages(blocks: Iterable[Block]) -> None:
    """A page sets up, then shows its procedure, then takes down: it runs as it is read."""
    order = (STAGES[0], "", STAGES[1])
    for last, block in pairwise(blocks):
        if order.index(block.stage) < order.index(last.stage):
            one, other = (f"{b.stage} block {b.name}".strip() for b in (block, last))
            fix = f"move one of them; the other is at {last.where}"
            raise PageError(f"{one} stands behind {other}", where=block.where, fix=fix)
