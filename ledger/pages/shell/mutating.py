"""Commands that surely change what others share; of a command that may not, nothing is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.pages.shell.rules import Rule, rules
from ledger.pages.shell.script import parse, words_of
from ledger.pages.shell.verbs import Word, begins, command_at, first, verb_of

if TYPE_CHECKING:
    from tree_sitter import Node

_SHELLS: Final = frozenset(("ash", "bash", "dash", "sh"))
_ITS_TEXT: Final = re.compile(r"-[a-z]*c")
_ESCAPED: Final = re.compile(r'\\(["$`\\])')


class Mutation(NamedTuple):
    """A command that surely changes something: its line in the text, from 1, and its name."""

    line: int
    command: str


def first_mutation(text: str) -> Mutation | None:
    """The first command of a shell text that surely changes a system; None if none does.

    Raises:
        UsageError: the parser is not installed.
    """
    root = parse(text)
    if root.has_error:
        return None
    for node in _commands(root):
        if told := _told(words_of(node)):
            return Mutation(node.start_point[0] + 1, told)
    return None


def _commands(root: Node) -> Iterator[Node]:
    """The simple commands, in order; what a function would do, its definition does not."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "command":
            yield node
        if node.type != "function_definition":
            waiting.extend(reversed(node.children))


def _told(words: Sequence[Word]) -> str:
    """The name of what surely changes something in a simple command; empty if nothing does."""
    program = PurePosixPath(words[0].value or "").name if words else ""
    rule, rest = rules().get(program), words[1:]
    if program in _SHELLS:
        return _of_shell(rest)
    if not rule:
        return ""
    if rule.runs is not None:
        return _told(rest[command_at(rule, rest) :])
    verb = verb_of(rule, rest)
    if any(begins(verb, name) for name in rule.inside):
        return _told(_behind_dashes(rest))
    return _named(program, rule, verb, rest)


def _of_shell(words: Sequence[Word]) -> str:
    """The same of `sh -c TEXT`, whose text is all in the page."""
    for option, text in pairwise(words):
        if _ITS_TEXT.fullmatch(option.text):
            found = first_mutation(_script(text))
            return found.command if found else ""
    return ""


def _script(word: Word) -> str:
    """The text that a shell is given; a variable in it may as well be its own."""
    if word.value is None and word.raw[0] == word.raw[-1] == '"':
        return _ESCAPED.sub(r"\1", word.raw[1:-1])
    return word.value or ""


def _behind_dashes(words: Sequence[Word]) -> Sequence[Word]:
    texts = [word.text for word in words]
    return words[texts.index("--") + 1 :] if "--" in texts else ()


def _named(program: str, rule: Rule, verb: Sequence[str], words: Sequence[Word]) -> str:
    if any(begins(verb, name) for name in rule.looks if name != "*") or _is_dry(rule, words):
        return ""
    for name in rule.mutates:
        if begins(verb, name):
            return " ".join((program, *verb[: len(name.split())]))
    line = " ".join((program, *(word.text for word in words)))
    for name, pattern in rule.mutates_if.items():
        if begins(verb, name) and re.search(pattern, line):
            return program if name == "*" else f"{program} {name}"
    return ""


def _is_dry(rule: Rule, words: Sequence[Word]) -> bool:
    """Whether a word says that nothing is to change, or may say so when the command runs."""
    texts = [word.text for word in words if word.text != "--dry-run=none"]
    hidden = any(word.value is None and "dry" in word.raw.lower() for word in words)
    return hidden or bool(first(texts, rule.dry, clusters=False))
