"""Which file gives a URL, and the link from one page to another, in both forms of URL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.errors import PageError
from ledger.site import sources
from tests.site.building import Site


@pytest.fixture(autouse=True)
def here(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in ("runbook/a b.md", "runbook/index.md", "adr/README.md", "index2.md"):
        site.write(f"docs/{name}", "# P\n")
    site.write("secret.md", "# S\n")
    monkeypatch.setenv("LEDGER_ROOT", str(site.root))
    sources.project.cache_clear()
    yield site
    sources.project.cache_clear()


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("", "docs/index.md"),
        ("./", "docs/index.md"),
        ("index.html", "docs/index.md"),
        ("index2/", "docs/index2.md"),
        ("runbook/", "docs/runbook/index.md"),
        ("runbook/index.html", "docs/runbook/index.md"),
        ("runbook/a%20b/", "docs/runbook/a b.md"),
        ("runbook/a%20b.html", "docs/runbook/a b.md"),
        ("adr/", "docs/adr/README.md"),
    ],
)
def test_a_url_has_one_source(url: str, where: str) -> None:
    assert sources.source_of(url) == where


def test_a_url_without_a_source_is_refused() -> None:
    with pytest.raises(PageError, match="no page gives the URL 'gone/'"):
        sources.source_of("gone/")


@pytest.mark.parametrize(
    ("where", "url", "link"),
    [
        ("docs/index2.md", "", "index2/"),
        ("docs/index2.md", "runbook/a/", "../../index2/"),
        ("docs/index.md", "runbook/a/", "../../"),
        ("docs/index.md", "", "./"),
        ("docs/runbook/index.md", "runbook/a/", "../"),
        ("docs/runbook/a b.md", "runbook/", "a%20b/"),
        ("docs/index2.md", "index.html", "index2.html"),
        ("docs/runbook/index.md", "runbook/a.html", "index.html"),
        ("docs/index.md", "runbook/a.html", "../index.html"),
    ],
)
def test_a_link_has_the_form_of_its_page(where: str, url: str, link: str) -> None:
    assert sources.href(where, url) == link


@pytest.mark.parametrize("where", ["docs/gone.md", "secret.md", "docs/../secret.md"])
def test_only_pages_of_the_site_are_linked_or_read(where: str) -> None:
    with pytest.raises(PageError, match="no such page"):
        sources.href(where, "")
    with pytest.raises(PageError, match="no such page"):
        sources.page(where)
