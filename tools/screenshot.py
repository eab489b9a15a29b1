"""Take the picture of the README anew from the built site: `make screenshot`."""

from __future__ import annotations

import shutil
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import FloatRect, sync_playwright

SITE = Path("site")
PAGE = "runbook/verify/"
PICTURE = Path("docs/assets/verified-page.png")
WIDTH = 760
MARGIN = 24


def main() -> int:
    """Take it, and say where it is."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        print("no Chromium: apt-get install chromium", file=sys.stderr)
        return 1
    handler = partial(SimpleHTTPRequestHandler, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _take(chromium, f"http://127.0.0.1:{server.server_port}/{PAGE}")
        server.shutdown()
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1000} kB")
    return 0


def _take(chromium: str, url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(color_scheme="light")
        page.set_viewport_size({"width": WIDTH, "height": 2 * WIDTH})
        page.goto(url, wait_until="networkidle")
        # Down to the first command with what must come back.
        bottom = page.locator(".lg-expect").first.evaluate(
            "block => block.getBoundingClientRect().bottom"
        )
        clip = FloatRect(x=0, y=0, width=WIDTH, height=bottom + MARGIN)
        page.screenshot(path=PICTURE, clip=clip)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
