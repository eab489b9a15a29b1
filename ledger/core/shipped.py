"""Where the files lie that come with this program and are no Python."""

from __future__ import annotations

from pathlib import Path

import ledger


def shipped(name: str) -> Path:
    """Where a file or folder of the project's checkout lies in this installation.

    A wheel carries it below `ledger/shipped/`; in a checkout it is where its name says.

    Args:
        name: relative to the checkout, such as `airgap`.
    """
    package = Path(ledger.__file__).parent
    inside = package / "shipped" / name
    return inside if inside.exists() else package.parent / name
