"""The site while somebody writes: built again, and loaded again, at each change of a source."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from tempfile import TemporaryDirectory
from typing import Final

from mkdocs.exceptions import Abort
from mkdocs.livereload import LiveReloadServer

from ledger.core.project import Project
from ledger.errors import LedgerError, UsageError
from ledger.site.build import configure, run

HOST: Final = "127.0.0.1"
# What pages are made of, beside docs/: a macro, or a page's evidence, reads it.
_SOURCES: Final = ("mkdocs.yml", "docs", "skills", "epilogues", "evidence", "manifests")


def serve(project: Project, port: int, say: Callable[[str], None]) -> None:
    """Serve the site to this machine until Ctrl-C.

    Args:
        project: its sources.
        port: of the loopback interface.
        say: is told what happens.

    Raises:
        LedgerError: the port is taken, or the site cannot be built to begin with.
    """
    with TemporaryDirectory(prefix="ledger-site-") as folder:

        def build() -> None:
            config = configure(project, site_dir=folder)
            config.site_url = server.url
            run(config)
            say("built")

        def build_again() -> None:
            try:
                build()
            except LedgerError as error:
                raise Abort(f"error: {error}") from None  # the server tells it, and goes on

        server = LiveReloadServer(build_again, HOST, port, root=folder)
        build()
        for path in (*(project.root / name for name in _SOURCES), project.runs):
            if path.exists():
                server.watch(str(path))
        _run(server, port, say)


def _run(server: LiveReloadServer, port: int, say: Callable[[str], None]) -> None:
    say(f"serving {server.url} to this machine; Ctrl-C ends it")
    try:
        with suppress(KeyboardInterrupt):
            server.serve()  # type: ignore[no-untyped-call]
    except OSError as error:
        fix = "choose another one: ledger site serve --port 8080"
        raise UsageError(f"port {port}: {error.strerror}", fix=fix) from None
    finally:
        server.shutdown()
