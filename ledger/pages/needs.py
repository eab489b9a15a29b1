"""What a page needs of other pages: `needs:` of its front matter, and the graph that it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from ledger.errors import PageError, UsageError
from ledger.pages.attributes import nearest

if TYPE_CHECKING:
    from ledger.pages.page import Page

_KEY: Final = "needs"
_FORM: Final = "write needs: {quick-start.md: BLOCK}"


@dataclass(frozen=True)
class Need:
    """A page whose procedure must be done before, and how to tell whether it is.

    Attributes:
        page: the page, below `docs/`.
        block: its block that passes where nothing is left to do.
        where: `file:line` in the front matter that names it.
    """

    page: str
    block: str
    where: str


def read_needs(raw: Any, front: str, where: str) -> tuple[Need, ...]:
    """Read `needs:`, which names a block of each page.

    Args:
        raw: what the front matter holds.
        front: its text, from the first line of the page.
        where: how errors name the page.

    Raises:
        PageError: it is no mapping of texts.
    """
    if not raw:
        return ()
    if not isinstance(raw, Mapping):
        raise PageError(f"{_KEY} must be a mapping", where=f"{where}:1", fix=_FORM)
    found = [
        Need(str(page), block, f"{where}:{line}")
        for (page, block), line in zip(raw.items(), _lines(front), strict=True)
    ]
    for need in found:
        if not isinstance(need.block, str) or not need.block:
            raise PageError(f"need {need.page} names no block", where=need.where, fix=_FORM)
    return tuple(found)


def _lines(front: str) -> Iterator[int]:
    """The line of each entry."""
    root = next(yaml.compose_all(front, yaml.SafeLoader))
    for key, value in root.value:
        if key.value == _KEY:
            yield from (name.start_mark.line + 1 for name, _ in value.value)


def prerequisites(page: Page, read: Callable[[str], Page]) -> dict[str, Page]:
    """Every page that a page needs, directly or not, each before those that need it.

    Args:
        page: the page.
        read: reads a page by its path below `docs/`.

    Returns:
        The pages by their paths from the root, without `page` itself.

    Raises:
        PageError: there is no such page or block, the block cannot be asked, or pages need each
            other.
        UsageError: what `read` raises where there is no page.
    """
    found: dict[str, Page] = {}

    def follow(needing: Page, trail: tuple[tuple[Page, Need], ...]) -> None:
        for need in needing.needs:
            steps = (*trail, (needing, need))
            needed = _read(need, read)
            ring = [place for number, (on, _) in enumerate(steps) if on.where == needed.where
                    for _, place in steps[number:]]  # fmt: skip
            if ring:
                raise _endless(ring, needed)
            _check(need, needed, needing)
            if needed.where not in found:
                follow(needed, steps)
                found[needed.where] = needed

    follow(page, ())
    return found


def _read(need: Need, read: Callable[[str], Page]) -> Page:
    try:
        return read(need.page)
    except UsageError:
        fix = "name a page by its path below docs/"
        what = f"it needs {need.page}, and there is no such page"
        raise PageError(what, where=need.where, fix=fix) from None


def _endless(ring: list[Need], first: Page) -> PageError:
    way = " -> ".join([*(need.where for need in ring), first.where])
    what = "the page needs itself" if len(ring) == 1 else "pages need each other"
    return PageError(f"{what}: {way}", where=ring[0].where, fix="take one of these needs away")


def _check(need: Need, needed: Page, needing: Page) -> None:
    """Make sure that asking the block says whether the need is met, and changes nothing."""
    blocks = {block.name: block for block in needed.verified_blocks}
    what = fix = ""
    if need.block not in blocks:
        what, fix = f"{needed.where} runs no block {need.block}", nearest(need.block, blocks)
    elif blocks[need.block].mutates:
        what = f"block {need.block} of {needed.where} changes the system"
        fix = "name a block that only looks"
    elif needed.needs_cluster and not needing.needs_cluster:
        what, fix = f"{needed.where} runs on the cluster", "take away cluster: false"
    elif needed.fresh_namespace:
        what = f"{needed.where} works in a namespace of its own, which no other page has"
        fix = f"take away namespace: fresh from {needed.where}"
    if what:
        raise PageError(what, where=need.where, fix=fix)
