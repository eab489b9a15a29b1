"""A built site, a server for it, and a browser with nothing else to talk to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.site.building import Site
from tests.site.test_site_text import PAGES


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
def address(site: Site) -> Iterator[str]:
    """Where the built site is served."""
    handler = partial(_Quiet, directory=str(Path(site.root) / "site"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def strays() -> list[str]:
    """Requests to anywhere but the site; each test that uses `page` ends by looking here."""
    return []


@pytest.fixture
def page(browser: Browser, address: str, strays: list[str]) -> Iterator[Page]:
    """A page of the site, with a clipboard; whatever asks for another host fails the test."""
    context: BrowserContext = browser.new_context(base_url=address)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)

    def check(route: Route) -> None:
        if route.request.url.startswith(address):
            route.continue_()
        else:
            strays.append(route.request.url)
            route.abort()

    context.route("**/*", check)
    yield context.new_page()
    context.close()
    assert strays == []
