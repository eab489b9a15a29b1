"""Shards: every page in one and only one, about one length, the same on every machine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bench.shards import USUAL, draw, durations, measure, read
from ledger.core.project import Project
from ledger.errors import UsageError
from ledger.verify.shard import Shard, assign
from tests.fixtures.schemas import validate

LEDGER = str(Path(sys.executable).with_name("ledger"))
PAGE = "---\ncluster: false\n---\n```bash {.verify name=one expect=none}\ntrue\n```\n"
NAMES = st.text("abc/", min_size=1, max_size=6)


@given(st.dictionaries(NAMES, st.none() | st.floats(0, 1000)), st.integers(1, 7), st.randoms())
def test_every_page_has_one_shard_whatever_the_order(
    seconds: dict[str, float | None], count: int, random: object
) -> None:
    parts = assign(seconds, count)
    assert parts.keys() == seconds.keys()
    assert set(parts.values()) <= set(range(1, count + 1))
    pages = list(seconds.items())
    random.shuffle(pages)  # type: ignore[attr-defined]
    assert assign(dict(pages), count) == parts


@given(st.dictionaries(NAMES, st.floats(0, 1000), min_size=1), st.integers(1, 7))
def test_no_shard_is_longer_than_it_must_be(seconds: dict[str, float], count: int) -> None:
    parts = assign(seconds, count)
    load = [sum(seconds[p] for p in parts if parts[p] == n) for n in range(1, count + 1)]
    # Graham's bound: the longest-first rule is never worse.
    least = max(sum(seconds.values()) / count, *seconds.values(), 0)
    assert max(load) <= least * (4 / 3) + max(seconds.values()) * (1 - 1 / count) + 1e-6


def test_long_pages_come_first_and_unknown_ones_count_as_the_median() -> None:
    assert assign({"a": 9.0, "b": 5.0, "c": 4.0}, 2) == {"a": 1, "b": 2, "c": 2}
    assert assign({"a": 9.0, "b": 1.0, "c": 1.0, "new": None}, 2) == {
        "a": 1,
        "b": 2,
        "c": 2,
        "new": 2,
    }
    assert sorted(assign(dict.fromkeys("abcdef"), 3).values()) == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(("pages", "parts"), [(1_000, 10), (10_000, 100), (10_000, 1_000)])
def test_the_longest_shard_takes_hardly_longer_than_it_must(pages: int, parts: int) -> None:
    for seed in range(5):
        row = measure(draw(USUAL, pages, seed), parts, seed=seed)
        assert row.ratio <= 1.1, row


def test_a_tenth_of_the_pages_unknown_costs_no_more_than_the_longest_page() -> None:
    pages = draw(USUAL, 10_000)
    row = measure(pages, 100, unknown=0.1)
    assert row.longest <= row.least * 1.1 + max(pages.values())


def test_memory_of_a_page_does_not_grow_with_their_number() -> None:
    few, many = (measure(draw(USUAL, count), 100) for count in (1_000, 10_000))
    assert many.kib / many.pages <= 2 * few.kib / few.pages


def test_memory_of_a_page_that_is_read_does_not_grow_with_their_number(tmp_path: Path) -> None:
    read(tmp_path / "warm", 1)
    few, many = (read(tmp_path / str(count), count) for count in (20, 100))
    assert many.pages == 100
    assert many.kib <= 1.5 * few.kib


def test_the_simulation_is_of_what_real_runs_took(tmp_path: Path) -> None:
    assert durations(tmp_path) == USUAL
    own = {"predicate": {"phaseLedger": {"seconds": 7}}}
    (tmp_path / "a.json").write_text(json.dumps(own))
    assert durations(tmp_path) == (7.0,)
    assert draw(USUAL, 50, 1) == draw(USUAL, 50, 1) != draw(USUAL, 50, 2)


def test_the_matrix_of_the_docs_has_as_many_parts_as_it_says() -> None:
    root = Path(__file__).parents[2]
    text = (root / "docs/reference/scale.md").read_text("utf-8")
    fence = re.search(r'```yaml title="[.]github/[^"]*"\n(.*?)```', text, re.DOTALL)
    assert fence
    job = yaml.safe_load(fence[1])["jobs"]["verify"]
    shards = job["strategy"]["matrix"]["shard"]
    assert shards == list(range(1, len(shards) + 1))
    assert f"--shard ${{{{ matrix.shard }}}}/{len(shards)}" in fence[1]
    spec = yaml.safe_load((root / "manifests/verify-job/job.yaml").read_text("utf-8"))["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    (told,) = (int(one["value"]) for one in container["env"] if one["name"] == "SHARDS")
    assert told == spec["completions"] == spec["parallelism"]


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/0", "a/b", "-1/3", "1/3/3", ""])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no shard"):
        Shard.read(text)
    assert Shard.read("2/3") == (2, 3)


class Machine:
    """A copy of a project on a machine of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def ledger(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([LEDGER, *words], cwd=self.root, capture_output=True, text=True)

    def ran(self, *words: str) -> tuple[list[str], dict[str, str]]:
        done = self.ledger("verify", "--json", *words)
        assert done.returncode == 0, done
        document = json.loads(done.stdout)
        validate(document, "verify.v1")
        left = {item["page"]: item["why"] for item in document["left_out"]}
        assert all(f"left out {page}: {why}\n" in done.stderr for page, why in left.items())
        return [page["page"] for page in document["pages"]], left

    def copy(self, name: str) -> Machine:
        return Machine(shutil.copytree(self.root, self.root.parent / name))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    root = tmp_path / "here"
    for name in "abc":
        path = root / "docs" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE)
    (root / "mkdocs.yml").write_text("markdown_extensions: [pymdownx.superfences]\n")
    return Machine(root)


def test_shards_run_every_page_once_and_say_what_they_left(machine: Machine) -> None:
    assert machine.ran("--shard", "1/2") == (
        ["docs/a.md", "docs/c.md"],
        {"docs/b.md": "runs in shard 2/2"},
    )
    pages, left = machine.copy("other").ran("--shard", "9/9")
    assert pages == []
    assert len(left) == 3


def test_recorded_durations_cut_the_shards(machine: Machine) -> None:
    machine.ran()
    for name, seconds in (("a", 1), ("b", 2), ("c", 30)):
        record = machine.root / f".ledger/runs/{name}.json"
        document = json.loads(record.read_text())
        document["predicate"]["phaseLedger"]["seconds"] = seconds
        record.write_text(json.dumps(document))
    first, second = machine.copy("first"), machine.copy("second")
    assert first.ran("--shard", "1/2")[0] == ["docs/c.md"]
    assert second.ran("--shard", "2/2")[0] == ["docs/a.md", "docs/b.md"]


def test_a_record_that_cannot_be_read_is_no_obstacle(machine: Machine) -> None:
    machine.ran()
    (machine.root / ".ledger/runs/a.json").write_text("{")
    (machine.root / ".ledger/runs/b.json").write_text("[]")
    assert len(machine.ran("--shard", "1/1")[0]) == 3


def test_only_changed_pages_run(machine: Machine) -> None:
    machine.ran("--update-lock")
    assert machine.ran("--changed") == (
        [],
        dict.fromkeys(("docs/a.md", "docs/b.md", "docs/c.md"), "its evidence holds"),
    )
    (machine.root / "docs/b.md").write_text(PAGE.replace("true", "true 1"))
    assert machine.ran("--changed", "--shard", "1/2")[0] == ["docs/b.md"]
    (machine.root / "evidence/c.json").write_text("{")
    assert machine.ran("--changed")[0] == ["docs/b.md", "docs/c.md"]


def test_the_shards_of_a_run_unite_to_its_evidence(machine: Machine) -> None:
    first, second = machine.copy("first"), machine.copy("second")
    first.ran("--shard", "1/2", "--update-lock")
    second.ran("--shard", "2/2", "--update-lock")
    assert machine.ledger("evidence", "show").returncode == 1
    done = machine.ledger("evidence", "merge", "../first", "../second", "--json")
    assert done.returncode == 0, done
    validate(json.loads(done.stdout), "evidence-merge.v1")
    assert len(json.loads(done.stdout)["written"]) == 6
    shown = machine.ledger("evidence", "show", "--json")
    document = json.loads(shown.stdout)
    validate(document, "evidence.v1")
    assert [page["state"] for page in document["pages"]] == ["verified"] * 3
    assert shown.returncode == 0
    again = machine.ledger("evidence", "merge", "../first", "../second")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "no news\n")


def test_parts_that_began_with_records_unite_where_these_are(machine: Machine) -> None:
    machine.ran()
    empty = machine.copy("empty")
    shutil.rmtree(empty.root / ".ledger")
    for number, name in enumerate(("first", "second"), 1):
        machine.copy(name).ran("--shard", f"{number}/2")
    assert (
        len(machine.ledger("evidence", "merge", "../first", "../second").stdout.splitlines()) == 3
    )
    done = empty.ledger("evidence", "merge", "../first", "../second")
    assert (done.returncode, "two shards ran this page" in done.stderr) == (1, True)


def test_news_beats_what_a_shard_did_not_touch(machine: Machine) -> None:
    machine.ran("--update-lock")
    first, second = machine.copy("first"), machine.copy("second")
    first.ran("docs/a.md")
    second.ran("docs/b.md")
    written = machine.ledger("evidence", "merge", "../first", "../second").stdout
    assert [line.split()[0] for line in written.splitlines()] == [
        ".ledger/runs/a.json",
        ".ledger/runs/b.json",
    ]


def test_a_page_that_two_shards_ran_is_a_conflict_and_nothing_is_written(machine: Machine) -> None:
    first, second = machine.copy("first"), machine.copy("second")
    first.ran("docs/a.md")
    second.ran("docs/a.md", "docs/b.md")
    done = machine.ledger("evidence", "merge", "../first", "../second")
    assert (done.returncode, done.stdout) == (1, "")
    for name in ("first", "second"):
        assert f"../{name}/.ledger/runs/a.json" in done.stderr
    assert not Project(machine.root).runs.exists()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("evidence/a.json", "{", "not evidence that this version can read"),
        (".ledger/runs/a.json", '{"_type": "x"}', "not the record of a run"),
        ("evidence/readme.txt", "", ""),
    ],
)
def test_what_is_no_evidence_is_refused(machine: Machine, name: str, text: str, told: str) -> None:
    path = machine.root.parent / "shard" / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    done = machine.ledger("evidence", "merge", "../shard")
    assert (done.returncode, told in done.stderr) == (1 if told else 0, True)
    assert "Traceback" not in done.stderr


def test_evidence_of_another_page_is_refused(machine: Machine) -> None:
    shard = machine.copy("shard")
    shard.ran("docs/a.md", "--update-lock")
    (shard.root / "evidence/a.json").rename(shard.root / "evidence/b.json")
    done = machine.ledger("evidence", "merge", "../shard")
    assert "../shard/evidence/b.json: it is evidence of 'docs/a.md'" in done.stderr
    (machine.root / "docs/a.md").unlink()
    (shard.root / "evidence/b.json").rename(shard.root / "evidence/a.json")
    assert "there is no page docs/a.md" in machine.ledger("evidence", "merge", "../shard").stderr


def test_a_folder_without_evidence_is_refused(machine: Machine) -> None:
    done = machine.ledger("evidence", "merge", "docs")
    assert done.returncode == 2
    assert "docs: holds neither evidence/ nor .ledger/runs/" in done.stderr


def test_xdist_keeps_the_blocks_of_a_page_together(machine: Machine) -> None:
    # The second block needs the shell of the first; a page that fails tells what it did not run.
    second = "\n```bash {.verify name=two expect=none}\n[[ $X == 7 ]]\n```\n"
    for name in "abcde":
        text = PAGE.replace("true", "X=7") + second
        text = text.replace("X=7\n", "false\n") if name == "e" else text
        (machine.root / f"docs/{name}.md").write_text(text)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--ledger-docs", "--ledger-record=records"),
            *("-n2", "--dist", "loadfile", "-v", "docs"),
        ],
        cwd=machine.root,
        capture_output=True,
        text=True,
    )
    ran = re.findall(r"\[(gw\d)\].* (\w+) docs/(\w)\.md::(\w+)", done.stdout)
    assert len(ran) == 10, done
    assert {(page, block) for _, how, page, block in ran if how != "PASSED"} == {
        ("e", "one"),
        ("e", "two"),
    }
    for name in "abcde":
        assert len({worker for worker, _, page, _ in ran if page == name}) == 1
        assert (machine.root / f"records/{name}.json").is_file()
