"""History from git alone: real repositories, each with one of the shapes that people make."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.core import versions
from ledger.core.history import Move, history, transitions
from ledger.core.project import Project

TODAY = date(2026, 11, 21)
HEADER = "---\npath: skills/a\nphase_ledger:\n{phases}entropy: {{planned: 0.05}}\n---\n# A\n"


class Repo:
    """A repository below `root`, with one skill; each commit is a day later than the last."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project = Project(root)
        self.day = 0
        (root / "skills").mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.org")

    def git(self, *arguments: str, author: str = "Ada") -> str:
        stamp = f"2026-10-{self.day + 1:02d}T12:00:00Z"
        names = {"GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": f"{author}@example.org"}
        dates = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        return subprocess.run(
            ["env", *(f"{k}={v}" for k, v in (names | dates).items()), "git", *arguments],
            cwd=self.root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def write(self, name: str = "a", **phases: str) -> Path:
        lines = "".join(f"  {phase}: {status}\n" for phase, status in phases.items())
        path = self.root / f"skills/{name}.md"
        path.write_bytes(HEADER.format(phases=lines).encode())
        return path

    def commit(self, name: str = "a", author: str = "Ada", **phases: str) -> str:
        if phases:
            self.write(name, **phases)
        self.git("add", ".")
        self.day += 1
        self.git("commit", "-qm", "change", author=author)
        return self.git("rev-parse", "HEAD")

    def moves(self, name: str = "a") -> list[Move]:
        return history(self.project, self.root / f"skills/{name}.md", TODAY)

    def told(self, name: str = "a") -> list[str]:
        return [f"{m.author} {m.phase} {m.before}>{m.after}" for m in self.moves(name)]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def test_a_move_says_who_when_what_and_why(repo: Repo) -> None:
    repo.commit(PLAN="complete", TEST="pending")
    second = repo.commit(author="Bob", PLAN="complete", TEST="deferred  # reason: a, b: c")
    first, last = repo.moves()
    assert (first.author, first.before, first.after, first.day) == (
        ("Ada", "", "complete", date(2026, 10, 2))
    )
    assert last == Move(
        second, date(2026, 10, 3), "Bob", "TEST", "pending", "deferred", "reason: a, b: c"
    )


def test_notes_bodies_and_other_words_for_a_status_are_no_moves(repo: Repo) -> None:
    repo.commit(PLAN="done")
    repo.commit(PLAN="complete  # checked")
    repo.write(PLAN="COMPLETE").open("a").write("more\n")
    repo.commit()
    assert repo.told() == ["Ada PLAN >complete"]


def test_a_rename_is_followed_and_a_copy_is_not(repo: Repo) -> None:
    repo.commit("old", PLAN="complete", TEST="pending", QA="pending")
    repo.git("mv", "skills/old.md", "skills/a.md")
    repo.commit()
    repo.commit(PLAN="complete", TEST="touched", QA="pending")
    repo.commit("copy", PLAN="complete", TEST="touched", QA="touched")
    assert repo.told() == ["Ada PLAN >complete", "Ada TEST pending>touched"]
    copied = ["PLAN >complete", "QA >touched", "TEST >touched"]
    assert repo.told("copy") == [f"Ada {move}" for move in copied]


def test_a_move_made_under_the_old_name_on_another_branch_counts(repo: Repo) -> None:
    repo.commit("old", PLAN="complete", QA="pending")
    repo.git("checkout", "-qb", "side")
    repo.commit("old", author="Bob", PLAN="complete", QA="touched")
    repo.git("checkout", "-q", "main")
    repo.git("mv", "skills/old.md", "skills/a.md")
    repo.commit()
    repo.git("merge", "-q", "side", "-m", "merge")
    assert repo.told() == ["Ada PLAN >complete", "Bob QA pending>touched"]


def test_a_merge_counts_only_for_what_no_parent_says(repo: Repo) -> None:
    base = {"PLAN": "complete", "QA": "pending", "TEST": "pending", "EDUCATE": "pending"}
    repo.commit(**base)
    repo.git("checkout", "-qb", "side")
    repo.commit(author="Bob", **base | {"EDUCATE": "touched", "TEST": "in_progress"})
    repo.git("checkout", "-q", "main")
    repo.commit(author="Cy", **base | {"QA": "touched", "TEST": "blocked"})
    repo.git("merge", "-q", "side", "--no-commit", "-s", "ours")
    repo.commit(author="Dee", **base | {"QA": "touched", "EDUCATE": "touched", "TEST": "touched"})
    assert repo.told() == [
        "Ada PLAN >complete",
        "Bob TEST pending>in_progress",
        "Bob EDUCATE pending>touched",
        "Cy QA pending>touched",
        "Cy TEST pending>blocked",
        "Dee TEST blocked>touched",
    ]


def test_a_picked_commit_counts_once(repo: Repo) -> None:
    repo.commit(PLAN="pending")
    repo.git("checkout", "-qb", "side")
    picked = repo.commit(author="Bob", PLAN="complete")
    repo.git("checkout", "-q", "main")
    (repo.root / "other").write_text("x")
    repo.commit()
    repo.git("cherry-pick", picked)
    repo.git("merge", "-q", "side", "-m", "merge")
    assert len(repo.git("log", "--full-history", "--format=%H", "--", "skills").split()) == 3
    assert repo.told() == ["Bob PLAN pending>complete"]


def test_a_version_that_cannot_be_read_is_passed_over(repo: Repo) -> None:
    repo.commit(PLAN="complete", QA="pending")
    repo.write().write_text("---\nphase_ledger: [\n---\n")
    repo.commit(author="Bob")
    repo.write().write_text("---\nphase_ledger: {\n---\n")
    repo.commit(author="Bob")
    repo.commit(author="Cy", PLAN="complete", QA="touched")
    assert repo.told() == ["Ada PLAN >complete", "Cy QA pending>touched"]


def test_line_ends_and_a_byte_order_mark_change_nothing(repo: Repo) -> None:
    repo.commit(PLAN="complete", QA="pending")
    path = repo.write(PLAN="complete", QA="touched  # linted")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    repo.commit(author="Bob")
    assert [move.note for move in repo.moves()] == ["", "linted"]
    assert repo.told() == ["Ada PLAN >complete", "Bob QA pending>touched"]


def test_what_is_not_committed_is_told_with_the_day_given(repo: Repo) -> None:
    repo.commit(PLAN="complete", QA="pending")
    repo.write(PLAN="complete", QA="touched")
    assert repo.moves()[-1] == Move("", TODAY, "", "QA", "pending", "touched", "")
    repo.write().unlink()
    assert repo.told() == ["Ada PLAN >complete"]


def test_a_phase_that_leaves_the_file_is_pending_again(repo: Repo) -> None:
    repo.commit(PLAN="complete", QA="touched", EXTRA="done")
    repo.commit(PLAN="complete")
    assert repo.told()[-1] == "Ada QA touched>pending"


def test_a_name_with_signs_that_git_reads_as_a_pattern(repo: Repo) -> None:
    repo.commit("a*[b] ü", PLAN="complete")
    repo.commit("ab", QA="complete")
    assert repo.told("a*[b] ü") == ["Ada PLAN >complete"]


def test_a_file_removed_and_made_again_starts_anew(repo: Repo) -> None:
    repo.commit(PLAN="complete")
    repo.write().unlink()
    repo.commit()
    repo.commit(author="Bob", PLAN="touched")
    assert repo.told() == ["Ada PLAN >complete", "Bob PLAN >touched"]


def test_without_git_there_is_no_history(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(PLAN="complete")
    repo.write("new", PLAN="complete")
    assert repo.moves("new") == []
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repo.root.parent))
    outside = repo.root.parent / "outside.md"
    outside.write_text(repo.write().read_text())
    assert history(Project(outside.parent), outside, TODAY) == []
    monkeypatch.setenv("PATH", "")
    assert repo.moves() == []


def test_a_hook_and_a_person_s_settings_change_nothing(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(PLAN="complete")
    before = repo.moves()
    for key, value in {
        "log.showSignature": "true",
        "color.ui": "always",
        "diff.renames": "false",
        "log.date": "relative",
        "format.pretty": "oneline",
    }.items():
        repo.git("config", key, value)
    monkeypatch.setenv("GIT_DIR", ".git")
    assert repo.moves() == before


def test_a_shallow_clone_blames_nobody_for_what_it_cannot_tell(repo: Repo) -> None:
    repo.commit(PLAN="complete", QA="pending")
    repo.commit(author="Bob", PLAN="complete", QA="touched")
    repo.commit(author="Cy", PLAN="complete", QA="complete")
    shallow = repo.root.parent / "shallow"
    repo.git("clone", "-q", "--depth", "2", f"file://{repo.root}", str(shallow))
    found = history(Project(shallow), shallow / "skills/a.md", TODAY)
    assert [(m.author, m.phase, m.after) for m in found] == [("Cy", "QA", "complete")]
    assert versions.shallow(shallow / "skills/a.md")
    assert not versions.shallow(repo.root / "skills/a.md")


def test_transitions_are_counted_since_reflect_was_settled(repo: Repo) -> None:
    path = repo.write(PLAN="complete", QA="pending", REFLECT="pending")
    repo.commit()
    assert transitions(repo.project, path, TODAY) == 0
    repo.commit(PLAN="complete", QA="in_progress", REFLECT="pending")
    repo.commit(PLAN="complete", QA="touched", REFLECT="in_progress")
    assert transitions(repo.project, path, TODAY) == 3
    repo.commit(PLAN="complete", QA="touched", REFLECT="touched")
    assert transitions(repo.project, path, TODAY) == 0
    repo.write(PLAN="complete", QA="complete", REFLECT="touched")
    assert transitions(repo.project, path, TODAY) == 1


def test_two_hundred_versions_are_read_with_a_few_processes(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("pending", "in_progress", "touched")
    texts = [HEADER.format(phases=f"  QA: {words[n % 3]}\n") for n in range(200)]
    stream = "".join(
        f"commit refs/heads/main\ncommitter Ada <a@example.org> {1_790_000_000 + n} +0000\n"
        f"data 1\nx\nM 644 inline skills/a.md\ndata {len(text)}\n{text}\n"
        for n, text in enumerate(texts)
    )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repo.root, input=stream.encode())
    repo.git("reset", "-q", "--hard")
    started: list[object] = []
    popen = subprocess.Popen.__init__

    def counted(self: subprocess.Popen[bytes], command: list[str], **options: Any) -> None:
        started.append(command)
        popen(self, command, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", counted)
    assert len(repo.moves()) == 199
    assert len(started) == 4
