"""What must not be pasted: prompts and placeholders in command blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ledger.core.problem import Problem, place
from ledger.pages.block import Block
from ledger.pages.lint_rules import PLACEHOLDER, PROMPT

_SHELL_PROMPT: Final = re.compile(r"^[ \t]*\$ ")
# Not the name of a group in a regular expression.
_ANGLE: Final = re.compile(r"(?<!\?)(?<!\?P)<(?P<name>[A-Za-z](?:[\w. -]*\w)?)>(?!\w)")
# What kubectl and Go print where there is nothing.
_PRINTED: Final = frozenset({"none", "unknown", "pending", "invalid", "nil", "no value"})


def block_problems(block: Block) -> Iterator[Problem]:
    """What is wrong with the text of a command block."""
    where, first = place(block.where)
    for number, line in enumerate(block.text.splitlines(), first + 1):
        if _SHELL_PROMPT.match(line):
            yield PROMPT.at(where, number, "this command begins with the prompt '$ '")
    for match in placeholders(block.text):
        number = first + 1 + block.text.count("\n", 0, match.start())
        yield PLACEHOLDER.at(where, number, f"<{match['name']}> is a placeholder")


def placeholders(text: str) -> list[re.Match[str]]:
    """The placeholders in angle brackets of a command, in order; `name` is what stands in each."""
    found = _ANGLE.finditer(text)
    return [m for m in found if m["name"] not in _PRINTED and f"</{m['name']}>" not in text]
