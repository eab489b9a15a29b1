"""What one build need not do again: compile templates, and search what it loaded for garbage."""

from __future__ import annotations

import contextlib
import gc
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import jinja2
from jinja2 import Environment, FileSystemBytecodeCache
from jinja2.bccache import Bucket

from ledger.core.folders import cache_home

_PACKAGES: Final = (Path(jinja2.__file__).parents[1], Path(__file__).parent)


class _Packages(FileSystemBytecodeCache):
    """Keeps the templates of packages.

    Those of a site may send constants through filters of its own, as the day of the build: the
    compiler writes down what the filter gives.
    """

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The name of what is kept; none for a template of the site's own."""
        own = not any(Path(filename or "").is_relative_to(folder) for folder in _PACKAGES)
        return "" if own else super().get_cache_key(name, filename)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read what is kept, if it is."""
        if bucket.key:
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, if it may be."""
        if bucket.key:
            super().dump_bytecode(bucket)


def keep_compiled(env: Environment) -> None:
    """Have the templates of packages compiled once for all builds of this user.

    Where no file can be written they are compiled in each build.
    """
    folder = cache_home() / "templates" / f"jinja-{version('jinja2')}"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            env.bytecode_cache = _Packages(str(folder))


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
