"""The site as one zip: what is in it, that its bytes depend on nothing else, and how it fails."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.fixtures.schemas import validate
from tests.site.building import Site
from tests.site.test_site_alerts import PAGE, RULES, SKILL
from tests.site.test_site_command import LEDGER
from tests.support.flat import flat

DAY = "1795219200"  # 2026-11-21


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A plan with two alerts and their pages, and a runbook."""
    site = Site(tmp_path_factory.mktemp("bundle") / "project")
    site.write("rules.yaml", RULES)
    site.write("skills/shop.md", SKILL)
    for name in ("ShopSlow", "ShopDown"):
        site.write(f"docs/alerts/{name}.md", PAGE.format("alert()"))
    site.page("runbook.md", "```bash {.verify name=a expect=none}\nls\n```\n")
    site.configure()
    return site


def bundle(site: Site, target: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LEDGER, "site", "bundle", "-o", str(target)],
        cwd=site.root,
        env={**os.environ, "LEDGER_ROOT": "", "SOURCE_DATE_EPOCH": DAY},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def archive(shop: Site) -> Path:
    """A bundle of the shop."""
    target = shop.root.parent / "one.zip"
    done = bundle(shop, target)
    assert done.returncode == 0, done.stderr
    return target


def read(archive: Path, name: str) -> str:
    with ZipFile(archive) as file:
        return file.read(f"phase-ledger/{name}").decode()


def test_all_is_in_one_folder_in_order_and_of_one_day(archive: Path) -> None:
    with ZipFile(archive) as file:
        entries = file.infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(names)
    assert {name.split("/")[0] for name in names} == {"phase-ledger"}
    assert {entry.date_time for entry in entries} == {(2026, 11, 21, 0, 0, 0)}
    wanted = {"index.html", "runbook.html", "alerts/ShopSlow.html", "search/search_index.js"}
    assert wanted | {"README.txt", "alerts.json"} <= {name.partition("/")[2] for name in names}
    assert not [name for name in names if name.endswith((".map", "404.html", "sitemap.xml"))]


def test_each_alert_is_led_to_its_page(archive: Path) -> None:
    told = json.loads(read(archive, "alerts.json"))
    validate(told, "alerts.v1")
    assert told["alerts"] == {
        "ShopDown": "alerts/ShopDown.html",
        "ShopSlow": "alerts/ShopSlow.html",
    }
    readme = read(archive, "README.txt")
    for name, file in told["alerts"].items():
        assert "lg-alert" in read(archive, file)
        assert f"  {name}  {file}\n" in readme
    assert "2026-11-21" in readme
    assert max(map(len, readme.splitlines())) <= 80


def test_pages_load_the_shim_from_the_bundle_and_its_licence_is_there(archive: Path) -> None:
    assert 'src="../assets/vendor/iframe-worker.js"' in read(archive, "alerts/ShopSlow.html")
    assert "IFrameWorker" in read(archive, "assets/vendor/iframe-worker.js")
    assert "Martin Donath" in read(archive, "assets/vendor/iframe-worker.LICENSE")


def test_the_same_sources_give_the_same_bytes(shop: Site, archive: Path) -> None:
    before = sorted(path.name for path in shop.root.iterdir())
    again = shop.root.parent / "again.zip"
    assert bundle(shop, again).returncode == 0
    assert again.read_bytes() == archive.read_bytes()
    assert sorted(path.name for path in shop.root.iterdir()) == before


def test_a_build_that_fails_leaves_the_old_zip_and_nothing_else(
    shop: Site, archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    page = shop.root / "docs/alerts/ShopDown.md"
    text, old = page.read_text("utf-8"), archive.read_bytes()
    page.unlink()
    done = bundle(shop, archive)
    page.write_text(text, "utf-8")
    assert done.returncode == 1
    assert "ShopDown" in done.stderr
    assert "Traceback" not in done.stderr
    assert archive.read_bytes() == old
    assert not list(archive.parent.glob(".*"))
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_place_for_a_zip(shop: Site, tmp_path: Path) -> None:
    done = bundle(shop, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is a folder" in flat(done.stderr)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "folder"), [("..", "site"), ("A & Ö/b", "A-Ö-b")])
def test_the_folder_has_the_name_of_the_site_and_leads_nowhere(
    shop: Site, tmp_path: Path, name: str, folder: str
) -> None:
    config = shop.root / "mkdocs.yml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("site_name: phase-ledger", f'site_name: "{name}"'), "utf-8")
    done = bundle(shop, tmp_path / "out.zip")
    config.write_text(text, "utf-8")
    assert done.returncode == 0, done.stderr
    with ZipFile(tmp_path / "out.zip") as file:
        assert {entry.split("/")[0] for entry in file.namelist()} == {folder}
