"""What a built site links to and loads."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup

ORIGIN = "https://site.test/"
LOADS = (("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("link", "href"))
# A link element of these kinds is a note for machines, not something that is fetched.
NOTES = {"canonical", "prev", "next"}


def pages(root: Path) -> dict[str, BeautifulSoup]:
    """Each page of a built site, by its path."""
    return {
        path.relative_to(root).as_posix(): BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in sorted(root.rglob("*.html"))
    }


def loads(page: BeautifulSoup) -> Iterator[str]:
    """Every address that a browser fetches by itself for a page."""
    for tag, attribute in LOADS:
        for element in page.find_all(tag):
            if element.get(attribute) and not NOTES & set(element.get_attribute_list("rel")):
                yield str(element[attribute])


def dead(root: Path) -> list[str]:
    """Links within a built site that lead nowhere: no file, or no such anchor in it."""
    found = pages(root)
    ids = {
        name: {str(e["id"]) for e in page.find_all(id=True)} | {"__skip"}
        for name, page in found.items()
    }
    return [
        f"{name}: {link}"
        for name, page in found.items()
        if name != "404.html"
        for link in (str(a["href"]) for a in page.find_all("a", href=True))
        if not _alive(root, ids, urljoin(ORIGIN + name, link))
    ]


def _alive(root: Path, ids: dict[str, set[str]], url: str) -> bool:
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc}/" != ORIGIN:
        return True
    path = unquote(parts.path).lstrip("/")
    if path.endswith("/") or not path:
        path = posixpath.join(path, "index.html")
    fragment = unquote(parts.fragment)
    known = ids.get(path)
    return (root / path).is_file() and (not fragment or known is None or fragment in known)
