"""The pytest plugin in a folder that is no site, and in an environment without the extras."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

# Loaded here, so that the pytest inside a test does not load its own copy each time.
import ledger.verify.items  # noqa: F401

FRONT = "---\ncluster: false\n---\n\n"
PAGE = FRONT + "```bash {.verify name=greet}\necho hello\n```\n```text {.expect}\nhello\n```\n"
BARE = "```bash\nmake install\n```\n"
EXTRAS = ("mkdocs", "material", "mkdocs_macros", "pytest_examples", "jsonschema", "kubernetes")


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing in it."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:examples")
    return pytester.path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_pages_run_where_there_is_no_site(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder / "docs/runbook/page.md", PAGE)
    result = pytester.runpytest_inprocess("--ledger-docs", "docs/", "-v", "--ledger-record=records")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["docs/runbook/page.md::greet PASSED*"])
    record = json.loads((folder / "records/docs/runbook/page.json").read_text())
    assert record["subject"][0]["name"] == "docs/runbook/page.md"


def test_every_markdown_file_that_pytest_is_given_is_a_page(
    pytester: pytest.Pytester, folder: Path
) -> None:
    write(folder / "README.md", BARE)
    write(folder / "handbook/page.md", PAGE)
    pytester.runpytest_inprocess("--ledger-docs", "handbook").assert_outcomes(passed=1)
    result = pytester.runpytest_inprocess("--ledger-docs", ".")
    result.assert_outcomes(passed=0, errors=1)
    result.stdout.fnmatch_lines(["README.md:1: *"])


def test_inputs_and_fixtures_lie_below_pytests_rootdir(
    pytester: pytest.Pytester, folder: Path
) -> None:
    write(folder / "pytest.ini", "[pytest]\n")
    write(folder / "orders.txt", "ORDERS\n")
    pytester.makeconftest(
        'import pytest\n\n@pytest.fixture(scope="module")\n'
        'def ready():\n    yield\n    open("log", "a").write("down\\n")\n'
    )
    front = "---\ncluster: false\ninputs: [orders.txt]\nfixtures: [ready]\n---\n\n"
    block = "```bash {.verify name=read expect=none}\ngrep ORDERS orders.txt\n```\n"
    write(folder / "docs/page.md", front + block)
    os.chdir(folder / "docs")
    pytester.runpytest_inprocess("--ledger-docs", ".").assert_outcomes(passed=1)
    assert (folder / "docs/log").read_text() == "down\n"


@pytest.mark.parametrize(
    "container",
    ["", "!!! note\n\n", "??? note\n\n", '=== "Linux"\n\n', "- item\n\n", "term\n\n:   what\n\n"],
)
def test_blocks_stand_wherever_material_shows_them(
    pytester: pytest.Pytester, folder: Path, container: str
) -> None:
    block = "```bash {.verify name=it expect=none}\ntrue\n```\n"
    indent = "    " if container else ""
    write(folder / "page.md", FRONT + container + re.sub("(?m)^", indent, block))
    result = pytester.runpytest_inprocess("--ledger-docs", "page.md")
    result.assert_outcomes(passed=1)


def test_where_a_site_is_its_docs_hold_the_pages(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder / "mkdocs.yml", "site_name: Test\n")
    write(folder / "docs/page.md", PAGE)
    write(folder / "README.md", BARE)
    pytester.runpytest_inprocess("--ledger-docs", ".").assert_outcomes(passed=1)


def test_a_site_around_pytests_rootdir_says_nothing_of_other_files(
    pytester: pytest.Pytester, folder: Path
) -> None:
    write(folder / "mkdocs.yml", "site_name: Test\n")
    write(folder / "service/docs/page.md", PAGE)
    result = pytester.runpytest_inprocess("--ledger-docs", "--rootdir=service", "service/docs")
    result.assert_outcomes(passed=1)


def test_a_root_that_is_no_project_is_named(
    pytester: pytest.Pytester, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "docs/page.md", PAGE)
    monkeypatch.setenv("LEDGER_ROOT", "/nowhere")
    result = pytester.runpytest_inprocess("--ledger-docs", "docs")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["LEDGER_ROOT=/nowhere: no mkdocs.yml there"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_commands_of_its_own_environment_come_first(
    pytester: pytest.Pytester, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    command = f"[[ $(command -v pytest) == {sys.prefix}/bin/pytest ]]"
    write(folder / "page.md", f"{FRONT}```bash {{.verify name=it expect=none}}\n{command}\n```\n")
    pytester.runpytest_inprocess("--ledger-docs", "page.md").assert_outcomes(passed=1)


def needed(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """The distribution and what it requires without extras, by name."""
    found[name] = distribution(name)
    for line in found[name].requires or []:
        required = re.split(r"[^\w.-]", line, maxsplit=1)[0]
        if required not in found and "extra ==" not in line and _installed(required):
            needed(required, found)
    return found


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except ModuleNotFoundError:
        return False
    return True


def test_it_runs_in_an_environment_without_the_extras(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    packages = next((tmp_path / "venv/lib").glob("python*/site-packages"))
    for one in needed("phase-ledger", {}).values():
        for top in {file.parts[0] for file in one.files or [] if file.parts[0] != ".."}:
            source = Path(str(one.locate_file(top)))
            target = packages / top
            if source.exists() and not target.exists():
                target.symlink_to(source)
    python = tmp_path / "venv/bin/python"
    write(tmp_path / "docs/page.md", PAGE)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": os.environ["PATH"]}
        return subprocess.run(
            [python, *command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    told = run(
        "-c",
        f"from importlib.util import find_spec; print([m for m in {EXTRAS} if find_spec(m)])",
    )
    assert told.stdout == "[]\n", told.stderr
    done = run("-m", "pytest", "--ledger-docs", "docs/", "-v")
    assert "docs/page.md::greet PASSED" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0
