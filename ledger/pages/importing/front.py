"""Keys added to a page's front matter; what stands there stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

_PLAIN: Final = re.compile(r"[A-Za-z][\w ()./'-]*\w", re.ASCII)


def with_keys(
    yaml_text: str, meta: Mapping[str, Any], keys: Mapping[str, str | Mapping[str, Any]]
) -> str:
    """The YAML text with the keys that it lacks, and with the entries that its tables lack.

    Args:
        yaml_text: the front matter, between its marks.
        meta: what it says.
        keys: texts, and tables of texts and tables.
    """
    for key, value in keys.items():
        if isinstance(value, str):
            if not meta.get(key):
                yaml_text = _without_empty(yaml_text, key) + f"{key}: {_scalar(value)}\n"
        elif lacking := {k: v for k, v in value.items() if k not in (meta.get(key) or {})}:
            yaml_text = _with_entries(yaml_text, key, lacking)
    return yaml_text


def _without_empty(text: str, key: str) -> str:
    """The text without a key that is there and says nothing."""
    return re.sub(rf"^{re.escape(key)}:[ \t]*\n", "", text, flags=re.MULTILINE)


def _with_entries(text: str, key: str, entries: Mapping[str, Any]) -> str:
    node = _value(text, key)
    if node is None:
        return _without_empty(text, key) + f"{key}:\n" + _block(entries, 2)
    if node.flow_style:
        at = node.start_mark.index + 1
        told = ", ".join(f"{k}: {_flow(v)}" for k, v in entries.items())
        return f"{text[:at]}{told}{', ' if node.value else ''}{text[at:]}"
    column, at = node.start_mark.column, node.start_mark.index - node.start_mark.column
    return text[:at] + _block(entries, column) + text[at:]


def _value(text: str, key: str) -> yaml.MappingNode | None:
    root = yaml.compose(text, yaml.SafeLoader)
    pairs: Iterable[Any] = root.value if isinstance(root, yaml.MappingNode) else ()
    found = (value for name, value in pairs if name.value == key)
    return next((one for one in found if isinstance(one, yaml.MappingNode)), None)


def _block(entries: Mapping[str, Any], indent: int) -> str:
    return "".join(
        f"{' ' * indent}{key}: {_flow(value) if isinstance(value, Mapping) else _scalar(value)}\n"
        for key, value in entries.items()
    )


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(one)}' for key, one in value.items())}}}"
    return _scalar(value)


def _scalar(text: str) -> str:
    """A text in YAML, in quotation marks where it would be something else without them."""
    plain = _PLAIN.fullmatch(text) and yaml.safe_load(text) == text
    return text if plain else json.dumps(text, ensure_ascii=False)
