"""Shell text, read and never run: its commands, and the variables that it needs and sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from ledger.core.bash import complaint
from ledger.core.extra import install
from ledger.errors import UsageError
from ledger.pages.shell.verbs import Effect, Verdict, Word, judge

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_NAME: Final = re.compile(r"[A-Za-z_]\w*")
# A variable that may be missing: `${X:-...}`, `${X+...}`.
_OPTIONAL: Final = (":-", "-", ":=", "=", ":+", "+")
# Commands whose plain words are variables that they set.
_SETTING: Final = ("read", "mapfile", "readarray", "getopts")
_HARMLESS: Final = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "-")
_LEFT_OUT: Final = re.compile(r"\.{3,}|…|\{\{.*")


@dataclass(frozen=True)
class Script:
    """What a piece of shell text says.

    Attributes:
        verdict: what it does; the gravest of its commands counts.
        commands: its simple commands, in order.
        needs: the variables that it cannot do without, in order.
        sets: the variables that it sets for what follows.
        empty: whether there is nothing in it to run.
    """

    verdict: Verdict
    commands: tuple[tuple[Word, ...], ...]
    needs: tuple[str, ...]
    sets: frozenset[str]
    empty: bool


def read_script(text: str) -> Script:
    """Read shell text.

    Raises:
        UsageError: the parser is not installed.
    """
    root = parse(text)
    nodes = list(walk(root))
    commands = tuple(words_of(node) for node in nodes if node.type == "command")
    verdicts = [judge(words) for words in commands if words]
    verdicts += [found for node in nodes if (found := _of_syntax(node))]
    if root.has_error:
        verdicts.append(Verdict(Effect.CHANGES, "it cannot be told for certain what this does"))
    worst = max(verdicts, key=lambda verdict: verdict.effect, default=Verdict(Effect.LOOKS))
    assigned = {name for node in nodes for name in _assigned(node)}
    needed = (name for node in nodes if (name := _needed(node)) and name not in assigned)
    return Script(
        worst,
        tuple(words for words in commands if words),
        tuple(dict.fromkeys(needed)),
        frozenset(assigned),
        empty=all(node.type in {"program", "comment"} for node in nodes),
    )


def readable(text: str) -> bool:
    """Whether bash can read a text to its end."""
    return not complaint(text)


def complete(text: str) -> bool:
    """Whether bash would run a command that was typed so far, and not wait for its next line."""
    if re.search(r"(\\|\||&&)[ \t]*\Z", text):
        return False
    return not re.search(r"unexpected (EOF|end of file)|here-document", complaint(text))


def parse(text: str) -> Node:
    """The syntax tree of a text; its nodes count in bytes."""
    return _parser().parse(text.encode()).root_node


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in the order of the text."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(found.children))


@cache
def _parser() -> Parser:
    try:
        import tree_sitter
        import tree_sitter_bash
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed", fix=install("offline")) from None
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def _text(node: Node | None) -> str:
    return (node.text or b"").decode() if node else ""


def words_of(command: Node) -> tuple[Word, ...]:
    """A command's words, its name first; what is set for it alone and where it writes is none."""
    apart = {"variable_assignment", "comment"}
    named = (
        node
        for node in command.named_children
        if node.type not in apart and "redirect" not in node.type
    )
    return tuple(Word(_text(node), _literal(node)) for node in named)


def _literal(node: Node) -> str | None:
    """A word's value; None if only a run knows it."""
    text = _text(node)
    if node.type in {"word", "number"}:
        return None if "\\" in text else text
    if node.type == "raw_string":
        return text[1:-1]
    if node.type in {"string", "command_name", "concatenation"}:
        if node.type == "string":
            plain = all(child.type == "string_content" for child in node.named_children)
            return text[1:-1] if plain and "\\" not in text else None
        parts = [_literal(child) for child in node.children]
        return None if None in parts else "".join(part for part in parts if part)
    return None


def _of_syntax(node: Node) -> Verdict | None:
    """What a piece of syntax does that is no command by itself."""
    if node.type == "file_redirect":
        mark = next((child.type for child in node.children if not child.is_named), "")
        target = _text(node.child_by_field_name("destination"))
        reads = mark.startswith("<") and ">" not in mark
        if not (reads or target in _HARMLESS or (mark.endswith("&") and target.isdigit())):
            return Verdict(Effect.CHANGES, f"it writes to {target}")
    if node.type == "while_statement":
        condition = node.child_by_field_name("condition")
        if _text(condition) in {"true", ":", "false"}:
            return Verdict(Effect.ASKS, "the loop never ends")
    if node.type in {"word", "concatenation"} and _LEFT_OUT.fullmatch(_text(node)):
        return Verdict(Effect.PARTIAL, f"{_text(node)} stands for what is left out")
    if node.type == "comment" and _LEFT_OUT.fullmatch(_text(node).lstrip("# \t").rstrip()):
        return Verdict(Effect.PARTIAL, "a comment stands for what is left out")
    return None


def _assigned(node: Node) -> Iterator[str]:
    parent = node.parent.type if node.parent else ""
    if node.type == "variable_name":
        one = parent == "variable_assignment" and node.parent and node.parent.parent
        own = bool(one) and one.type == "command"  # type: ignore[union-attr]
        if (one and not own) or parent in {"declaration_command", "for_statement"}:
            yield _text(node)
    if node.type == "command":
        words = words_of(node)
        if words and words[0].value in _SETTING:
            yield from (word.raw for word in words[1:] if _NAME.fullmatch(word.raw))


def _needed(node: Node) -> str:
    """The variable that an expansion cannot do without; empty if it is no such expansion."""
    if node.type not in {"simple_expansion", "expansion"}:
        return ""
    at = next((n for n, child in enumerate(node.children) if child.type == "variable_name"), None)
    if at is None:
        return ""
    following = node.children[at + 1].type if at + 1 < len(node.children) else ""
    name = _text(node.children[at])
    return name if following not in _OPTIONAL and _NAME.fullmatch(name) else ""
