"""Built sites, servers for them, and a browser with nothing else to talk to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.site.building import Site
from tests.site.test_site_text import PAGES
from tests.support.http_server import serving


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site of pages whose commands are hard to copy, and one with parameters."""
    site = Site(tmp_path_factory.mktemp("browser") / "project")
    for name, body in PAGES.items():
        site.page(f"{name}.md", body, f"Page {name}")
    text = site.page("parameters.md", "```bash {.verify name=a expect=none}\necho a\n```\n")
    header = "parameters: {STREAM: {example: ORDERS, find: nats stream ls}}\n"
    text.write_text(text.read_text("utf-8").replace("inputs:", f"{header}inputs:", 1), "utf-8")
    words = "NATSBackupFailed fires on nats-0; see velero.io/v1.\n"
    site.page("search.md", words, "Search me")
    for word in ("S3Stale", "Lost", "Late", "Full", "Stuck", "Absent", "Slow"):
        site.page(f"log{word}.md", "A copy is lost.\n", f"CopyOfLog{word}")
    site.page("output.md", "```bash {.verify name=a}\nls\n```\n```text {.expect}\nfile\n```\n")
    result = site.build()
    assert result.returncode == 0, result.stderr
    return site


@pytest.fixture(scope="session")
def addresses(own: Path) -> list[str]:
    """Every page of this repository's own site, from its root."""
    found = sorted(f"/{path.relative_to(own).as_posix()}" for path in own.rglob("*.html"))
    return [name.removesuffix("index.html") for name in found if name != "/404.html"]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; give the address."""
    handler = partial(_Quiet, directory=str(folder))
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as address:
        yield address


@contextmanager
def reader(browser: Browser, address: str) -> Iterator[Page]:
    """A page with a clipboard; at the end, whatever asked for another host fails the test."""
    context = browser.new_context(base_url=address)
    if address.startswith("http"):
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    strays: list[str] = []

    def look(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            strays.append(request.url)

    context.on("request", look)
    yield context.new_page()
    context.close()
    assert strays == []


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    """Where the site of a module's tests is served: the one of hard pages, or its own."""
    with served(site.root / "site") as address:
        yield address


def clipboard(page: Page, expected: str) -> str:
    """What is on the clipboard, at the latest after twenty seconds."""
    for _ in range(400):
        text = str(page.evaluate("navigator.clipboard.readText()"))
        if text == expected:
            break
        page.wait_for_timeout(50)
    return text


@pytest.fixture(scope="session")
def own_address(own: Path) -> Iterator[str]:
    """Where this repository's own site is served."""
    with served(own) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page of that site."""
    with reader(browser, address) as page:
        yield page


@pytest.fixture
def own_page(browser: Browser, own_address: str) -> Iterator[Page]:
    """A page of this repository's own site."""
    with reader(browser, own_address) as page:
        yield page
