"""What a build keeps for the next one, and that no reader is ever shown what is not so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.site.building import Site

LS = "```bash {.verify name=one expect=none}\nls\n```\n"


@pytest.fixture
def built(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site with one command, built once."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    site.page("page.md", LS)
    assert site.build().returncode == 0
    return site


def kept(site: Site) -> Path:
    return site.root / ".ledger/readings.json"


def test_a_reading_is_used_again_and_compared_with_what_is_shown(built: Site) -> None:
    text = kept(built).read_text("utf-8")
    kept(built).write_text(text.replace('"ls"', '"ls -a"'), "utf-8")
    done = built.build()
    assert done.returncode != 0
    assert "the site shows 'ls', what runs is 'ls -a'" in done.stderr


def test_a_page_that_changed_is_read_again_and_the_old_reading_goes(built: Site) -> None:
    assert '"ls"' in kept(built).read_text("utf-8")
    built.page("page.md", LS.replace("ls", "date"))
    assert built.build().returncode == 0
    assert built.html("page/index.html").select_one("[data-copy=date]")
    assert '"ls"' not in kept(built).read_text("utf-8")


def test_other_settings_are_another_reading(built: Site) -> None:
    (before,) = (key for key, value in read(built).items() if value)
    config = (built.root / "mkdocs.yml").read_text("utf-8")
    assert "- pymdownx.details" in config
    other = config.replace("- pymdownx.details", "- pymdownx.keys")
    built.write("mkdocs.yml", other)
    assert built.build(configure=False).returncode == 0
    assert before not in read(built)


def test_another_python_reads_anew(built: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read(built)
    newer = "import sys\nsys.version = sys.version.replace(' (', '+ (', 1)\n"
    built.write("newer/sitecustomize.py", newer)
    monkeypatch.setenv("PYTHONPATH", str(built.root / "newer"))
    assert built.build().returncode == 0
    assert len(read(built)) == len(before)
    assert not before.keys() & read(built).keys()


def test_a_page_that_depends_on_other_files_is_read_each_time(built: Site) -> None:
    built.write("part.md", LS)
    built.page("page.md", '--8<-- "part.md"\n')
    config = (built.root / "mkdocs.yml").read_text("utf-8")
    settings = "  - pymdownx.snippets:\n      base_path: [.]\n  - ledger.blocks\n"
    built.write("mkdocs.yml", config.replace("  - ledger.blocks\n", settings))
    for command in ("ls", "date"):
        built.write("part.md", LS.replace("ls", command))
        done = built.build(configure=False)
        assert done.returncode == 0, done.stderr
        assert built.html("page/index.html").select_one(f"[data-copy={command}]")
    assert read(built) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "[1]", "null", "\0"])
def test_readings_that_cannot_be_read_are_none(built: Site, text: str) -> None:
    before = read(built)
    kept(built).write_text(text, "utf-8")
    assert built.build().returncode == 0
    assert read(built) == before


def test_templates_are_compiled_once(built: Site, tmp_path: Path) -> None:
    files = {path: path.stat().st_mtime_ns for path in compiled(tmp_path / "cache")}
    assert len(files) > 20
    assert built.build().returncode == 0
    assert {path: path.stat().st_mtime_ns for path in compiled(tmp_path / "cache")} == files


def test_a_template_of_the_site_is_compiled_in_each_build(built: Site) -> None:
    stamp = '{% block footer %}<p id="stamp">{{ "%s" | stamp }}</p>{% endblock %}'
    built.write("own/main.html", f'{{% extends "base.html" %}}{stamp}')
    hook = "def on_env(env, **_):\n    env.filters['stamp'] = lambda _: open('stamp').read()\n"
    built.write("hook.py", hook)
    config = (built.root / "mkdocs.yml").read_text("utf-8")
    own = config.replace("  name: material\n", "  name: material\n  custom_dir: own\n")
    built.write("mkdocs.yml", f"{own}\nhooks: [hook.py]\n")
    for stamp in ("monday", "tuesday"):
        built.write("stamp", stamp)
        done = built.build(configure=False)
        assert done.returncode == 0, done.stderr
        (found,) = built.html("page/index.html").select("#stamp")
        assert found.text == stamp


def test_a_build_needs_no_folder_to_keep_things_in(
    built: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = built.write("blocked", "a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    kept(built).unlink()
    kept(built).mkdir()
    done = built.build()
    assert done.returncode == 0, done.stderr


def read(site: Site) -> dict[str, list[object]]:
    return dict(json.loads(kept(site).read_text("utf-8")))


def compiled(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())
