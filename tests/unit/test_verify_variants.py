"""A page's variants: other fixtures, evidence of their own beside that of the page itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.variants import lines
from ledger.pages.variants import promised
from tests.fixtures.schemas import validate

LEDGER = str(Path(sys.executable).with_name("ledger"))
CONFTEST = """\
import os
from pathlib import Path

import pytest

HERE = Path(os.environ["TMPDIR"])


@pytest.fixture(scope="module")
def tool():
    (HERE / "tool").write_text("1.0.0")


@pytest.fixture(scope="module")
def filled(tool):
    (HERE / "filled").write_text((HERE / "tool").read_text())


@pytest.fixture(scope="module")
def tool_2(tool):
    (HERE / "tool").write_text("2.0.0")
    yield
    (HERE / "tool").write_text("1.0.0")
"""
PAGE = """\
---
cluster: false
fixtures: [filled]
variants: {tool-2: [tool_2], plain: []}
versions: {tool: cat $TMPDIR/tool}
---

```bash {.verify name=one expect=none}
cmp $TMPDIR/tool $TMPDIR/filled
```

```bash {.verify name=two expect=none}
true
```
"""
OTHER = "---\ncluster: false\n---\n```bash {.verify name=three expect=none}\ntrue\n```\n"


class Machine:
    """A project with one page that has variants and one that has none."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        # The page and its fixtures meet there.
        env = os.environ | {"TMPDIR": str(self.root / "tmp")}
        return subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True)

    def copy(self, name: str) -> Machine:
        return Machine(shutil.copytree(self.root, self.root.parent / name))

    def ledger(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = self.run([LEDGER, *words])
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done
        return done

    def lock(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.root / "evidence/a.json").read_text())
        return found

    def shown(self, code: int = 0) -> dict[str, Any]:
        document = json.loads(self.ledger("evidence", "show", "--json", code=code).stdout)
        validate(document, "evidence.v1")
        page: dict[str, Any] = document["pages"][0]
        return page

    def variants(self, code: int = 0) -> dict[str, str]:
        return {v["name"]: v["state"] for v in self.shown(code)["variants"]}


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    machine = Machine(tmp_path_factory.mktemp("variants"))
    (machine.root / "tmp").mkdir()
    machine.write("mkdocs.yml", "markdown_extensions: [pymdownx.superfences]\n")
    machine.write("conftest.py", CONFTEST)
    machine.write("docs/a.md", PAGE)
    machine.write("docs/b.md", OTHER)
    machine.ledger("verify", "--update-lock")
    return machine


@pytest.fixture
def machine(verified: Machine, tmp_path: Path) -> Machine:
    return Machine(shutil.copytree(verified.root, tmp_path / "here"))


def test_a_variant_adds_its_fixtures_first_and_leaves_the_page_s_own_run(machine: Machine) -> None:
    before = (machine.root / "evidence/a.json").read_bytes()
    done = machine.ledger("verify", "--variant", "tool-2", "--update-lock")
    assert "docs/b.md" not in done.stdout
    assert (machine.root / "tmp/filled").read_text() == "2.0.0"
    assert (machine.root / "tmp/tool").read_text() == "1.0.0"
    lock = machine.lock()
    variant = lock.pop("variants")["tool-2"]
    assert (json.dumps(lock, indent=2) + "\n").encode() == before
    assert (lock["versions"], variant["versions"]) == ({"tool": "1.0.0"}, {"tool": "2.0.0"})
    assert variant["blocks"] == lock["blocks"]
    assert variant["setup"] != lock["setup"]
    assert machine.variants() == {"tool-2": "verified", "plain": "never run"}


def test_a_run_of_the_page_itself_leaves_its_variants(machine: Machine) -> None:
    machine.ledger("verify", "--variant", "tool-2", "--update-lock")
    before = machine.lock()
    machine.ledger("verify", "--update-lock")
    # Midnight may have come between.
    assert machine.lock() | {"verified": before["verified"]} == before


def test_a_variant_goes_stale_alone(machine: Machine) -> None:
    machine.ledger("verify", "--variant", "tool-2", "--update-lock")
    machine.write("docs/a.md", PAGE.replace("\ntrue\n", "\ntrue 1\n"))
    machine.ledger("verify", "--update-lock")
    page = machine.shown()
    assert page["state"] == "verified"
    assert (page["variants"][0]["state"], page["variants"][0]["why"]) == (
        "stale",
        "its text changed since the run",
    )
    verify = "ledger verify --variant tool-2 --update-lock docs/a.md"
    assert page["variants"][0]["mend"] == verify
    machine.ledger(*verify.split()[1:])
    told = machine.shown()["variants"][0]
    assert (told["state"], told["mend"]) == ("verified", None)


def test_other_fixtures_of_a_variant_make_it_stale_and_not_the_page(machine: Machine) -> None:
    machine.ledger("verify", "--variant", "tool-2", "--update-lock")
    machine.write("docs/a.md", PAGE.replace("[tool_2]", "[tool_2, tool]"))
    assert machine.variants() == {"tool-2": "stale", "plain": "never run"}


def test_a_variant_that_the_page_has_no_more_is_dropped(machine: Machine) -> None:
    for name in ("tool-2", "plain"):
        machine.ledger("verify", "--variant", name, "--update-lock")
    machine.write("docs/a.md", PAGE.replace("tool-2: [tool_2], ", ""))
    assert machine.variants() == {"plain": "verified"}
    machine.ledger("verify", "--variant", "plain", "--update-lock")
    assert list(machine.lock()["variants"]) == ["plain"]
    machine.write("docs/a.md", PAGE.replace("variants: {tool-2: [tool_2], plain: []}\n", ""))
    machine.ledger("verify", "--update-lock")
    assert "variants" not in machine.lock()


def test_a_failure_in_a_variant_is_told_and_is_not_the_page_s(machine: Machine) -> None:
    machine.write("tmp/filled", "1.0.0")
    machine.write("conftest.py", CONFTEST.replace('(HERE / "filled").write_text', "str"))
    machine.ledger("verify", "--variant", "tool-2", "--update-lock", code=1)
    assert machine.shown()["state"] == "verified"
    assert machine.variants()["tool-2"] == "failed"
    document = json.loads(machine.ledger("why", "two", "--json").stdout)
    validate(document, "why.v1")
    assert document["variants"][0]["why"] == "a block before it failed"
    assert "  also    tool-2: failed 20" in machine.ledger("why", "two").stdout


def test_each_variant_has_a_run_record_of_its_own(machine: Machine) -> None:
    before = (machine.root / ".ledger/runs/a.json").read_bytes()
    machine.ledger("verify", "--variant", "tool-2")
    assert (machine.root / ".ledger/runs/a.json").read_bytes() == before
    record = json.loads((machine.root / ".ledger/runs/a@tool-2.json").read_text())
    assert record["predicate"]["phaseLedger"]["variant"] == "tool-2"


def test_only_stale_variants_run_with_changed(machine: Machine) -> None:
    machine.ledger("verify", "--variant", "tool-2", "--update-lock")
    done = machine.ledger("verify", "--variant", "tool-2", "--changed")
    assert "left out docs/a.md: its evidence holds" in done.stderr
    assert "passed" in machine.ledger("verify", "--variant", "plain", "--changed").stdout


def test_shards_that_ran_variants_unite(machine: Machine) -> None:
    places = []
    for name in ("tool-2", "plain"):
        copy = machine.copy(name)
        copy.ledger("verify", "--variant", name, "--update-lock")
        places.append(f"../{name}")
    itself = machine.copy("itself")
    itself.write("docs/a.md", PAGE.replace("\ntrue\n", "\ntrue 1\n"))
    itself.ledger("verify", "--update-lock", "docs/a.md")
    done = machine.ledger("evidence", "merge", *places, "../itself", "--json")
    document = json.loads(done.stdout)
    validate(document, "evidence-merge.v1")
    froms = [row["from"] for row in document["written"] if row["file"] == "evidence/a.json"]
    assert froms == [f"{place}/evidence/a.json" for place in (*places, "../itself")]
    variants = machine.lock()["variants"]
    assert list(variants) == ["plain", "tool-2"]
    assert variants["tool-2"]["versions"] == {"tool": "2.0.0"}
    assert machine.lock()["blocks"] == itself.lock()["blocks"]


def test_runs_that_no_shard_has_news_of_stay(machine: Machine) -> None:
    machine.ledger("verify", "--variant", "tool-2", "--update-lock")
    shard = machine.copy("shard")
    shard.ledger("verify", "--variant", "plain", "--update-lock")
    machine.ledger("evidence", "merge", "../shard")
    assert machine.lock() == shard.lock()
    assert list(machine.lock()["variants"]) == ["plain", "tool-2"]


def test_a_variant_that_a_shard_dropped_goes(machine: Machine) -> None:
    machine.ledger("verify", "--variant", "tool-2", "--update-lock")
    machine.write("docs/a.md", PAGE.replace("tool-2: [tool_2], ", ""))
    shard = machine.copy("shard")
    shard.ledger("verify", "--update-lock")
    machine.ledger("evidence", "merge", "../shard")
    assert "variants" not in machine.lock()


def test_a_variant_that_two_shards_ran_differently_is_a_conflict(machine: Machine) -> None:
    for name, text in (("first", PAGE), ("second", PAGE.replace("\ntrue\n", "\ntrue 1\n"))):
        copy = machine.copy(name)
        copy.write("docs/a.md", text)
        copy.ledger("verify", "--variant", "tool-2", "--update-lock")
        shutil.rmtree(copy.root / ".ledger")
    done = machine.ledger("evidence", "merge", "../first", "../second", code=1)
    assert "evidence/a.json: two shards ran this page" in done.stderr
    assert "variants" not in machine.lock()


def test_a_record_of_a_variant_under_another_name_is_refused(machine: Machine) -> None:
    copy = machine.copy("shard")
    copy.ledger("verify", "--variant", "tool-2")
    runs = copy.root / ".ledger/runs"
    (runs / "a@tool-2.json").rename(runs / "a.json")
    done = machine.ledger("evidence", "merge", "../shard", code=1)
    assert "it is evidence of 'docs/a.md@tool-2'" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--variant", "tool"), "docs/: no variant 'tool'\n  fix: known: plain, tool-2"),
        (("--variant", "tool-2", "docs/b.md"), "docs/b.md: no variant 'tool-2'"),
        (("--variant", "tool-2", "docs/a.md", "docs/b.md"), "docs/b.md: no variant 'tool-2'"),
        (("--variant", "tool-2", "--update"), "a page expects what its own run gives"),
    ],
)
def test_what_does_not_go_with_a_variant(
    machine: Machine, words: tuple[str, ...], told: str
) -> None:
    assert told in machine.ledger("verify", *words, code=2).stderr


def test_a_variant_needs_a_run_of_the_page_itself_and_says_so_first(machine: Machine) -> None:
    (machine.root / "evidence/a.json").unlink()
    (machine.root / "tmp/filled").unlink()
    done = machine.ledger("verify", "--variant", "tool-2", "--update-lock", code=2)
    assert "fix: first: ledger verify --update-lock docs/a.md" in done.stderr
    assert not (machine.root / "tmp/filled").exists()


def test_a_broken_lock_is_renewed_by_the_page_itself_alone(machine: Machine) -> None:
    machine.write("evidence/a.json", '{"schema": "phase-ledger/lock/v1"}')
    machine.ledger("verify", "--variant", "tool-2", "--update-lock", code=1)
    machine.ledger("verify", "--update-lock", "docs/a.md")
    assert machine.variants()["tool-2"] == "never run"


@pytest.mark.parametrize("declared", ["{1.33: []}", "{Tool: []}", "{a/b: []}", "{tool: x}", "[a]"])
def test_what_is_no_variant_is_refused(machine: Machine, declared: str) -> None:
    machine.write("docs/a.md", PAGE.replace("{tool-2: [tool_2], plain: []}", declared))
    assert "docs/a.md:1: variant" in machine.ledger("verify", code=1).stderr


def test_the_table_has_a_line_a_variant(machine: Machine) -> None:
    machine.ledger("verify", "--variant", "tool-2", "--update-lock")
    lines = machine.ledger("evidence", "show").stdout.splitlines()
    assert [line.split()[-1] for line in lines[1:]] == [
        "docs/a.md",
        "docs/a.md@tool-2",
        "docs/a.md@plain",
        "docs/b.md",
    ]
    shown = machine.ledger("evidence", "show", "docs/a.md").stdout
    assert "  also    plain: never run\n" in shown
    assert " on tool 2.0.0\n" in shown


def test_only_versions_that_the_page_s_own_run_had_not_are_told_again() -> None:
    run: dict[str, Any] = {
        "name": "tool-2",
        "state": "verified",
        "verified": "2026-11-21",
        "why": "",
        "mend": None,
    }
    run["versions"] = {"bash": "5.2", "tool": "2.0.0"}
    (told,) = lines([run], {"bash": "5.2", "tool": "1.0.0"})
    assert told == "  also    tool-2: verified 2026-11-21 on tool 2.0.0"


def test_pytest_runs_variants_too(machine: Machine) -> None:
    words = [sys.executable, "-m", "pytest", "--ledger-docs", "--ledger-variant=tool-2", "-v"]
    done = machine.run([*words, "docs"])
    assert done.returncode == 0, done
    assert "2 passed" in done.stdout
    assert "b.md" not in done.stdout


def test_a_run_without_the_version_of_the_variant_s_name_is_no_evidence(machine: Machine) -> None:
    machine.ledger("verify", "--variant", "tool-2", "--update-lock")
    before = machine.lock()
    machine.write("conftest.py", CONFTEST.replace("2.0.0", "20.0.0"))
    done = machine.ledger("verify", "--variant", "tool-2", "--update-lock", code=1)
    assert "docs/a.md@tool-2: the run had tool 20.0.0\n" in done.stdout
    assert machine.lock() == before


def test_neither_is_a_failed_run_of_another_version(machine: Machine) -> None:
    before = machine.lock()
    machine.write("conftest.py", CONFTEST.replace("2.0.0", "3.0.0"))
    machine.write("docs/a.md", PAGE.replace("\ntrue\n", "\nfalse\n"))
    done = machine.ledger("verify", "--variant", "tool-2", "--update-lock", code=1)
    assert "docs/a.md@tool-2: the run had tool 3.0.0" in done.stdout
    assert "block two: " in done.stdout
    assert machine.lock() == before


def test_evidence_of_another_version_than_the_name_s_is_stale(machine: Machine) -> None:
    machine.ledger("verify", "--variant", "tool-2", "--update-lock")
    lock = machine.root / "evidence/a.json"
    lock.write_text(lock.read_text().replace("2.0.0", "3.0.0"))
    assert machine.variants()["tool-2"] == "stale"


def test_a_name_that_promises_what_no_run_notes_is_refused(machine: Machine) -> None:
    machine.write("docs/a.md", PAGE.replace("tool-2:", "kubernetes-1.33:"))
    told = machine.ledger("verify", code=1).stderr
    assert "docs/a.md:1: variant kubernetes-1.33 promises a version of kubernetes" in told
    assert "fix: versions: {kubernetes: COMMAND}; noted are tool\n" in told


@pytest.mark.parametrize(
    ("name", "promise"),
    [
        ("nats-server-2.15", {"nats-server": "2.15"}),
        ("tool-2-rc.1", {"tool": "2-rc.1"}),
        ("tool-v2", {}),
        ("plain", {}),
    ],
)
def test_what_a_name_promises(name: str, promise: dict[str, str]) -> None:
    assert promised(name) == promise
