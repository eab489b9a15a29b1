"""A plain fence turned into command blocks, and what stands in the way of running each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger.pages.attributes import Info
from ledger.pages.block import RUN, RUNNING, is_shell
from ledger.pages.fences import Fence
from ledger.pages.importing.holes import GIVEN, Filled, fill
from ledger.pages.importing.session import Step, is_session, read_session
from ledger.pages.lint_blocks import placeholders
from ledger.pages.reasons import IMPORTED
from ledger.pages.shell.rules import known
from ledger.pages.shell.script import Script, read_script, readable
from ledger.pages.shell.verbs import Effect, spoken

_OF_EFFECT: Final = {
    Effect.CHANGES: "not-reviewed",
    Effect.ASKS: "interactive",
    Effect.PARTIAL: "incomplete",
}
_WANTING: Final = {
    "not-set": "{} is set by a block that does not run",
    "no-example": "a run has no value for {}: give --example NAME=VALUE",
}
# Shells whose text bash does not read.
_OTHER: Final = frozenset({"csh", "tcsh", "fish", "openrc", "ps1", "pwsh", "powershell"})
_PLAIN: Final = re.compile(r"[A-Za-z][\w-]*", re.ASCII)


@dataclass
class Piece:
    """One fence of the result.

    Attributes:
        info: what stands behind its marks.
        lines: what stands in it.
        line: where it came from, counted from 0 in the fence that it was part of.
        kind: verify, skip, show, or text; empty for an output.
        name: the block's name; empty for what is no block.
        reason: the token with which it is skipped.
        why: why it does not run, one clause.
    """

    info: str
    lines: list[str]
    line: int = 0
    kind: str = ""
    name: str = ""
    reason: str = ""
    why: str = ""


@dataclass
class Importer:
    """Reads the fences of one page in order, and remembers what they name and set.

    Attributes:
        examples: the values that a run uses, by parameter.
        names: the names that blocks of the page have.
        parameters: what each parameter stands for, as far as the page does not explain it.
        reasons: the tokens that the page must explain.
    """

    examples: Mapping[str, str]
    names: set[str] = field(default_factory=set)
    parameters: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    _set: set[str] = field(default_factory=set)
    _unset: set[str] = field(default_factory=set)

    def declare(self, parameters: Iterable[str]) -> None:
        """Take note of the parameters that the page explains already."""
        self._set |= set(parameters)

    def keep(self, info: Info, fence: Fence) -> None:
        """Take note of a block that is one already."""
        sets = read_script(fence.text).sets | {info.values.get("set", "")}
        self._note(sets, runs=info.kind in RUNNING)

    def read(self, info: Info, fence: Fence) -> list[Piece]:
        """The fences that a plain one becomes; none if it holds no commands."""
        lines = fence.text.split("\n")
        if info.language.lower() in _OTHER:
            return [_text(lines, f"{info.language} is not bash")]
        shell = is_shell(info.language)
        if (shell or not info.language) and is_session(lines):
            language = info.language if info.language in RUN else "bash"
            return [piece for step in read_session(lines) for piece in self._step(step, language)]
        if not (shell or (not info.language and _looks_like_commands(fence.text))):
            return []
        return [self._command(lines, info.language if info.language in RUN else "bash")]

    def _step(self, step: Step, language: str) -> list[Piece]:
        pieces = []
        if step.command:
            pieces.append(self._command(step.command, language, foreign=step.foreign))
        if step.output:
            match = _match(step.output) if pieces and pieces[0].kind == "verify" else ""
            if match:
                pieces[0].info = pieces[0].info.replace(" expect=none", "")
            info = f"text {{.expect match={match}}}" if match else "text"
            pieces.append(Piece(info, step.output))
        for piece in pieces:
            piece.line = step.line
        return pieces

    def _command(self, lines: list[str], language: str, *, foreign: bool = False) -> Piece:
        text = "\n".join(lines)
        filled = fill(text)
        if filled is None:
            return _text(lines, "a placeholder stands where the shell puts no value in")
        if not text.strip() or not readable(filled.text):
            return _text(lines, "bash cannot read it" if text.strip() else "it is empty")
        script = read_script(filled.text)
        lines = filled.text.split("\n")
        if script.empty:
            return Piece(f"{language} {{.show}}", lines, kind="show", why="it has no command")
        reason, why = self._hindrance(filled, script, foreign=foreign)
        self._note(script.sets, runs=not reason)
        name = self._name(script)
        if reason:
            self.reasons[reason] = IMPORTED[reason]
            info = f"{language} {{.skip name={name} reason={reason}}}"
            return Piece(info, lines, 0, "skip", name, reason, why)
        return Piece(f"{language} {{.verify name={name} expect=none}}", lines, 0, "verify", name)

    def _hindrance(self, filled: Filled, script: Script, *, foreign: bool) -> tuple[str, str]:
        """Why a command does not run: a token and one clause; empty if it does."""
        wanting = {name: self._wanting(name, filled) for name in script.needs if name not in GIVEN}
        effect, why = script.verdict
        if foreign and effect < Effect.ASKS:
            return "interactive", "it was typed as root, or inside of something else"
        if effect:
            return _OF_EFFECT[effect], why
        for reason in ("not-set", "no-example"):
            if names := [name for name, found in wanting.items() if found == reason]:
                return reason, _WANTING[reason].format(", ".join(names))
        return "", ""

    def _wanting(self, name: str, filled: Filled) -> str:
        """Why a variable has no value in a run; one that nothing sets becomes a parameter."""
        if name in self._set:
            return ""
        if name in self._unset:
            return "not-set"
        meaning = filled.names.get(name, name.lower())
        self.parameters.setdefault(name, self.examples.get(name, meaning))
        return "" if name in self.examples else "no-example"

    def _note(self, names: Iterable[str], *, runs: bool) -> None:
        if runs:
            self._set |= set(names)
            self._unset -= self._set
        else:
            self._unset |= set(names) - self._set - set(self.examples)

    def _name(self, script: Script) -> str:
        words = spoken(script.commands[0]) if script.commands else []
        plain = [word for word in words if _PLAIN.fullmatch(word)]
        base = "-".join(plain) or "-".join(["set", *sorted(script.sets)[:1]])
        count, name = 1, base
        while name in self.names:
            count += 1
            name = f"{base}-{count}"
        self.names.add(name)
        return name


def _looks_like_commands(text: str) -> bool:
    """Whether a fence without a language is meant for a shell: it names programs that we know."""
    filled = fill(text)
    if not filled or not readable(filled.text):
        return False
    commands = read_script(filled.text).commands
    return bool(commands) and all(known(words[0].value or "") for words in commands)


def _match(output: Sequence[str]) -> str:
    """How the output of a session is compared; empty if it cannot be."""
    left_out = [line for line in output if line.strip() == "..."]
    rest = [line for line in output if line.strip() and line not in left_out]
    if not rest or any(placeholders(line) or re.search(r"\.{3}|…", line) for line in rest):
        return ""
    return "contains" if left_out else "like"


def _text(lines: list[str], why: str) -> Piece:
    return Piece("text", lines, 0, "text", why=why)
