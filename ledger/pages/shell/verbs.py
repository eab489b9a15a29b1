"""Whether a command only looks, changes something, or waits for a person: `commands.toml` says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from ledger.pages.shell.rules import Rule, rules

_ANY: Final = "*"
_DEPTH: Final = 3


class Effect(IntEnum):
    """What a command does; of several, the highest counts."""

    LOOKS = 0
    CHANGES = 1
    ASKS = 2
    PARTIAL = 3


class Verdict(NamedTuple):
    """What a command does, and why it is taken so; `why` is empty if it only looks."""

    effect: Effect
    why: str = ""


@dataclass(frozen=True)
class Word:
    """A word of a command: as it is written, and its value if that is known."""

    raw: str
    value: str | None

    @property
    def text(self) -> str:
        """Its value, or how it begins."""
        return self.raw.lstrip("'\"") if self.value is None else self.value


def spoken(words: Sequence[Word]) -> list[str]:
    """A command as people call it: its program and its first words that are no options."""
    rule = rules().get(words[0].value or "", Rule())
    return [words[0].text, *verb_of(rule, words[1:])[:2]]


def judge(words: Sequence[Word]) -> Verdict:
    """Say what one simple command does; one that is not known changes something."""
    program = words[0].value
    if program is None:
        return Verdict(Effect.CHANGES, f"which program {words[0].raw} is, only a run knows")
    rule = rules().get(program)
    if rule is None:
        return _changes(program)
    if _ANY in rule.asks:
        return _asks(program)
    if rule.runs is not None:
        return _wrapped(program, rule, words[1:])
    return _judged(program, rule, verb_of(rule, words[1:]), [word.text for word in words[1:]])


def _judged(program: str, rule: Rule, verb: Sequence[str], words: Sequence[str]) -> Verdict:
    told = _told(program, rule, verb)
    options = [word for word in words if word.startswith("-") and len(word) > 1]
    for name, asking in rule.asks_if.items():
        if begins(verb, name) and (found := first(options, asking, clusters=name == _ANY)):
            return _asks(f"{told} {found}")
    if any(begins(verb, name) for name in rule.asks):
        return _asks(told)
    if found := first(options, rule.changes, clusters=_ANY in rule.looks):
        return Verdict(Effect.CHANGES, f"{told} {found} changes something")
    for option in options:
        if rule.options and not _allowed(option, rule.options):
            return _changes(f"{told} {option}")
    if rule.unless and any(re.search(rule.unless, word) for word in words):
        return Verdict(Effect.CHANGES, f"{told} may change something with these words")
    bare = [word for word in words if not word.startswith("-")]
    if any(begins(verb, name) for name in rule.looks):
        return Verdict(Effect.LOOKS)
    harmless = all(_option(rule, option) or option in rule.options for option in options)
    if harmless and any(bare == ([] if name == _ANY else [name]) for name in rule.alone):
        return Verdict(Effect.LOOKS)
    return _changes(told)


def _told(program: str, rule: Rule, verb: Sequence[str]) -> str:
    """The program with its verb, as far as the table tells a verb from an argument."""
    named = {*rule.looks, *rule.alone, *rule.asks}
    if not verb or _ANY in named:
        return program
    deep = any(name.startswith(f"{verb[0]} ") for name in named)
    return " ".join((program, *verb[: 1 + deep]))


def _changes(told: str) -> Verdict:
    return Verdict(Effect.CHANGES, f"{told} is not known to only look")


def _asks(told: str) -> Verdict:
    return Verdict(Effect.ASKS, f"{told} waits for a person, or never ends")


def _wrapped(program: str, rule: Rule, words: Sequence[Word]) -> Verdict:
    """What the command does that a program runs, as in `timeout 5s kubectl get pods`."""
    rest = words[command_at(rule, words) :]
    if rest and not rest[0].text.startswith("-"):
        return judge(rest)
    return _changes(" ".join((program, *(word.text for word in rest[:1]))))


def command_at(rule: Rule, words: Sequence[Word]) -> int:
    """Where the command begins that a program runs, or an option that is not known."""
    at, skip = 0, rule.runs or 0
    while at < len(words):
        is_option = words[at].text.startswith("-")
        taken = _option(rule, words[at].text) if is_option else min(skip, 1)
        if not taken:
            break
        at, skip = at + taken, skip - (not is_option)
    return at


def verb_of(rule: Rule, words: Sequence[Word]) -> list[str]:
    """The first words that are no options; none behind an option that may take the next one."""
    verb: list[str] = []
    at = 0
    while at < len(words) and len(verb) < _DEPTH:
        text, value = words[at].text, words[at].value
        taken = _option(rule, text) if text.startswith("-") else 0
        if not taken and (text.startswith("-") or value is None):
            break
        if value is not None and not taken:
            verb.append(value)
        at += taken or 1
    return verb


def _option(rule: Rule, text: str) -> int:
    """How many words an option before the verb takes; 0 if it is not known."""
    name, has_value, _ = text.partition("=")
    if name in rule.bare and not has_value:
        return 1
    if name in rule.valued:
        return 1 if has_value else 2
    glued = any(text.startswith(option) for option in rule.valued if len(option) == 2)
    return 1 if glued and not text.startswith("--") else 0


def begins(verb: Sequence[str], name: str) -> bool:
    """Whether a verb is the one of that name in the table."""
    if name == _ANY:
        return True
    parts = name.split()
    return len(verb) >= len(parts) and all(map(fnmatchcase, verb, parts))


def first(options: Sequence[str], named: Sequence[str], *, clusters: bool) -> str:
    """The first option that is one of those named; empty if none is."""
    return next((one for one in options for n in named if _is(one, n, clusters=clusters)), "")


def _is(option: str, name: str, *, clusters: bool) -> bool:
    """Whether an option is the one of that name, also when it is cut short or stands in `-abc`."""
    if name.startswith("--"):
        word = option.partition("=")[0]
        return word == name or (len(word) > 3 and name.startswith(word))
    if len(name) > 2 or option.startswith("--"):
        return option == name
    return name[1] in option[1:] if clusters else option.startswith(name)


def _allowed(option: str, options: Sequence[str]) -> bool:
    if option.partition("=")[0] in options:
        return True
    letters = re.match(r"-([A-Za-z0-9]+?)[0-9]*(?![A-Za-z0-9])", option)
    return letters is not None and all(f"-{letter}" in options for letter in letters[1])
