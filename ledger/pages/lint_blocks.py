"""What must not be pasted: prompts, placeholders, changes that nobody told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Final

from ledger.core.problem import Problem, place
from ledger.pages.block import Block
from ledger.pages.lint_rules import NO_WAY_BACK, PLACEHOLDER, PROMPT
from ledger.pages.reasons import IMPORTED
from ledger.pages.shell.mutating import first_mutation

_SHELL_PROMPT: Final = re.compile(r"^[ \t]*\$ ")
# Not the name of a group in a regular expression.
_ANGLE: Final = re.compile(r"(?<!\?)(?<!\?P)<(?P<name>[A-Za-z](?:[\w. -]*\w)?)>(?!\w)")
# What kubectl and Go print where there is nothing.
_PRINTED: Final = frozenset({"none", "unknown", "pending", "invalid", "nil", "no value"})

# The extra `offline` brings it; without it nothing is said of what a command changes.
_READABLE: Final = find_spec("tree_sitter_bash") is not None


def block_problems(block: Block) -> Iterator[Problem]:
    """What is wrong with the text of a command block."""
    where, first = place(block.where)
    for number, line in enumerate(block.text.splitlines(), first + 1):
        if _SHELL_PROMPT.match(line):
            yield PROMPT.at(where, number, "this command begins with the prompt '$ '")
    for match in placeholders(block.text):
        number = first + 1 + block.text.count("\n", 0, match.start())
        yield PLACEHOLDER.at(where, number, f"<{match['name']}> is a placeholder")
    found = first_mutation(block.text) if _READABLE and _is_unmarked_step(block) else None
    if found:
        what = f"{found.command} changes a system, and the block does not say mutates"
        yield NO_WAY_BACK.at(where, first + found.line, what)


def _is_unmarked_step(block: Block) -> bool:
    """Whether a block is a step that changes nothing, in the words of one who has looked at it."""
    apart = block.kind == "show" or block.stage or block.reason in IMPORTED
    return not (apart or block.mutates)


def placeholders(text: str) -> list[re.Match[str]]:
    """The placeholders in angle brackets of a command, in order; `name` is what stands in each."""
    found = _ANGLE.finditer(text)
    return [m for m in found if m["name"] not in _PRINTED and f"</{m['name']}>" not in text]
