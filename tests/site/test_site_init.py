"""A project that `ledger init` made: checked, run and built without a cluster."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from bs4 import BeautifulSoup

from ledger.adopt.template import TEMPLATES

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
# What is this project's own: its name, its pages, its data.
OWN = {"site_name", "site_description", "site_url", "nav", "extra"}


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    homes = {f"XDG_{name}_HOME": str(cwd.parent / name) for name in ("STATE", "CACHE")}
    env = {**os.environ, **homes, "NO_MKDOCS_2_WARNING": "1"}
    env.pop("LEDGER_ROOT", None)
    program, *rest = words
    return subprocess.run(
        [BIN / program, *rest], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


def good(*words: str, cwd: Path) -> str:
    done = run(*words, cwd=cwd)
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_project_is_whole(template: str, tmp_path: Path) -> None:
    folder = tmp_path / "our shop"
    folder.mkdir()
    good("ledger", "init", "--template", template, cwd=folder)
    assert " 0 errors, 0 warnings" in good("ledger", "check", "--pages", "--strict", cwd=folder)
    assert " 0 errors, 0 warnings" in good("ledger", "verify", "--offline", cwd=folder)
    page = "docs/runbook/restore-a-file.md"
    assert "5 passed, 0 failed" in good("ledger", "verify", "--update-lock", page, cwd=folder)
    good("mkdocs", "build", "--strict", cwd=folder)
    html = (folder / "site/runbook/restore-a-file/index.html").read_text("utf-8")
    text = BeautifulSoup(html, "html.parser").get_text(" ")
    assert "never run" not in text
    assert "5 verified" in re.sub(r"\s+", " ", text)
    home = (folder / "site/index.html").read_text("utf-8")
    assert ("never run" in home) == (template == "backup")
    assert "<h1" in (folder / "site/skills/first-runbook/index.html").read_text("utf-8")
    assert (folder / "site/schemas/header/page.v1.json").is_file()


def test_a_command_that_fails_turns_the_first_page_red(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    good("ledger", "init", "shop", cwd=tmp_path)
    page = folder / "docs/runbook/restore-a-file.md"
    page.write_text(page.read_text().replace("tar -xzf", "true"))
    done = run("ledger", "verify", cwd=folder)
    assert done.returncode == 1
    assert "block compare" in done.stdout


def test_a_site_of_one_s_own_stays_as_it_is(tmp_path: Path) -> None:
    mine = {
        "mkdocs.yml": "site_name: Ours\nnav:\n  - Home: index.md\n",
        "docs/index.md": "# Ours\n",
        ".github/workflows/runbooks.yml": "on: push\n",
    }
    for name, text in mine.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    done = run("ledger", "init", cwd=tmp_path)
    assert done.returncode == 0
    for name, text in mine.items():
        assert (tmp_path / name).read_text() == text
        assert re.search(rf"^keep +{re.escape(name)} ", done.stdout, re.MULTILINE)
    assert "note: mkdocs.yml does not name ledger.blocks" in done.stderr
    good("mkdocs", "build", "--quiet", cwd=tmp_path)


class _Loader(yaml.SafeLoader):
    """Takes MkDocs' tags as they are written."""


_Loader.add_multi_constructor("", lambda _, tag, node: (tag, str(node.value)))


def config(path: Path) -> dict[str, Any]:
    text = path.read_text("utf-8").replace("@name@", "x").replace("@pages@\n", "")
    loaded: dict[str, Any] = yaml.load(text, _Loader)
    return loaded


def test_a_new_site_has_the_settings_of_this_one() -> None:
    def common(found: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in found.items() if key not in OWN}

    new = config(ROOT / "ledger/adopt/templates/minimal/mkdocs.yml")
    assert common(new) == common(config(ROOT / "mkdocs.yml"))


def test_an_imported_page_shows_what_is_known_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    good("ledger", "init", str(folder), cwd=tmp_path)
    (tmp_path / "wiki.md").write_text("# Wiki\n\n```bash\nls\n```\n", "utf-8")
    good("ledger", "import", "../wiki.md", "-o", "docs/imported", cwd=folder)
    settings = folder / "mkdocs.yml"
    text = settings.read_text("utf-8").replace("\nnav:\n", "\nnav:\n  - imported/wiki.md\n")
    settings.write_text(text, "utf-8")
    good("ledger", "site", "build", cwd=folder)
    html = (folder / "site/imported/wiki/index.html").read_text("utf-8")
    assert "never run" in BeautifulSoup(html, "html.parser").get_text(" ")
