"""A kept run takes nothing down, tells how to get to what it made, and proves nothing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.test_verify_needs import Site

CONFTEST = """\
import pytest

@pytest.fixture(scope="module")
def orders(ledger_keep):
    yield
    if not ledger_keep:
        open("fixture-went", "w").close()
"""


@pytest.fixture
def site(project: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    made = Site(tmp_path)
    (tmp_path / "tmp").mkdir()
    made.env["TMPDIR"] = str(tmp_path / "tmp")
    return made


def paged(site: Site, also: str = "true") -> str:
    return site.page(
        "a.md",
        site.says("use", also=f"echo mine >mine\nsecret=1\necho $secret\n{also}"),
        site.says("clean", "teardown", "rm mine"),
        front='fixtures: [orders]\nparameters: {STREAM: {example: "my orders"}}\n',
    )


def there(told: str) -> str:
    """Go where a run says that things are, as a person would, and tell what is there."""
    way = re.search(r"^kept what docs/a\.md made:\n((?:  .*\n)+)", told, re.M)
    assert way, told
    command = way[1] + 'cat mine; echo "$STREAM $KUBECONFIG"; ls ..'
    done = subprocess.run(["bash", "-ec", command], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("also", ["true", "false", "kill -9 $$"])
def test_what_a_page_made_stays_and_a_person_gets_there(site: Site, also: str) -> None:
    done = site.verify("--keep", paged(site, also))
    assert done.returncode == (also != "true"), done.stderr
    assert site.done() == ["use"]
    # What the blocks printed is not among it.
    assert there(done.stderr) == "mine\nmy orders /dev/null\nhome\nwork\n"
    assert not (site.root / "fixture-went").exists()


def test_pytest_keeps_too(site: Site) -> None:
    page = paged(site)
    done = site.pytest("--ledger-keep", page)
    assert "1 passed" in done.stdout
    assert there(done.stderr).startswith("mine\n")


def test_without_it_nothing_stays(site: Site) -> None:
    done = site.verify(paged(site))
    assert site.done() == ["use", "clean"]
    assert "kept" not in done.stderr
    assert not [*(site.root / "tmp").glob("ledger-*")]
    assert (site.root / "fixture-went").exists()


def test_what_was_made_for_a_page_stays_too(site: Site) -> None:
    site.base()
    page = site.page("b.md", site.says("use"), front="needs: {base.md: ready}\n")
    done = site.verify("--keep", page)
    assert site.done() == ["ready", "prepare", "make", "ready", "use"]
    kept = re.findall(r"^kept what (\S+) made:$", done.stderr, re.M)
    assert sorted(kept) == ["docs/b.md", "docs/base.md"]
    # The shell that only asked whether the need is met is gone.
    assert len([*(site.root / "tmp").glob("ledger-*")]) == 2


def test_a_kept_run_is_no_evidence(site: Site) -> None:
    page = paged(site)
    done = site.verify("--keep", "--update-lock", page)
    assert (done.returncode, site.done()) == (2, [])
    assert "--keep and --update-lock exclude each other" in done.stderr
    assert site.verify("--keep", page).returncode == 0
    assert not (site.root / "evidence").exists()
    assert not (site.root / ".ledger").exists()


@pytest.mark.parametrize(
    ("option", "why"),
    [("--ledger-record=records", "leaves no record"), ("-n1", "cannot tell what it kept")],
)
def test_what_a_kept_run_cannot_do_is_refused(site: Site, option: str, why: str) -> None:
    done = site.pytest("--ledger-keep", option, paged(site))
    assert (done.returncode, site.done()) == (4, [])
    assert why in done.stderr
