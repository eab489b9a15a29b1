"""The text around merged values: order, layout, comments."""

from __future__ import annotations

from dataclasses import replace

from ledger.core.merge_notes import blend, either, three_way, unite_lines
from ledger.core.merge_parts import Part


def frame_of(base: Part | None, ours: Part, theirs: Part) -> Part:
    """The side whose order and layout the result has: ours, unless only they changed it.

    Lines are kept before brackets, which have no room for comments.
    """
    if ours.flow != theirs.flow:
        return theirs if ours.flow else ours
    if base is None:
        return ours
    common = keys_of(base).keys() & keys_of(ours).keys() & keys_of(theirs).keys()
    old, one, two = (
        (side.flow, side.indent, [key for key in keys_of(side) if key in common])
        for side in (base, ours, theirs)
    )
    return theirs if one == old and two != old else ours


def wrap(base: Part | None, ours: Part, theirs: Part, frame: Part) -> Part:
    """What stands around the parts of a merged collection."""
    above = above_of(base, ours, theirs)
    if ours.flow != theirs.flow:
        return replace(frame, above=above)
    head = blend(base.head if base else "", ours.head, theirs.head)
    join = blend if frame.flow else unite_lines
    tail = join(base.tail if base else "", ours.tail, theirs.tail)
    return replace(frame, above=above, head=head, tail=tail)


def around(base: Part | None, ours: Part, theirs: Part, value: str) -> Part:
    """A scalar of that value, and what stands around it."""
    head = either(base.head if base else "", ours.head, theirs.head)
    blank = " " if value and head.endswith(":") else ""
    tail = blend(base.tail if base else "", ours.tail, theirs.tail)
    return replace(
        ours, above=above_of(base, ours, theirs), head=head + blank, value=value, tail=tail
    )


def above_of(base: Part | None, ours: Part, theirs: Part) -> str:
    """What stands above a merged value: both sides' lines; in brackets the separator."""
    texts = base.above if base else "", ours.above, theirs.above
    separators = any(text.lstrip().startswith(",") for text in texts)
    return either(*texts) if separators else unite_lines(*texts)


def laid_out(side: Part | None, frame: Part) -> Part:
    """A side in the layout of `frame`; nothing where there is no side."""
    return side.laid_out(frame) if side else Part("", kind=frame.kind)


def disputed(part: Part, ours: Part, theirs: Part) -> bool:
    """Whether one side dropped what the other changed; an item of a list is its own name."""
    left = [found for side in (ours, theirs) if (found := side.find(part.key))]
    named = ours.kind == "map" or part.kind == "map"
    return len(left) == 1 and named and left[0].body != part.body


def chosen(base: Part | None, ours: Part, theirs: Part) -> str | None:
    """The value that only one side changed, quotes aside; None where both did."""
    value = three_way(base.value if base else None, ours.value, theirs.value)
    if value is None and ours.word == theirs.word:
        return ours.value
    return value


def keys_of(part: Part) -> dict[str, None]:
    """The keys of a collection's parts, in order."""
    return dict.fromkeys(child.key for child in part.parts)
