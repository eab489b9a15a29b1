"""The site as one file that needs no server and no network: unzip it, open `index.html`."""

from __future__ import annotations

import json
import re
import shutil
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from material.plugins.offline.plugin import OfflinePlugin
from mkdocs.config.defaults import MkDocsConfig

from ledger.core.clock import day
from ledger.core.files import write_atomic
from ledger.core.forest import forest
from ledger.core.project import Project
from ledger.errors import UsageError
from ledger.site import alerts as raised
from ledger.site import build, sources

_VENDOR: Final = Path(__file__).parent / "vendor"
_INSIDE: Final = "assets/vendor"
# What only a server or a developer of the theme has a use for.
_USELESS: Final = ("404.html", "sitemap.xml", "sitemap.xml.gz", "**/*.map")
_README: Final = """\
{name}, as it was on {day}

Unzip all of it, then open index.html in a browser. Search works. Nothing here
needs a network, or asks for one.
"""
_ALERTS: Final = """
The page of an alert, which alerts.json tells to programs:

"""


class Bundle(NamedTuple):
    """A bundle that was written."""

    path: Path
    pages: int
    files: int
    size: int
    """In bytes."""
    alerts: dict[str, str]
    """The page of each alert, as a path within the bundle."""


def bundle(project: Project, target: Path) -> Bundle:
    """Build the site for `file://` and write it into one zip, in place of what is there.

    The same sources give the same bytes on the same day (`SOURCE_DATE_EPOCH`, else today).

    Args:
        project: the one around the current folder.
        target: the zip.

    Raises:
        LedgerError: a page that the site refuses, an alert without a page, or no place to write.
    """
    if target.is_dir():
        raise UsageError("is a folder", where=str(target), fix="name the zip to write")
    with TemporaryDirectory() as name:
        folder = Path(name)
        config = _build(project, folder)
        alerts = alert_files(project)
        _add_files(folder, str(config.site_name), alerts)
        files = [path for path in folder.rglob("*") if path.is_file()]
        top = re.sub(r"\W+", "-", str(config.site_name)).strip("-") or "site"
        data = _zip({f"{top}/{path.relative_to(folder).as_posix()}": path for path in files})
    write_atomic(target, data)
    pages = sum(path.suffix == ".html" for path in files)
    return Bundle(target, pages, len(files), len(data), alerts)


def alert_files(project: Project) -> dict[str, str]:
    """The file of each alert's page in a site for `file://`.

    Raises:
        PageError: an alert without a page, or rules that cannot be read.
    """
    skills, problems = forest(project)
    for problem in problems:
        raise problem
    files = sorted({file for skill in skills for file in skill.strings("rules")})
    names = sorted({rule["alert"] for rule in raised.rules(project, files)})
    return {name: sources.href(f"docs/alerts/{name}.md", "index.html") for name in names}


def _build(project: Project, folder: Path) -> MkDocsConfig:
    """Build with the project's own settings, and what `file://` needs beside them."""
    config = build.configure(project, site_dir=str(folder), use_directory_urls=False)
    # Without one the plugin has each page fetch the shim from a server.
    config.extra.setdefault("polyfills", []).append(f"{_INSIDE}/iframe-worker.js")
    offline = OfflinePlugin()
    offline.load_config({})
    config.plugins["material/offline"] = offline
    build.run(config)
    return config


def _add_files(folder: Path, name: str, alerts: dict[str, str]) -> None:
    shutil.copytree(_VENDOR, folder / _INSIDE, dirs_exist_ok=True)
    for pattern in _USELESS:
        for path in folder.glob(pattern):
            path.unlink()
    told = {"schema": "phase-ledger/alerts/v1", "alerts": alerts}
    (folder / "alerts.json").write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    readme = _README.format(name=name, day=day())
    if alerts:
        width = max(map(len, alerts))
        rows = [f"  {alert:{width}}  {file}\n" for alert, file in alerts.items()]
        readme += _ALERTS + "".join(rows)
    (folder / "README.txt").write_text(readme, "utf-8")


def _zip(files: dict[str, Path]) -> bytes:
    """A zip whose bytes are those of its files alone: no owner, and the day in place of times."""
    today, data = day(), BytesIO()
    with ZipFile(data, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in sorted(files.items()):
            entry = ZipInfo(name, (today.year, today.month, today.day, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, path.read_bytes(), ZIP_DEFLATED, 9)
    return data.getvalue()
