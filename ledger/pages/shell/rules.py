"""The table of commands, `commands.toml`, as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Rule:
    """What the table says of a program; its head explains the keys."""

    looks: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    asks_if: Mapping[str, Sequence[str]] = field(default_factory=dict)
    valued: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    unless: str = ""
    runs: int | None = None
    inside: tuple[str, ...] = ()
    mutates: tuple[str, ...] = ()
    mutates_if: Mapping[str, str] = field(default_factory=dict)
    dry: tuple[str, ...] = ()

    def on(self, other: Rule) -> Rule:
        """This rule, on top of another."""
        merged: dict[str, Any] = {}
        for one in fields(self):
            mine, its = getattr(self, one.name), getattr(other, one.name)
            merged[one.name] = its + mine if isinstance(its, tuple) else mine or its
        return Rule(**merged)


@cache
def rules() -> dict[str, Rule]:
    """The table: a rule a program."""
    text = files(__package__).joinpath("commands.toml").read_text("utf-8")
    found: dict[str, Rule] = {}
    for name, table in tomllib.loads(text).items():
        programs, base = table.pop("programs", [name]), table.pop("as", "")
        rule = Rule(**{key.replace("-", "_"): _frozen(value) for key, value in table.items()})
        found |= dict.fromkeys(programs, rule.on(found[base]) if base else rule)
    return found


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def known(program: str) -> bool:
    """Whether the table knows a program."""
    return program in rules()
