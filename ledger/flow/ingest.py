"""Take in what came back for a prompt: its signal, its draws, its handles and its branches.

One edit of the header, and nothing at all if the answer cannot be taken whole. What an answer asks
is measured at the ledger: a phase that has moved is not moved again, and only a move takes draws
along, so that the same answer, given again, changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from ledger.core.edit import Edit
from ledger.core.forest import forest
from ledger.core.project import Project
from ledger.core.reading import Reading, read_signifiers
from ledger.core.signifier import Elastic, Halt
from ledger.core.skill import Skill
from ledger.errors import Exit, UsageError
from ledger.flow import answer
from ledger.flow.advance import Advance, apply, plan_advance
from ledger.flow.asked import Asked, Outcome, judge
from ledger.flow.budget import pour, sip
from ledger.flow.evidence import gather
from ledger.flow.prompt import next_prompt, sprint
from ledger.flow.signal import handles as known_handles

_SPRINT = re.compile(r"concept\.forest\.manifest\[[^\n]*?\bsprint=(?P<name>[^\]\s]+)")
_SKILL = re.compile(r"(?:^[ \t]*(?:-[ \t]+)?skill:[ \t]+|\bskill=)(?P<name>[^\s;]+)", re.MULTILINE)


@dataclass(frozen=True)
class Ingest:
    """An answer, judged and not yet taken in.

    Attributes:
        skill: the plan as it is.
        reading: what the answer says.
        asked: what becomes of the plan.
        edit: the change of the header; None if there is none.
        advance: the move of the phase that `edit` holds; None if none moves.
        taken: what is taken in beside the signal, one thing a line.
        left: what is not, and why.
        prompt: the prompt to go on with; empty if the plan halts or waits.
    """

    skill: Skill
    reading: Reading
    asked: Asked
    edit: Edit | None = None
    advance: Advance | None = None
    taken: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    prompt: str = ""

    @property
    def exit(self) -> Exit:
        """How the command ends: whoever runs it in a loop goes on only on DONE."""
        if self.reading.signal is None:
            return Exit.FOUND
        return Exit.HALTED if isinstance(self.reading.signal.meaning, Halt) else Exit.DONE


def plan_ingest(project: Project, skill: Skill, text: str, where: str, *, today: date) -> Ingest:
    """Decide what an answer would write; write nothing.

    Args:
        project: the project that holds the skill.
        skill: the plan.
        text: the answer.
        where: how errors name it.
        today: the UTC day.

    Raises:
        GateError: the answer asks for a phase that is not next, or the ledger's rules forbid it.
        HaltError: the plan's budget is gone, or it goes round in circles.
        LedgerError: what it brings along cannot be taken in.
    """
    reading = read_signifiers(text)
    asked = judge(skill, reading, where)
    if asked.outcome in {Outcome.WAITING, Outcome.ALREADY}:
        return Ingest(skill, reading, asked, prompt=_again(project, skill, reading, today))
    edit, taken, left = _bring(project, skill, reading, asked, where, today)
    advance = None
    if asked.phase:
        after = Skill(skill.path, skill.where, edit.text)
        advance = plan_advance(project, after, asked.phase, asked.to, asked.reason, today=today)
        edit = advance.edit or edit
        edit.skill = skill  # what came along is not in the file yet
    return Ingest(
        skill=skill,
        reading=reading,
        asked=asked,
        edit=edit if edit.text != skill.text else None,
        advance=replace(advance, skill=skill) if advance else None,
        taken=taken,
        left=left,
        prompt=advance.prompt if advance and asked.outcome is Outcome.SETTLED else "",
    )


def take_in(ingest: Ingest, say: Callable[[str], None] | None = None) -> list[Path]:
    """Write what was decided, each file whole or not at all.

    Args:
        ingest: the answer.
        say: is told once if another command is writing and this one waits.

    Returns:
        The files written.

    Raises:
        GateError: a gate is shut.
        LedgerError: another command is writing or has written the plan, or a file cannot be.
    """
    if ingest.advance:
        return apply(ingest.advance, say)
    if ingest.edit is None:
        return []
    ingest.edit.write()
    return [ingest.skill.path]


def skill_of(project: Project, text: str) -> Skill:
    """The one skill that a text names: by `sprint=`, by `skill:`, by the handle `skill`.

    Raises:
        UsageError: it names none, or more than one.
    """
    told = {found["name"] for form in (_SPRINT, _SKILL) for found in form.finditer(text)}
    found = [
        skill for skill in forest(project)[0] if told & {skill.name, skill.where, sprint(skill)}
    ]
    if len(found) != 1:
        names = ", ".join(skill.name for skill in found) or "no skill"
        raise UsageError(f"the text names {names}", fix="say which: ledger ingest SKILL FILE")
    return found[0]


def _again(project: Project, skill: Skill, reading: Reading, today: date) -> str:
    """The prompt that a ⟿ has led to already."""
    if reading.signal is None or isinstance(reading.signal.meaning, Halt):
        return ""
    return next_prompt(project, skill, gather(project, skill, today), today)


def _bring(
    project: Project, skill: Skill, reading: Reading, asked: Asked, where: str, today: date
) -> tuple[Edit, tuple[str, ...], tuple[str, ...]]:
    """Write what comes along: the edit, what was taken, and what was left and why."""
    sipped, poured = answer.postings(reading, skill.budget, where)
    handles = answer.handles(project, skill, reading)
    branches = answer.branches(skill, reading, today)
    drawn = {"pour": poured, "sip": sipped}
    told = [f"{verb} {amount:f}" for verb, amount in drawn.items() if amount]
    left = [*handles.left, *_elastic(reading)]
    edit = Edit(skill)
    if asked.phase:
        edit = _post(edit, drawn, today)
    else:
        left += [f"{line}: no phase moves" for line in told]
    _name(edit, project, handles.new)
    for branch in branches:
        edit.append("branches", str(branch))
    edit.check()
    taken = told if asked.phase else []
    taken += [f"handle {name}: {path}" for name, path in handles.new.items()]
    taken += [f"branch {branch.name}: {branch.kind}" for branch in branches]
    return edit, tuple(taken), tuple(left)


def _post(edit: Edit, drawn: Mapping[str, Decimal], today: date) -> Edit:
    """Book what was poured, then what was drawn of the rest."""
    for verb, amount in drawn.items():
        if amount:
            {"pour": pour, "sip": sip}[verb](edit, amount, today)
            edit.check()
            edit = Edit(Skill(edit.skill.path, edit.skill.where, edit.text))
    return edit


def _name(edit: Edit, project: Project, new: dict[str, str]) -> None:
    """Add handles; a header without any keeps the pages that were its handles until now."""
    if edit.skill.header.line("handles"):
        for name, path in new.items():
            edit.insert("handles", name, to=path)
    elif new:
        until_now = {h.name: h.path for h in known_handles(project, edit.skill)[1:]}
        items = ", ".join(f"{name}: {path}" for name, path in (until_now | new).items())
        edit.insert("handles", to=f"{{{items}}}")


def _elastic(reading: Reading) -> Iterator[str]:
    """The ⤳ that a header has no place for."""
    for one in reading.sent:
        if isinstance(one.meaning, Elastic) and one.meaning.verb.upper() != "BRANCH":
            yield f"{one.text} in line {one.line}: the ledger keeps branches only"
