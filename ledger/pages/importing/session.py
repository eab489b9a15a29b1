"""A terminal's session: each command, without its prompt, and what came back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger.pages.shell.script import complete

_PROMPT: Final = re.compile(
    r"[ \t]*(?:"
    r"(?:[\w.-]+@[\w.-]+[^$#]{0,60}|\[[\w.-]+@[^\]]*\][ ]?|(?:ba|z|k)?sh-[\d.]+)?(?P<user>\$)"
    r"|(?:[\w.-]+@[\w.-]+:[^$#]{0,60}|\[[\w.-]+@[^\]]*\][ ]?|(?:ba|z|k)?sh-[\d.]+)(?P<root>\#)"
    r")[ \t]+(?P<command>\S.*)"
)
_MORE: Final = "> "


@dataclass
class Step:
    """One command of a session.

    Attributes:
        command: its lines; none for what stands before the first command.
        output: the lines that came back.
        line: where it begins, counted from 0 in the session.
        foreign: whether it was typed as root, or in a shell inside of something else.
    """

    line: int
    command: list[str] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    foreign: bool = False


def is_session(lines: Sequence[str]) -> bool:
    """Whether some line begins with a shell's prompt."""
    return any(map(_PROMPT.fullmatch, lines))


def read_session(lines: Sequence[str]) -> list[Step]:
    """Split a session; comments that stand before a command belong to it."""
    steps: list[Step] = []
    at = 0
    while at < len(lines):
        prompt = _PROMPT.fullmatch(lines[at])
        if not prompt:
            if not steps:
                steps.append(Step(at))
            steps[-1].output.append(lines[at])
            at += 1
            continue
        notes = _take_notes(steps)
        step = Step(at - len(notes), [*notes, prompt["command"]], [], bool(prompt["root"]))
        at += 1
        while at < len(lines) and not _PROMPT.fullmatch(lines[at]):
            if complete("\n".join(step.command)):
                break
            step.command.append(lines[at].removeprefix(_MORE))
            at += 1
        steps.append(step)
    found = [step for step in steps if step.command or any(map(str.strip, step.output))]
    for step in found:
        step.output = _stripped(step.output)
    return found


def _take_notes(steps: list[Step]) -> list[str]:
    """Take the comments from the end of the last output."""
    output = steps[-1].output if steps else []
    at = len(output)
    while at and (output[at - 1].lstrip().startswith("#") or not output[at - 1].strip()):
        at -= 1
    notes = output[at:]
    del output[at:]
    return _stripped(notes)


def _stripped(lines: list[str]) -> list[str]:
    """The lines without blank ones at either end."""
    full = [number for number, line in enumerate(lines) if line.strip()]
    return lines[full[0] : full[-1] + 1] if full else []
