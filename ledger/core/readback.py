"""What a header says, as text without types, by two parsers that know nothing of each other."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import yaml

from ledger.core.header import Header
from ledger.errors import SkillError

# A tab before a comment is YAML, and the first parser takes it; ruamel.yaml does not.
_TAB: Final = re.compile(r"\t[ \t]*#")


class Difference(NamedTuple):
    """Where two readings part: the keys that lead there, and what each says."""

    path: tuple[str, ...]
    found: Any
    meant: Any


def reading(header: Header) -> Any:
    """Every value as it is written, so that `0.10` is not `0.1`; nothing in it is shared.

    Raises:
        SkillError: an anchor refers to itself.
    """
    try:
        data = yaml.load(_source(header), Loader=yaml.CBaseLoader)  # noqa: S506  # texts only
    except yaml.YAMLError as error:
        raise _broken(error, header) from None
    return _unshared(data)


def second_reading(header: Header) -> Any:
    """The same by ruamel.yaml.

    Raises:
        SkillError: it is not YAML to ruamel.yaml.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="base", pure=True).load(_source(header))
    except YAMLError as error:
        raise _broken(error, header) from None


def difference(found: Any, meant: Any, path: tuple[str, ...] = ()) -> Difference | None:
    """The first place where two readings part; None if they are the same."""
    if not (isinstance(found, dict) and isinstance(meant, dict)):
        return None if found == meant else Difference(path, found, meant)
    deeper = (
        difference(found.get(key), meant.get(key), (*path, str(key))) for key in meant | found
    )
    return next(filter(None, deeper), None)


def _source(header: Header) -> str:
    return _TAB.sub(" #", header.text[header.start : header.end])


def _unshared(data: Any) -> Any:
    """A copy in which an alias is a value of its own, as an edit of it must be."""
    if isinstance(data, dict):
        return {key: _unshared(value) for key, value in data.items()}
    return [_unshared(item) for item in data] if isinstance(data, list) else data


def _broken(error: Exception, header: Header) -> SkillError:
    problem = getattr(error, "problem", None) or str(error)
    return SkillError(f"broken YAML: {problem}", where=header.where)
