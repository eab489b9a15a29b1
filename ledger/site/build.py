"""Building the site with MkDocs, in this process: what it says and how it fails, in our words."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import TemplateError, TemplateSyntaxError
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort, ConfigurationError, MkDocsException

from ledger.core.project import Project
from ledger.errors import LedgerError, PageError, UsageError

# Every build writes it, so a folder that holds it is a site and may be replaced.
_PROOF = "sitemap.xml"


class Built(NamedTuple):
    """A site that was built.

    Attributes:
        folder: where it is.
        pages: how many HTML pages it has.
        seconds: how long it took.
    """

    folder: Path
    pages: int
    seconds: float


def build(project: Project, into: Path | None = None) -> Built:
    """Build the site, strict, in place of the site that is there.

    Args:
        project: its sources.
        into: the folder; None for the one that `mkdocs.yml` names.

    Raises:
        LedgerError: the folder holds something else, a page is refused, or MkDocs warns.
    """
    config = configure(project, **({"site_dir": str(into)} if into else {}))
    folder = Path(config.site_dir)
    if folder.exists() and not (folder / _PROOF).is_file() and any(folder.iterdir()):
        what = "holds something that is no site, and a build removes all that is there"
        raise UsageError(what, where=str(folder), fix="name a new or an empty folder")
    begun = time.monotonic()
    run(config)
    pages = sum(1 for _ in folder.rglob("*.html"))
    return Built(folder, pages, time.monotonic() - begun)


def configure(project: Project, **settings: Any) -> MkDocsConfig:
    """The settings of `mkdocs.yml`, made strict, and those given in their place.

    Raises:
        UsageError: MkDocs does not take them.
    """
    file = str(project.root / "mkdocs.yml")
    with chdir(project.root), _listening() as said:
        try:
            return load_config(file, strict=True, **settings)
        except (ConfigurationError, Abort) as error:
            what = "; ".join(said) or error.format_message()
            raise UsageError(what, where="mkdocs.yml") from None


def run(config: MkDocsConfig) -> None:
    """Build the site that a configuration describes.

    Raises:
        LedgerError: a page is refused, or MkDocs warns and the configuration is strict.
    """
    with chdir(Path(config.config_file_path).parent), _listening() as said:
        try:
            config.plugins.on_startup(command="build", dirty=False)
            mkdocs_build(config)
            config.plugins.on_shutdown()
        except (Exception, SystemExit) as error:  # macros end the process at an error
            raise _told(error, config, said) from None


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What MkDocs warns of, in place of its own printing; each warning once."""
    log, listener = logging.getLogger("mkdocs"), _Listener()
    before = log.propagate
    log.addHandler(listener)
    log.propagate = False
    try:
        yield listener.said
    finally:
        log.removeHandler(listener)
        log.propagate = before


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if (text := record.getMessage()) not in self.said:
            self.said.append(text)


def _told(error: BaseException, config: MkDocsConfig, said: list[str]) -> BaseException:
    """The error that ended a build, as a person can use it; a fault in the code stays as it is."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, LedgerError):
            return _placed(cause, config)
        if isinstance(cause, TemplateError):
            return _template_error(cause, config)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, MkDocsException):
        told = "".join(f"\n  {text}" for text in said or [error.format_message()])
        return PageError(f"the site was not built:{told}")
    return error


def _placed(error: LedgerError, config: MkDocsConfig) -> LedgerError:
    """The error of a page that could not say which one it is, with its file."""
    if error.where.startswith("near line"):
        error.where = f"{_where(config)}, {error.where}"
    return error


def _where(config: MkDocsConfig) -> str:
    """The file of the page that is being read."""
    macros: Any = config.plugins["macros"]
    return f"{Path(config.docs_dir).name}/{macros.page.file.src_uri}"


def _template_error(error: TemplateError, config: MkDocsConfig) -> PageError:
    """An error in a page's macros, with its line in the page."""
    macros: Any = config.plugins["macros"]
    page = macros.page
    line = error.lineno if isinstance(error, TemplateSyntaxError) else 0
    trace = error.__traceback__
    while trace and not line:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == "<template>" else 0
        trace = trace.tb_next
    text, body = page.file.content_string, page.markdown
    before = text.count("\n", 0, max(text.find(body), 0))
    where = f"{_where(config)}:{before + line}"
    return PageError(str(error.message), where=where, fix="correct the macro")
