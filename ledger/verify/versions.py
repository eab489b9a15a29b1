"""What a page ran against: each version is what a command prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ledger.errors import PageError
from ledger.pages.evidence import is_of
from ledger.pages.page import Page
from ledger.pages.variants import promised
from ledger.verify.screen import excerpt
from ledger.verify.session import Shell

_SECONDS: Final = 30.0
_KUBECTL: Final = "kubectl version --client"
_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+(?:[-+][0-9A-Za-z][0-9A-Za-z.+-]*)?)")


def ask(shell: Shell, page: Page) -> tuple[dict[str, str], dict[str, str]]:
    """Ask for the versions that a page names, and for that of kubectl if it uses a cluster.

    Args:
        shell: the page's shell.
        page: the page.

    Returns:
        The versions by name, and the commands that told none.
    """
    found, untold = {}, {}
    for name, command in _commands(page).items():
        if version := _version(shell, name, command):
            found[name] = version
        else:
            untold[name] = command
    return found, untold


def refuse(untold: Mapping[str, str], page: Page) -> None:
    """Refuse a run that cannot tell what it ran against.

    Raises:
        PageError: a command told no version.
    """
    name, command = next(iter(untold.items()))
    raise PageError(
        f"no version in what `{command}` prints",
        where=f"{page.where}:1",
        fix=f"correct versions: {name}",
    )


def keep_promise(versions: Mapping[str, str], page: Page) -> None:
    """Refuse the run of a variant that has not the version of the variant's name.

    Raises:
        PageError: it had another.
    """
    for tool, release in promised(page.variant).items():
        if tool in versions and not is_of(versions[tool], release):
            raise PageError(
                f"the run had {tool} {versions[tool]}",
                where=f"{page.where}@{page.variant}",
                fix=f"run it where {tool} is {release}: by a fixture, or on another --cluster",
            )


def _commands(page: Page) -> dict[str, str]:
    own = {str(name): str(command) for name, command in page.table("versions").items()}
    return {"kubectl": _KUBECTL, **own} if page.needs_cluster else own


def _version(shell: Shell, name: str, command: str) -> str:
    """The first version in what a command prints; empty if there is none."""
    outcome = shell.run(command, timeout=_SECONDS, name=f"version-{name}")
    found = _VERSION.search(excerpt(outcome.stdout)) or _VERSION.search(excerpt(outcome.stderr))
    return found[1] if found and outcome.status == 0 else ""
