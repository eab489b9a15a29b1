"""Blocks of a page, run by a test: what an operator does is what is timed and compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ledger.core.project import Project
from ledger.pages.page import read_page
from tests.support.commands import run

PROJECT = Project(Path(__file__).parents[2])


def run_blocks(env: Mapping[str, str], page: str, *names: str, **given: str) -> str:
    """Run blocks of a page in one shell, as an operator who has set these variables does.

    Args:
        env: of the shell.
        page: its path below `docs/`.
        names: the blocks, in order.
        given: the variables.

    Returns:
        What they print.
    """
    blocks = {block.name: block for block in read_page(PROJECT, PROJECT.docs / page).blocks}
    script = "\n".join(_script(blocks[name].text, blocks[name].variable) for name in names)
    return run({**env, **given}, "bash", "-eEuo", "pipefail", "-c", script)


def _script(text: str, variable: str) -> str:
    return f'{variable}=$(\n{text}\n)\necho "${variable}"' if variable else text
