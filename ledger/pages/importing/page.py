"""A plain page turned into one whose blocks say what they are; its prose stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.core.project import Project
from ledger.errors import PageError
from ledger.pages.attributes import Info, read_info
from ledger.pages.extensions import site_extensions
from ledger.pages.fences import Fence, parse
from ledger.pages.importing.blocks import Importer, Piece
from ledger.pages.importing.source import ENDING, Source
from ledger.pages.page import parse_page

_OPENING: Final = re.compile(r"(?P<before>.*?)(?P<marks>`{3,}|~{3,})(?P<gap>[ \t]*)(?P<info>.*)")
_IN_BRACES: Final = re.compile(r"\{\s*\.(?P<language>\w+)\s*\}")
_HEADING: Final = re.compile(r"#[ \t]+(?P<title>.*?)(?:[ \t]+#+)?[ \t]*")
# Without it the site does not show a page that has commands.
_MARKER: Final = "<!--[ verified() ]-->"
_MARKED: Final = re.compile(r"<!--\[\s*verified\(")


class Finding(NamedTuple):
    """What became of one command of the page.

    Attributes:
        line: its fence's line in the result, from 1.
        source: the line that it came from.
        kind: verify, skip, show, or text for what is no shell.
        name: the block's name; empty for what is no block.
        reason: the token with which it is skipped; empty if it is not.
        why: why it does not run, one clause; empty if it does.
    """

    line: int
    source: int
    kind: str
    name: str
    reason: str
    why: str


@dataclass(frozen=True)
class Wishes:
    """What only a person can say of the pages.

    Attributes:
        owner: who answers for them; empty to say nothing.
        escalate: whom to wake; empty to say nothing.
        examples: values of parameters that a run can use.
    """

    owner: str = ""
    escalate: str = ""
    examples: Mapping[str, str] = field(default_factory=dict)


def import_page(
    project: Project, target: Path, data: bytes, wishes: Wishes
) -> tuple[bytes, list[Finding]]:
    """Turn a plain page into one of this project.

    Args:
        project: the project.
        target: the page's file below docs/, which need not be there.
        data: the plain page.
        wishes: what only a person can say.

    Returns:
        the page, and what became of each of its commands, in order.

    Raises:
        PageError: it is not UTF-8 text, its front matter is broken, or the site would not show
            one of its fences as code.
    """
    where = project.relative(target)
    source = Source.of(data, where)

    def at(line: int) -> str:
        return f"{where}:{source.before + line}"

    here = _fences(project, source, at)
    importer = Importer(wishes.examples)
    importer.declare(source.meta.get("parameters") or {})
    lines, findings = _rewritten(source, here, importer)
    heading = _heading(source.body, here)
    front = source.front(_keys(heading, target, wishes, importer))
    result = [*front, *lines[source.front_lines :]]
    page = parse_page(project, target, ENDING.sub("\n", "".join(result)))
    if any(block.kind != "show" for block in page.blocks) and not _MARKED.search(source.body):
        _mark(result, len(front), source, heading, here)
    shift = len(result) - len(lines)
    found = [finding._replace(line=finding.line + shift) for finding in findings]
    return (source.mark + "".join(result)).encode(), found


def _heading(body: str, fences: Sequence[Fence]) -> tuple[int, str] | None:
    """The line of the body, from 1, and the text of its first heading of the first level."""
    covered = {line for fence in fences for line in range(fence.line, fence.end + 1)}
    for number, line in enumerate(body.split("\n"), 1):
        if number not in covered and (found := _HEADING.fullmatch(line)):
            return number, found["title"]
    return None


def _mark(
    result: list[str],
    front: int,
    source: Source,
    heading: tuple[int, str] | None,
    fences: Sequence[Fence],
) -> None:
    """Put what shows the commands' state below the heading; at the top if that comes too late."""
    below = heading[0] if heading and heading[0] < fences[0].line else 0
    place = front + source.before - source.front_lines + below
    lines = [source.ending] if below else []
    lines.append(_MARKER + source.ending)
    if result[place].strip():
        lines.append(source.ending)
    result[place:place] = lines


def _fences(project: Project, source: Source, at: Callable[[int], str]) -> list[Fence]:
    """The fences that stand in the page itself, each where its lines are."""
    # superfences puts a blank line into a fence in which nothing stands, and all below it moves.
    what, fix = "a fence in which nothing stands, here or above", "take it away"
    try:
        fences = parse(source.body, site_extensions(project.root), at, project.root)
    except IndexError:
        raise PageError(what, where=at(1), fix=fix) from None
    # What a snippet brings in stands elsewhere.
    here = sorted((f for f in fences if f.where == at(f.line)), key=lambda fence: fence.line)
    for fence in here:
        opening, *lines = source.lines[source.before + fence.line - 1 : source.before + fence.end]
        told = fence.text.split("\n")
        pairs = zip(lines, told, strict=False)
        there = all(line.rstrip().endswith(text.strip()) for line, text in pairs)
        if not (there and _OPENING.match(opening)):
            raise PageError(what, where=fence.where, fix=fix)
    return here


def _keys(
    heading: tuple[int, str] | None, target: Path, wishes: Wishes, importer: Importer
) -> dict[str, Any]:
    """What the front matter must say."""
    title = (heading and heading[1]) or re.sub(r"[-_]+", " ", target.stem)
    return {
        "title": title,
        **({"owner": wishes.owner} if wishes.owner else {}),
        **({"escalate": wishes.escalate} if wishes.escalate else {}),
        "reasons": importer.reasons,
        "parameters": {name: {"example": one} for name, one in importer.parameters.items()},
    }


def _rewritten(
    source: Source, fences: Sequence[Fence], importer: Importer
) -> tuple[list[str], list[Finding]]:
    """The lines with each fence replaced by what it becomes, and what became of the commands."""
    infos = [_info(fence) for fence in fences]
    kept = zip(infos, fences, strict=True)
    importer.names |= {name for info, _ in kept if (name := info.values.get("name"))}
    lines, findings, done = [], [], 0
    for info, fence in zip(infos, fences, strict=True):
        if info.kind:
            importer.keep(info, fence)
            continue
        pieces = importer.read(info, fence)
        if not pieces:
            continue
        start, end = source.before + fence.line - 1, source.before + fence.end
        lines += source.lines[done:start]
        old = source.lines[start:end]
        # Below a line of text, what is indented behind a blank line is no fence any more.
        tight = bool(start and source.lines[start - 1].strip() and old[0][:1] in " \t")
        for text, piece in _told(old, pieces, fence.text, tight=tight):
            if piece and piece.kind:
                line, origin = len(lines) + 1, start + 1 + piece.line + bool(piece.line)
                told = (piece.kind, piece.name, piece.reason, piece.why)
                findings.append(Finding(line, origin, *told))
            lines.append(text)
        done = end
    return lines + source.lines[done:], findings


def _info(fence: Fence) -> Info:
    found = _IN_BRACES.fullmatch(fence.info)
    return Info(found["language"]) if found else read_info(fence.info, fence.where)


def _told(
    old: Sequence[str], pieces: Sequence[Piece], text: str, *, tight: bool
) -> Iterator[tuple[str, Piece | None]]:
    """The lines of the fences in the place of an old one; each opening line with its piece."""
    opening = _OPENING.match(old[0])
    assert opening is not None  # noqa: S101  # the site shows a fence there
    ending = (ENDING.search(old[0]) or ["\n"])[0]
    before, marks = opening["before"], opening["marks"]
    if [piece.lines for piece in pieces] == [text.split("\n")]:
        yield f"{before}{marks}{opening['gap']}{pieces[0].info}{ending}", pieces[0]
        yield from ((line, None) for line in old[1:])
        return
    for number, piece in enumerate(pieces):
        if number and not tight:
            yield before.rstrip() + ending, None
        yield f"{before}{marks}{piece.info}{ending}", piece
        for line in piece.lines:
            yield (before + line if line.strip() else before.rstrip()) + ending, None
        last = number + 1 == len(pieces)
        yield old[-1] if last else f"{before}{marks}{ending}", None
