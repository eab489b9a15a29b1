"""What one build need not do again: compile templates, and search what it loaded for garbage."""

from __future__ import annotations

import contextlib
import gc
import os
from functools import cache
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache

from ledger.core.folders import cache_home


def keep_compiled(env: Environment) -> None:
    """Have templates compiled once for all builds of this user.

    Where no file can be written they are compiled in each build.
    """
    folder = cache_home() / "templates" / f"jinja-{version('jinja2')}"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            env.bytecode_cache = FileSystemBytecodeCache(str(folder))


class Theme:
    """A plugin of MkDocs that does so for the templates of the theme."""

    def on_env(self, env: Environment, **_: Any) -> Environment:
        """Keep what is compiled of the theme."""
        keep_compiled(env)
        return env


@cache
def settle() -> None:
    """Take what is loaded so far for good: the collector looks through it in vain, again and again.

    Once in a process: what a later build leaves behind must be collected.
    """
    gc.freeze()
