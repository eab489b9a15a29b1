"""Git merges two branches of a plan, with the driver installed; and the command by itself."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ledger.core.phases import PHASES
from tests.support.flat import flat
from tests.unit.test_core_merge import BASE, PHASES_ALONE, moved, swap

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
COMMAND = Path(sys.executable).with_name("ledger")
ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_NAME": "Ana" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "ana@example.org" for who in ("AUTHOR", "COMMITTER")},
}
SKILL = "skills/back up.md"


class Clone:
    """A git repository with one plan."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.skill = root / SKILL
        self.skill.parent.mkdir(parents=True)
        (root / "mkdocs.yml").write_text("site_name: Test\n", "utf-8")
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit(BASE)

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.root, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )

    def git(self, *arguments: str) -> str:
        done = self.run("git", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ledger(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self.run(COMMAND, "merge", *arguments)

    def commit(self, text: str) -> None:
        self.skill.write_bytes(text.encode())
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "step")

    def merge(
        self, ours: str, theirs: str, base: str = BASE
    ) -> tuple[subprocess.CompletedProcess[str], str]:
        """Merge two branches that begin with `base`."""
        self.git("checkout", "--quiet", "--force", "-B", "main")
        self.commit(base)
        self.git("checkout", "--quiet", "-B", "other")
        self.commit(theirs)
        self.git("checkout", "--quiet", "main")
        self.commit(ours)
        done = self.run("git", "merge", "--no-edit", "other")
        return done, self.skill.read_bytes().decode()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A repository in which the driver is installed."""
    made = Clone(tmp_path / "with blank")
    assert made.ledger("--install").returncode == 0
    made.commit(BASE)
    return made


def document(kind: str, text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    schema = json.loads((SCHEMAS / f"{kind}.v1.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    return found


def test_git_alone_cannot_and_with_the_driver_it_can(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "clone")
    ours = moved(BASE, "QA", "touched", "linted", "0.03")
    theirs = moved(BASE, "TEST", "touched", "9 blocks", "0.05")
    done, _ = clone.merge(ours, theirs)
    assert done.returncode == 1
    clone.git("merge", "--abort")
    assert clone.ledger("--install").returncode == 0
    done, text = clone.merge(ours, theirs)
    assert (done.returncode, done.stderr.count("conflict")) == (0, 0)
    assert text == moved(moved(BASE, "QA", "touched", "linted", "0.06"), "TEST", "touched",
                         "9 blocks", "0.06").replace("progress: 0", "progress: 18")  # fmt: skip
    assert f"{SKILL}: entropy.spent: 0.06: both draws counted" in done.stderr + done.stdout


def test_a_sample_of_all_pairs_of_moves(clone: Clone) -> None:
    pairs = list(itertools.product(PHASES, PHASES))[::17]
    for index, (one, two) in enumerate(pairs):
        ours = moved(PHASES_ALONE, one, "touched", f"ana {index}", "0.03")
        theirs = moved(PHASES_ALONE, two, "blocked", f"reason: bob {index}", "0.04")
        done, text = clone.merge(ours, theirs, PHASES_ALONE)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"  {two}: blocked  # " in text
        assert f"reason: bob {index}\n" in text
        assert f"ana {index}" in text
        assert one == two or f"  {one}: touched  # ana {index}\n" in text
        assert "spent: 0.05}" in text


def test_a_true_conflict_stops_git_with_its_own_markers(clone: Clone) -> None:
    ours = swap(BASE, ("planned: 0.20", "planned: 0.25"), ("Two.", "Two, ours."))
    theirs = swap(BASE, ("planned: 0.20", "planned: 0.30"), ("Two.", "Two, theirs."))
    attributes = "skills/**/*.md conflict-marker-size=9 merge=ledger\n"
    (clone.root / ".gitattributes").write_text(attributes, "utf-8")
    clone.commit(BASE)
    assert "already" in clone.ledger("--install").stderr
    done, text = clone.merge(ours, theirs)
    assert done.returncode == 1
    assert f'UU "{SKILL}"' in clone.git("status", "--porcelain")
    for base, one, two in (("  planned: 0.20", "  planned: 0.25", "  planned: 0.30"),
                           ("Two.", "Two, ours.", "Two, theirs.")):  # fmt: skip
        hunk = ("<" * 9, " ours\n", one, "\n", "|" * 9, " base\n", base, "\n", "=" * 9, "\n",
                two, "\n", ">" * 9, " theirs\n")  # fmt: skip
        assert "".join(hunk) in text


def test_a_pick_uses_it_too(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "-b", "other")
    clone.commit(moved(BASE, "TEST", "touched", "9 blocks", "0.05"))
    clone.git("checkout", "--quiet", "main")
    clone.commit(moved(BASE, "QA", "touched", "linted", "0.03"))
    clone.git("cherry-pick", "other")
    assert "spent: 0.06" in clone.skill.read_text("utf-8")


def test_install_is_done_once_and_can_be_tried(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "clone")
    attributes = clone.root / ".gitattributes"
    attributes.write_bytes(b"*.png binary")
    tried = document("merge-install", clone.ledger("--install", "--dry-run", "--json").stdout)
    assert (len(tried["changed"]), tried["dry_run"]) == (3, True)
    assert attributes.read_bytes() == b"*.png binary"
    assert "merge.ledger" not in clone.git("config", "--list", "--local")
    done = document("merge-install", clone.ledger("--install", "--json").stdout)
    assert done["changed"] == tried["changed"]
    assert attributes.read_bytes() == b"*.png binary\nskills/**/*.md merge=ledger\n"
    assert "unspecified" in clone.git("check-attr", "merge", "--", "docs/index.md")
    assert f"{SKILL}: merge: ledger" in clone.git("check-attr", "merge", "--", SKILL)
    before = clone.git("config", "--list", "--local")
    again = document("merge-install", clone.ledger("--install", "--json").stdout)
    assert again["changed"] == []
    assert clone.git("config", "--list", "--local") == before
    assert attributes.read_bytes().count(b"merge=ledger") == 1


@pytest.mark.parametrize("path", ["skills/a.md", "skills/2026/b/c.md", "docs/skills/a.md"])
def test_install_means_every_skill_and_no_page(clone: Clone, path: str) -> None:
    driver = "ledger" if path.startswith("skills/") else "unspecified"
    assert clone.git("check-attr", "merge", path) == f"{path}: merge: {driver}\n"


def test_install_outside_git_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_text("site_name: Test\n", "utf-8")
    done = subprocess.run(
        [COMMAND, "merge", "--install"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**ENVIRONMENT, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)},
    )  # fmt: skip
    assert (done.returncode, "not in a git repository" in flat(done.stderr)) == (2, True)


@pytest.fixture
def versions(tmp_path: Path) -> list[Path]:
    """Paths for base, ours and theirs."""
    return [tmp_path / name for name in ("base.md", "ours.md", "theirs.md")]


def call(versions: list[Path], *texts: str | bytes) -> subprocess.CompletedProcess[str]:
    """Run the command on three files, with `--json`."""
    for path, text in zip(versions, texts, strict=True):
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    command = [str(COMMAND), "merge", *map(str, versions), "--path", "skills/x.md", "--json"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_result_is_written_to_ours_and_told(versions: list[Path]) -> None:
    versions[1].touch(mode=0o600)
    theirs = moved(BASE, "TEST", "blocked", note_of_bob := "reason: no bucket", "0.04")
    done = call(versions, BASE, moved(BASE, "TEST", "touched", "9 blocks", "0.03"), theirs)
    told = document("merge", done.stdout)
    assert done.returncode == 0
    assert told["clean"]
    assert [decision["key"] for decision in told["decisions"]] == [
        "phase_ledger.TEST", "entropy.spent",
    ]  # fmt: skip
    text = versions[1].read_text("utf-8")
    assert f"TEST: blocked  # 9 blocks; {note_of_bob}\n" in text
    assert versions[1].stat().st_mode & 0o777 == 0o600
    assert versions[2].read_text("utf-8") == theirs


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (b"---\nbroken: [\n---\n", "broken YAML"),
        (b"no front matter\n", "no front matter"),
        (b"---\na: 1\n---\n\xff\xfe latin\n", "not UTF-8 text"),
        (b"---\na: [1\n---\n\n---\n" + BASE.encode(), "broken YAML"),
    ],
)
def test_what_is_no_skill_is_merged_as_git_does(
    versions: list[Path], broken: bytes, why: str
) -> None:
    done = call(versions, b"top\n" + broken, b"top\n" + broken + b"ours\n", b"new\n" + broken)
    told = document("merge", done.stdout)
    assert done.returncode == 0
    assert told["plain"].startswith("skills/x.md")
    assert versions[1].read_bytes() == b"new\n" + broken + b"ours\n"
    done = call(versions, broken, broken + b"ours\n", broken + b"theirs\n")
    assert done.returncode == 1
    assert why in document("merge", done.stdout)["plain"]
    end = b"<<<<<<< ours\nours\n||||||| base\n=======\ntheirs\n>>>>>>> theirs\n"
    assert versions[1].read_bytes() == broken + end


def test_what_git_cannot_merge_leaves_ours_as_it_is(versions: list[Path]) -> None:
    ours = BASE.encode() + b"\0ours"
    done = call(versions, BASE.encode() + b"\0", ours, BASE.encode() + b"\0theirs")
    assert done.returncode == 1
    assert done.stderr.startswith("error: skills/x.md: git cannot merge it:")
    assert versions[1].read_bytes() == ours


@pytest.mark.parametrize(
    "arguments",
    [[], ["a", "b"], ["a", "b", "c", "--dry-run"], ["--install", "a"],
     ["a", "b", "c", "--marker-size", "0"], ["none", "none", "none"]],
)  # fmt: skip
def test_wrong_use(tmp_path: Path, arguments: list[str]) -> None:
    command = [str(COMMAND), "merge", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
