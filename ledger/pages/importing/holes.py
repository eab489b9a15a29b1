"""Placeholders in angle brackets, turned into shell parameters where the shell puts a value in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.pages.lint_blocks import placeholders
from ledger.pages.shell.script import parse

if TYPE_CHECKING:
    from tree_sitter import Node

# What a shell, or a run, gives a meaning of its own: a parameter of that name would break both.
_GIVEN: Final = """
BASH BASHPID BASH_SOURCE BASH_VERSION CDPATH COLUMNS DIRSTACK DOCKER_HOST EDITOR ENV EUID FUNCNAME
GLOBIGNORE GROUPS HISTFILE HOME HOSTNAME HOSTTYPE IFS KUBECONFIG LANG LC_ALL LINENO LINES LOGNAME
MACHTYPE MAIL OLDPWD OPTARG OPTERR OPTIND OSTYPE PATH PIPESTATUS POSIXLY_CORRECT PPID PS1 PS2 PS4
PWD RANDOM REPLY SECONDS SHELL SHELLOPTS SHLVL SSL_CERT_DIR SSL_CERT_FILE TERM TMPDIR TZ UID USER
"""
GIVEN: Final = frozenset(_GIVEN.split())
_MARK: Final = "LEDGERHOLE{}X"


class Filled(NamedTuple):
    """A text without placeholders, and what stood for each parameter."""

    text: str
    names: dict[str, str]


def fill(text: str) -> Filled | None:
    """Put a shell parameter in the place of each placeholder.

    Returns:
        None if one of them stands where the shell would not put a value in.
    """
    found = placeholders(text)
    marked, names = text, [_parameter(hole["name"]) for hole in found]
    for number, hole in reversed(list(enumerate(found))):
        marked = marked[: hole.start()] + _MARK.format(number) + marked[hole.end() :]
    if not found:
        return Filled(text, {})
    root, data = parse(marked), marked.encode()
    used: dict[str, str] = {}
    for number in reversed(range(len(found))):
        mark, name = _MARK.format(number).encode(), names[number]
        start = data.index(mark)
        node = root.descendant_for_byte_range(start, start + len(mark))
        form = _form(node, name)
        if form is None:
            return None
        if form != name:
            used[name] = found[number]["name"]
        data = data[:start] + form.encode() + data[start + len(mark) :]
    return Filled(data.decode(), dict(reversed(used.items())))


def _parameter(name: str) -> str:
    word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").upper()
    return f"{word}_VALUE" if word in GIVEN else word


def _form(node: Node | None, name: str) -> str | None:
    """How a parameter is written in a place; None if the shell would take it for plain text."""
    value = f"${{{name}:?set {name}}}"
    while node:
        if node.type == "comment":
            return name
        if node.type in {"variable_name", "ansi_c_string", "regex"}:
            return None
        if node.type == "raw_string":
            return f"'\"{value}\"'"
        if node.type == "string":
            return value
        if node.type == "heredoc_redirect":
            start = next((c for c in node.children if c.type == "heredoc_start"), None)
            quoted = start and re.search(rb"['\"\\]", start.text or b"")
            return None if quoted else value
        if node.type in {"command_substitution", "command", "process_substitution"}:
            break
        node = node.parent
    return f'"{value}"'
