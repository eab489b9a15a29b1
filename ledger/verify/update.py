"""Write what really came back into the expectations of a page, and change nothing else of it."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core.diff import diff
from ledger.core.files import locked, write_atomic
from ledger.core.project import Project
from ledger.errors import LedgerError, PageError
from ledger.pages.attributes import read_info
from ledger.pages.fences import Fence
from ledger.pages.page import Page
from ledger.verify.expect import compare
from ledger.verify.lines import fences_of
from ledger.verify.redact import MASK
from ledger.verify.renew import ByHand, renewed
from ledger.verify.results import FAILED, BlockRun
from ledger.verify.run import PageRun

# What a block prints for this reason alone may become what its page expects.
_OUTPUT: Final = "unexpected output: "
_EXCERPT: Final = re.compile(r"^\[\.\.\. \d+ bytes left out \.\.\.\]$", re.MULTILINE)
# Comments hold the site's own templates: output must never become one.
_TEMPLATE: Final = re.compile(r"<!--|--8<--")


@dataclass(frozen=True)
class Update:
    """What a run changes of a page.

    Attributes:
        run: the run.
        old: the page's bytes when the run began.
        new: the page's bytes with what came back.
        blocks: names of the blocks whose expectations change.
        left: `file:line` and why, of expectations that a person must renew.
    """

    run: PageRun
    old: bytes
    new: bytes
    blocks: tuple[str, ...]
    left: tuple[LedgerError, ...]

    def diff(self) -> str:
        """The change as a unified diff; empty if there is none."""
        return diff(self.old.decode("utf-8"), self.new.decode("utf-8"), self.run.page.where)

    def write(self) -> None:
        """Write the page, whole.

        Raises:
            PageError: it is no longer the page that ran.
        """
        path = self.run.page.path
        with locked(path):
            _check_same(path.read_bytes(), self.run)
            write_atomic(path, self.new)


def only_output(run: BlockRun) -> bool:
    """Whether a block failed, and nothing but its output is not as expected."""
    return run.result == FAILED and run.reason.startswith(_OUTPUT)


def update(run: PageRun) -> Update:
    """What a finished run says that its page should expect.

    Raises:
        PageError: the page changed while it ran.
    """
    data = run.page.path.read_bytes()
    _check_same(data, run)
    text = data.decode("utf-8")
    fences = _expectations(run.project, run.page, text)
    lines, changed, left = text.split("\n"), [], list[LedgerError]()
    # From the end, so that the lines before stay where the fences are.
    for done in reversed([done for done in run.blocks if only_output(done)]):
        try:
            _splice(lines, fences[done.block.name], _text(done), run.page)
            changed.append(done.block.name)
        except ByHand as problem:
            fix = problem.fix or "write it by hand"
            left.append(PageError(problem.what, where=done.block.where, fix=fix))
    new = "\n".join(lines)
    _check_kept(run, new, changed)
    return Update(run, data, new.encode(), tuple(reversed(changed)), tuple(reversed(left)))


def _check_same(data: bytes, run: PageRun) -> None:
    if hashlib.sha256(data).hexdigest() != run.digest:
        raise PageError("the page changed while it ran", where=run.page.where, fix="run it again")


def _text(done: BlockRun) -> str:
    """What the block should expect."""
    expectation, stdout = done.block.expectation, done.stdout
    if MASK in stdout:
        raise ByHand("its output holds a secret", fix="print less")
    if expectation is None or _EXCERPT.search(stdout) or compare(expectation, stdout) is None:
        raise ByHand("its output is too long for a page", fix="use match=contains")
    text = renewed(expectation, stdout)
    if _TEMPLATE.search(text):
        raise ByHand("its output would be a template of the site", fix="print less")
    return text


def _expectations(project: Project, page: Page, text: str) -> dict[str, Fence]:
    """The fence that says what each block expects, by the block's name."""
    found, name = {}, ""
    for fence in fences_of(project, page, text):
        info = read_info(fence.info, fence.where)
        if info.kind == "expect":
            found[name] = fence
        name = info.values.get("name", "")
    return found


def _splice(lines: list[str], fence: Fence, text: str, page: Page) -> None:
    """Put a text between a fence's two lines; lines that stay are not touched."""
    if fence.where != f"{page.where}:{fence.line}":
        raise ByHand(f"it stands in a snippet, {fence.where}", fix="change the snippet")
    first, last = fence.line, fence.end - 1
    while first < last and not lines[first].strip(" \t\r>"):
        first += 1
    while last > first and not lines[last - 1].strip(" \t\r>"):
        last -= 1
    raw, old = lines[first:last], fence.text.strip("\n").split("\n")
    prefix, end = _frame(raw, old)
    new: list[str] = []
    matcher = difflib.SequenceMatcher(None, old, text.split("\n"), autojunk=False)
    for tag, start, stop, new_start, new_stop in matcher.get_opcodes():
        if tag == "equal":
            new += raw[start:stop]
        else:
            new += (_framed(line, prefix, end) for line in text.split("\n")[new_start:new_stop])
    lines[first:last] = new


def _frame(raw: Sequence[str], old: Sequence[str]) -> tuple[str, str]:
    """What stands before and behind each line of a fence: a container's marks, a line's end."""
    end = "\r" if raw[0].endswith("\r") else ""
    bare = [line.removesuffix("\r") for line in raw]
    prefix = bare[0][: len(bare[0]) - len(old[0])]
    if len(raw) != len(old) or any(
        line != prefix + text for line, text in zip(bare, old, strict=True) if text.strip()
    ):
        raise ByHand("its lines are not as the site renders them")
    return prefix, end


def _framed(line: str, prefix: str, end: str) -> str:
    return (prefix + line if line else prefix.rstrip()) + end


def _check_kept(run: PageRun, new: str, changed: Sequence[str]) -> None:
    """Make sure that the new page has the same fences, but for the expectations that changed.

    Raises:
        PageError: it has not: an output looks like Markdown.
    """
    page, project = run.page, run.project
    before = _expectations(project, page, run.page.path.read_bytes().decode("utf-8"))
    touched = {fence.text for name, fence in before.items() if name in changed}
    kept = [f.text for f in fences_of(project, page, run.page.path.read_text("utf-8-sig"))]
    now = [fence.text for fence in fences_of(project, page, new)]
    same = len(kept) == len(now) and all(
        old == text or old in touched for old, text in zip(kept, now, strict=True)
    )
    if not same:
        what = "what came back would end its fence on the page"
        raise PageError(what, where=page.where, fix="print less, or write it by hand")
