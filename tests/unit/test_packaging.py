"""The package as others get it: built, installed alone into an empty environment, and used there.

It installs from the package index that pip is set to use.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# On this path there is no Docker, and no program of this repository's environment.
SYSTEM = "/usr/bin:/bin"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the source archive and the wheel that is built from it alone."""
    folder = tmp_path_factory.mktemp("built")
    build = "import sys; from hatchling.build import *; build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, folder], cwd=ROOT, check=True)
    (source,) = folder.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(folder, filter="data")
    build = "import sys; from hatchling.build import *; build_wheel(sys.argv[1])"
    unpacked = folder / source.name.removesuffix(".tar.gz")
    subprocess.run([sys.executable, "-c", build, folder], cwd=unpacked, check=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def lean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and no extra; gives the folder of its programs."""
    return install(tmp_path_factory.mktemp("lean"), str(wheel))


def install(folder: Path, wanted: str) -> Path:
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin/pip"), "--quiet", "--disable-pip-version-check", "install", wanted]
    subprocess.run(pip, check=True)
    return folder / "bin"


def environment(bin_: Path, home: Path) -> dict[str, str]:
    """No variable of this machine's but those that lead to a package index."""
    kept = {k: v for k, v in os.environ.items() if re.match("PIP_|SSL_|https?_proxy", k, re.I)}
    return kept | {"PATH": f"{bin_}:{SYSTEM}", "HOME": str(home), "LANG": "C.UTF-8"}


def run(
    *words: str, cwd: Path, env: Mapping[str, str], code: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{words}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def test_the_wheel_holds_what_a_project_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "ledger/py.typed" in names
    for folder, inside in (
        ("ledger/adopt/templates", "ledger/adopt/templates"),
        ("ledger/site/templates", "ledger/site/templates"),
        ("airgap", "ledger/shipped/airgap"),
        ("docs/schemas/header", "ledger/shipped/docs/schemas/header"),
    ):
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        wanted = {f"{inside}/{path.relative_to(ROOT / folder).as_posix()}" for path in files}
        assert wanted
        assert wanted <= names
    assert not [name for name in names if name.startswith(("tests/", "docs/", "conftest"))]


def test_the_extra_all_is_every_extra() -> None:
    extras = dict(PROJECT["optional-dependencies"])
    (every,) = extras.pop("all")
    assert every == f"phase-ledger[{','.join(sorted(extras))}]"


def test_an_installation_without_extras_is_lean_and_says_what_it_lacks(
    lean: Path, tmp_path: Path
) -> None:
    env = environment(lean, tmp_path)
    run("ledger", "init", "shop", cwd=tmp_path, env=env)
    shop = tmp_path / "shop"
    for words in (("check", "--pages"), ("verify",), ("status",)):
        run("ledger", *words, cwd=shop, env=env)
    listed = run("pip", "list", "--format=freeze", cwd=shop, env=env).stdout.lower()
    assert not {"kubernetes", "mkdocs", "mkdocs-material"} & set(
        re.findall("^[^=]+", listed, re.MULTILINE)
    )
    for refused, extra in (
        (("verify", "--offline"), "offline"),
        (("site", "build"), "site"),
        (("cluster", "up"), "cluster"),
        (("evidence", "verify", "a", "--key", "public.pem"), "sign"),
    ):
        told = run("ledger", *refused, cwd=shop, env=env, code=2).stderr
        assert f"fix: pip install 'phase-ledger[{extra}]'" in told, told
    told = run("ledger", "doctor", cwd=shop, env=env, code=1).stdout
    fix = r"^missing  \[site\] [^\n]*\n( +[^\n]*\n)*? +fix: pip install 'phase-ledger\[site\]'$"
    assert re.search(fix, told, re.MULTILINE), told


@pytest.fixture(scope="module")
def full(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and every extra; gives the folder of its programs."""
    return install(tmp_path_factory.mktemp("full"), f"{wheel}[all]")


def test_from_the_wheel_to_a_verified_site_without_docker(full: Path, tmp_path: Path) -> None:
    env = environment(full, tmp_path)
    run("ledger", "init", "shop", cwd=tmp_path, env=env)
    shop = tmp_path / "shop"
    run("ledger", "verify", "--offline", cwd=shop, env=env)
    assert "5 passed" in run("ledger", "verify", "--update-lock", cwd=shop, env=env).stdout
    run("ledger", "site", "build", cwd=shop, env=env)
    page = (shop / "site/runbook/restore-a-file/index.html").read_text("utf-8")
    assert "verified" in page
    assert "never run" not in page
    assert "evidence   5 verified" in run("ledger", "doctor", cwd=shop, env=env).stdout


def test_without_a_cluster_a_page_that_needs_one_says_so(full: Path, tmp_path: Path) -> None:
    env = environment(full, tmp_path)
    run("ledger", "init", "--template", "backup", "shop", cwd=tmp_path, env=env)
    shop = tmp_path / "shop"
    page = "docs/runbook/restore-a-namespace.md"
    told = run("ledger", "verify", page, cwd=shop, env=env, code=4).stderr
    assert told.startswith("error: no cluster to run the pages on\n  fix: ledger cluster up; ")
    done = run("ledger", "verify", cwd=shop, env=env, code=4)
    assert f"left out {page}: no cluster\n" in done.stderr
    assert "passed" in done.stdout
    env["LEDGER_CLUSTER_WAY"] = "registry"
    told = run("ledger", "cluster", "up", cwd=shop, env=env, code=4).stderr
    assert "no Docker engine answers\n  fix: start Docker" in told
