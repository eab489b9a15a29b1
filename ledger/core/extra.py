"""Packages that an installation may be without."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

from ledger.errors import UsageError

_NAME = "phase-ledger"


def missing(extra: str) -> tuple[str, ...]:
    """The packages of an extra that are not installed."""
    from packaging.requirements import Requirement  # pytest brings it; most commands need none

    wanted = [Requirement(line) for line in distribution(_NAME).requires or ()]
    of_it = [
        one.name
        for one in wanted
        if one.marker and one.marker.evaluate({"extra": extra}) and one.name != _NAME
    ]
    return tuple(name for name in of_it if not _installed(name))


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def install(extra: str) -> str:
    """The command that installs an extra."""
    return f"pip install '{_NAME}[{extra}]'"


def require(extra: str) -> None:
    """Make sure that all packages of an extra are installed.

    Raises:
        UsageError: one is not.
    """
    if names := missing(extra):
        raise UsageError(f"{names[0]} is not installed", fix=install(extra))
