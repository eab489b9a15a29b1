"""The offline bundle of this repository's own site, unzipped and opened as files."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ledger.core.project import Project
from ledger.site.check import check
from tests.browser.conftest import reader
from tests.browser.test_search import ALERTS, typed
from tests.site.building import ROOT

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def unzipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that comes out of the bundle."""
    folder = tmp_path_factory.mktemp("offline")
    ledger = str(Path(sys.executable).with_name("ledger"))
    subprocess.run([ledger, "site", "bundle", "-o", folder / "x.zip"], cwd=ROOT, check=True)
    subprocess.run([sys.executable, "-m", "zipfile", "-e", "x.zip", "."], cwd=folder, check=True)
    (found,) = (path for path in folder.iterdir() if path.is_dir())
    return found


def test_it_has_every_page_and_no_dead_link(unzipped: Path, addresses: list[str]) -> None:
    pages = {address.strip("/") or "index" for address in addresses}
    files = {path.relative_to(unzipped).as_posix() for path in unzipped.rglob("*.html")}
    assert {file.removesuffix(".html").removesuffix("/index") for file in files} == pages
    assert check(Project(ROOT), unzipped).problems == []


def test_no_page_asks_for_anything_but_files(browser: Browser, unzipped: Path) -> None:
    with reader(browser, unzipped.as_uri()) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for path in sorted(unzipped.rglob("*.html")):
            page.goto(path.as_uri())
            assert path.as_uri() in asked


def test_search_works_and_leads_to_the_page_of_an_alert(browser: Browser, unzipped: Path) -> None:
    alerts = json.loads((unzipped / "alerts.json").read_text("utf-8"))["alerts"]
    assert sorted(alerts) == ALERTS
    with reader(browser, unzipped.as_uri()) as page:
        page.goto((unzipped / "index.html").as_uri())
        page.locator("input.md-search__input").click()
        for alert, file in alerts.items():
            assert typed(page, alert)[0].endswith(f"/{file}")
        page.locator(".md-search-result__item > a").first.click()
        expect(page.locator("h1")).to_contain_text(alert)


def test_a_command_is_copied_from_a_file(browser: Browser, unzipped: Path) -> None:
    with reader(browser, unzipped.as_uri()) as page:
        page.goto((unzipped / "alerts/NATSBackupFailed.html").as_uri())
        block = page.locator("#backup-now")
        block.locator("button[data-md-type=copy]").click()
        # A file may not read the clipboard; a person pastes it.
        page.keyboard.press("/")
        page.locator("input.md-search__input").press("Control+v")
        words = re.compile("^BACKUP_JOB nats-backup")
        expect(page.locator("input.md-search__input")).to_have_value(words)
