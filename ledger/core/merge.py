"""Merge two branches' versions of a skill file by what its header means.

The result is the text of the two sides, piece by piece. Only sums, united comments and what the
ledger decides of its plan are written anew.
"""

from __future__ import annotations

from ledger.core.header import Header
from ledger.core.merge_cut import Pieces, take_apart
from ledger.core.merge_notes import either, three_way
from ledger.core.merge_tree import Decision, LineMerge, Merged, TreeMerge
from ledger.errors import SkillError

__all__ = ["Decision", "LineMerge", "Merged", "merge"]


def merge(
    base: str, ours: str, theirs: str, lines: LineMerge, *, where: str = "", marker_size: int = 7
) -> Merged:
    """Merge three versions of a skill file.

    Args:
        base: what both branches began with; empty if both made the file.
        ours: our version, whose order and layout the result has where both changed them.
        theirs: their version.
        lines: merges what is only text: the body, and long texts of the header.
        where: how errors name the file.
        marker_size: the length of a conflict marker.

    Raises:
        SkillError: a version's header cannot be read, or not be taken apart.
    """
    if theirs in {base, ours}:
        return Merged(ours)
    if ours == base:
        return Merged(theirs)
    ends = [_line_end(text) for text in (base or ours, ours, theirs)]
    texts, tree = [base, ours, theirs], TreeMerge(lines, marker_size)
    if len(set(ends)) == 1 or "" in ends:
        return _merge([take_apart(text, where) for text in texts], tree)
    merged = _merge([take_apart(text.replace("\r\n", "\n"), where) for text in texts], tree)
    return merged._replace(text=merged.text.replace("\n", either(*ends)))


def _merge(files: list[Pieces], tree: TreeMerge) -> Merged:
    base, ours, theirs = files
    header = tree.merge(base.root, ours.root, theirs.root)
    opening = either(base.opening, ours.opening, theirs.opening)
    closing = either(base.closing, ours.closing, theirs.closing)
    if not tree.conflicts and not _readable(opening + header + closing):
        header = tree.give_up(base.root, ours.root, theirs.root)
    body = three_way(base.body, ours.body, theirs.body)
    if body is None:
        body = tree.text("body", base.body, ours.body, theirs.body)
    text = opening + header + closing + body
    return Merged(text, tuple(tree.conflicts), tuple(tree.decisions))


def _line_end(text: str) -> str:
    """How the lines of `text` end; empty if some end so and some so."""
    lines, returns = text.count("\n"), text.count("\r\n")
    return {0: "\n", lines: "\r\n"}.get(returns, "")


def _readable(header: str) -> bool:
    try:
        Header(header, "")
    except SkillError:
        return False
    return True
