"""`ledger site`: what it builds, what it says where it cannot, and that it follows each change."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.fixtures.schemas import validate
from tests.site.building import Site
from tests.support.ports import free_ports

LEDGER = str(Path(sys.executable).with_name("ledger"))
BLOCK = "```bash {.verify name=save expect=none}\nls\n```\n"
SKILL = "---\nphase_ledger: {{PLAN: {}}}\n---\n\n# Plan\n"


def run(site: Site, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    site.configure()
    return subprocess.run(
        [LEDGER, "site", *words],
        cwd=folder or site.root,
        env={**os.environ, "LEDGER_ROOT": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def site(site: Site) -> Site:
    site.page("page.md", BLOCK)
    return site


def test_build_builds_checks_and_tells(site: Site) -> None:
    done = run(site, "build", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    validate(document, "site-check.v1")
    assert (document["folder"], document["commands"], document["problems"]) == ("site", 1, [])
    assert "site/: 3 pages, " in done.stderr
    assert "end of life" not in done.stderr
    assert run(site, "check").returncode == 0


def test_a_site_elsewhere_from_a_folder_within_the_project(site: Site, tmp_path: Path) -> None:
    done = run(site, "build", "-d", "../../public", folder=site.root / "docs")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "public/page/index.html").is_file()
    assert run(site, "build", "-d", "../public").returncode == 0, "a site may be replaced"


def test_a_folder_that_holds_something_else_stays_as_it_is(site: Site) -> None:
    kept = site.write("papers/thesis.txt", "years of work\n")
    done = run(site, "build", "-d", "papers")
    assert (done.returncode, done.stdout) == (2, "")
    assert "holds something that is no site" in done.stderr
    assert kept.read_text() == "years of work\n"


def test_a_problem_of_the_built_site_is_told_and_fails(site: Site) -> None:
    site.page("other.md", '<p><a href="../gone/">x</a></p>\n')
    done = run(site, "build")
    assert done.returncode == 1
    assert "S101 error: ../gone/ leads to no page" in done.stdout


BAD = {
    "typo": ("<!--[ typo ]-->\n", "error: docs/bad.md:14: 'typo' is undefined\n"),
    "syntax": ("\n<!--% if %-->\n", "error: docs/bad.md:15: Expected an expression"),
    "proof": ('<!--[ proof("docs/x.md") ]-->\n', "error: docs/x.md: no such page\n  fix: "),
    "alert": ("<!--[ alert() ]-->\n", "error: skills: no skill ''"),
    "fence": ("```bash\nls\n```\n", "error: docs/bad.md:14: a bare bash fence"),
    "links": (
        "[x](gone.md) [y](#gone)\n",
        "error: the site was not built:\n  Doc file 'bad.md' contains a link 'gone.md'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_built_is_told_in_a_line(site: Site, case: str) -> None:
    text, told = BAD[case]
    site.page("bad.md", text)
    done = run(site, "build")
    assert done.returncode in {1, 2}
    assert told in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert done.stdout == ""


def test_a_page_that_does_not_show_its_state_is_named(site: Site) -> None:
    site.write("docs/bare.md", "# P\n\n```bash {.verify name=one expect=none}\nls\n```\n")
    done = run(site, "build")
    assert "error: docs/bare.md, near line 3: this page has commands" in done.stderr


def test_settings_that_mkdocs_refuses_are_told_in_a_line(site: Site) -> None:
    site.configure()
    with (site.root / "mkdocs.yml").open("a") as file:
        file.write("typo: 1\n")
    site.configure = lambda: None  # type: ignore[method-assign]
    done = run(site, "build")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: mkdocs.yml: Config value 'typo'" in done.stderr


def test_bundle_writes_one_file(site: Site) -> None:
    done = run(site, "bundle", "-o", "out.zip", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    validate(document, "site-bundle.v1")
    assert document["bytes"] == (site.root / "out.zip").stat().st_size


class Served:
    """A site that is being served."""

    def __init__(self, site: Site) -> None:
        (self.port,) = free_ports(1)
        self._log = site.root.parent / "serve.log"
        site.configure()
        with self._log.open("w") as log:
            command = [LEDGER, "site", "serve", "--port", str(self.port)]
            self._process = subprocess.Popen(command, cwd=site.root, stdout=log, stderr=log)

    def read(self, path: str) -> str:
        with urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=60) as answer:
            return str(answer.read().decode())

    def said(self) -> str:
        return self._log.read_text("utf-8")

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that comes; a server that has ended brings nothing any more."""
        while not condition():
            assert self._process.poll() is None, self.said()
            time.sleep(0.1)

    def end(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=60)


@pytest.fixture
def served(site: Site) -> Iterator[Served]:
    site.write("skills/plan.md", SKILL.format("pending"))
    site.write("docs/skills/plan.md", "<!--[ skill_page() ]-->\n")
    server = Served(site)
    server.until(lambda: "serving" in server.said())
    yield server
    assert server.end() == 0


def test_serve_follows_pages_skills_and_evidence_and_outlives_errors(
    site: Site, served: Served
) -> None:
    assert "never run" in served.read("page/")
    assert "lg-complete" not in served.read("skills/plan/")
    site.write("skills/plan.md", SKILL.format("complete"))
    served.until(lambda: "lg-complete" in served.read("skills/plan/"))
    site.page("page.md", BLOCK + "\n<!--[ typo ]-->\n")
    served.until(lambda: "error: docs/page.md:18: 'typo' is undefined" in served.said())
    site.page("page.md", BLOCK)
    site.lock("page.md")
    served.until(lambda: "never run" not in served.read("page/"))
    assert "Traceback" not in served.said()


def test_serve_says_that_a_port_is_taken(site: Site, served: Served) -> None:
    done = run(site, "serve", "--port", str(served.port))
    assert (done.returncode, done.stdout) == (2, "")
    assert "Address already in use" in done.stderr
    assert "Traceback" not in done.stderr
