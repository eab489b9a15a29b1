"""`ledger init`: nothing of a team's is lost, whatever is there and whatever comes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.adopt import settings, template
from ledger.adopt.plan import WRITTEN, Action, Change, plan
from ledger.adopt.record import FILE, read
from ledger.adopt.write import recorded, write
from ledger.cli import main
from ledger.errors import Exit, LedgerError, UsageError
from tests.fixtures.flow_project import DAY
from tests.fixtures.schemas import validate

WORKFLOW = ".github/workflows/runbooks.yml"


def files(name: str = "shop", kind: str = "minimal") -> dict[str, bytes]:
    return template.files(kind, name, DAY)


def newer(name: str = "mkdocs.yml") -> dict[str, bytes]:
    """The files of a later version: one of them has another last line but one."""
    changed = files()
    lines = changed[name].decode().splitlines()
    lines.insert(-1, "# A new line.")
    return changed | {name: ("\n".join(lines) + "\n").encode()}


def apply(
    root: Path, what: dict[str, bytes], *, update: bool = False, keep: tuple[str, ...] = ()
) -> dict[str, Change]:
    old = read(root)
    changes = plan(root, what, old, update=update, settled=keep)
    write(root, changes, recorded("minimal", "shop", old, changes, what, keep))
    return {change.path: change for change in changes}


def snapshot(root: Path) -> dict[str, bytes]:
    found = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def call(*words: str, cwd: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(cwd)
    monkeypatch.setattr(sys, "argv", ["ledger", "init", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("kind", template.TEMPLATES)
def test_no_word_of_a_template_is_left_open(kind: str) -> None:
    found = files("our shop", kind)
    assert not [path for path, data in found.items() if b"@name@" in data or b"@version@" in data]
    assert b"# our shop" in found["docs/index.md"]
    pages = [path for path in found if path.startswith("docs/runbook/")]
    for page in pages:
        assert f'proof("{page}")'.encode() in found["docs/index.md"]
        assert f"- {page}".encode() in found["skills/first-runbook.md"]
        assert page.removeprefix("docs/").encode() in found["mkdocs.yml"]
    up = [line.strip() for line in found[WORKFLOW].decode().splitlines() if "cluster up" in line]
    assert up[0].startswith("- run:") == (kind == "backup")


@pytest.mark.parametrize("name", ["", "a: b", "@name@", 'x"', "a\nb", "#"])
def test_a_name_that_no_title_can_be(name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a site"):
        files(name)


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    assert {c.action for c in apply(tmp_path, files()).values()} == {Action.CREATE}
    before = snapshot(tmp_path)
    times = [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*"))]
    assert {c.action for c in apply(tmp_path, files()).values()} == {Action.SAME}
    assert snapshot(tmp_path) == before
    assert [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*"))] == times


def test_what_is_there_is_kept_and_named(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_text("site_name: Ours\n")
    (tmp_path / ".gitignore").write_bytes(b"/.ledger/\n*.caf\xe9")
    changes = apply(tmp_path, files())
    assert changes["mkdocs.yml"].action is Action.KEEP
    assert changes[".gitignore"].diff().endswith("+/site/\n+.*.new\n")
    assert (tmp_path / "mkdocs.yml").read_text() == "site_name: Ours\n"
    assert (tmp_path / ".gitignore").read_bytes() == b"/.ledger/\n*.caf\xe9\n/site/\n.*.new\n"
    assert "mkdocs.yml" not in json.loads((tmp_path / FILE).read_text())["files"]
    assert apply(tmp_path, newer(), update=True)["mkdocs.yml"].action is Action.KEEP
    assert any("ledger.blocks" in hint for hint in settings.lacking(tmp_path))


def test_the_settings_that_it_writes_lack_nothing(tmp_path: Path) -> None:
    apply(tmp_path, files())
    assert settings.lacking(tmp_path) == []


def test_a_workflow_where_github_never_looks_is_told(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    apply(tmp_path / "runbooks", files())
    assert str(tmp_path) in settings.lacking(tmp_path / "runbooks")[0]


def test_an_update_keeps_edits_and_brings_what_is_new(tmp_path: Path) -> None:
    apply(tmp_path, files())
    config = tmp_path / "mkdocs.yml"
    edited = config.read_text().replace("site_name: shop", "site_name: The shop")
    config.write_text(edited)
    changes = apply(tmp_path, newer(), update=True)
    assert changes["mkdocs.yml"].action is Action.MERGE
    assert config.read_text().splitlines()[0] == "site_name: The shop"
    assert "# A new line.\n" in config.read_text()
    assert {c.action for c in changes.values()} == {Action.MERGE, Action.SAME}
    assert {c.action for c in apply(tmp_path, newer(), update=True).values()} <= {
        Action.SAME,
        Action.KEEP,
    }


def test_an_update_replaces_what_nobody_edited(tmp_path: Path) -> None:
    apply(tmp_path, files())
    changes = apply(tmp_path, newer("docs/assets/ledger.js"), update=True)
    assert changes["docs/assets/ledger.js"].action is Action.UPDATE
    assert "# A new line." in (tmp_path / "docs/assets/ledger.js").read_text()


def test_without_update_nothing_that_is_there_changes(tmp_path: Path) -> None:
    apply(tmp_path, files())
    before = snapshot(tmp_path)
    changes = plan(tmp_path, newer(), read(tmp_path))
    assert not WRITTEN & {change.action for change in changes}
    assert snapshot(tmp_path) == before


def test_pages_and_skills_are_the_team_s_own(tmp_path: Path) -> None:
    apply(tmp_path, files())
    changes = apply(tmp_path, newer("docs/index.md"), update=True)
    assert changes["docs/index.md"].action is Action.KEEP


def test_what_was_removed_stays_away(tmp_path: Path) -> None:
    apply(tmp_path, files())
    (tmp_path / WORKFLOW).unlink()
    for update in (False, True):
        assert apply(tmp_path, newer(), update=update)[WORKFLOW].action is Action.GONE
    assert not (tmp_path / WORKFLOW).exists()


def test_a_conflict_is_told_until_it_is_settled(tmp_path: Path) -> None:
    apply(tmp_path, files())
    config = tmp_path / "mkdocs.yml"
    mine = config.read_text().replace("  anchors: warn\n", "  anchors: info\n")
    config.write_text(mine)
    for _ in range(2):
        change = apply(tmp_path, newer(), update=True)["mkdocs.yml"]
        assert change.action is Action.CONFLICT
        assert config.read_text() == mine
        assert "+# A new line.\n" in change.diff()
        assert "anchors: info" not in change.diff()
    settled = apply(tmp_path, newer(), update=True, keep=("mkdocs.yml",))["mkdocs.yml"]
    assert settled.action is Action.KEEP
    assert apply(tmp_path, newer(), update=True)["mkdocs.yml"].action is Action.KEEP
    assert config.read_text() == mine


def test_without_git_edits_are_not_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(tmp_path, files())
    config = tmp_path / "mkdocs.yml"
    config.write_text("# ours\n" + config.read_text())
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    change = apply(tmp_path, newer(), update=True)["mkdocs.yml"]
    assert (change.action, change.why) == (Action.CONFLICT, "not merged: git is not installed")


def test_what_cannot_be_written_leaves_no_part(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("ours\n")
    (tmp_path / ".gitignore").write_text("x\n")
    before = snapshot(tmp_path)
    what = files()
    changes = plan(tmp_path, what, None)
    (tmp_path / "skills").write_text("a file, since the plan was made")
    with pytest.raises(LedgerError, match="nothing was changed"):
        write(tmp_path, changes, recorded("minimal", "shop", None, changes, what, ()))
    assert snapshot(tmp_path) == before | {"skills": b"a file, since the plan was made"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitignore", "README.md", "skills"]


def test_a_name_that_something_else_has(tmp_path: Path) -> None:
    (tmp_path / "docs").write_text("no folder\n")
    with pytest.raises(UsageError, match="something else has the name"):
        plan(tmp_path, files(), None)


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    root = tmp_path / "project"
    root.mkdir()
    (root / "docs").symlink_to("../other")
    with pytest.raises(UsageError, match="leads out of the project"):
        plan(root, files(), None)


def test_links_that_lead_to_each_other(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").symlink_to("other.yml")
    (tmp_path / "other.yml").symlink_to("mkdocs.yml")
    with pytest.raises(UsageError, match="cannot be read"):
        plan(tmp_path, files(), None)


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "x"}', '{"schema": 1, "files": {}}'])
def test_a_record_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(LedgerError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize("flag", ["--dry-run", "--diff"])
def test_a_preview_writes_nothing(
    flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("new", flag, "--json", cwd=tmp_path, monkeypatch=monkeypatch) == Exit.DONE
    document = json.loads(capsys.readouterr().out)
    validate(document, "init.v1")
    assert not document["written"]
    assert "+++ b/mkdocs.yml" in document["diff"]
    assert list(tmp_path.iterdir()) == []


def test_the_diff_is_one_that_git_applies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(".", "--diff", "--name", "x", cwd=tmp_path, monkeypatch=monkeypatch)
    diff = capsys.readouterr().out
    git = ["git", "apply", "--whitespace=nowarn"]
    subprocess.run(git, input=diff, text=True, cwd=tmp_path, check=True)
    assert call("--name", "x", "--json", cwd=tmp_path, monkeypatch=monkeypatch) == Exit.DONE
    told = json.loads(capsys.readouterr().out)["files"]
    assert {file["action"] for file in told} == {"same"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--update"], "there is nothing to update"),
        (["--template", "bakcup"], "did you mean backup?"),
        (["--keep", "mkdocs.yml"], "--keep goes with --update"),
        (["taken"], "is no folder"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    words: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "taken").touch()
    assert call(*words, cwd=tmp_path, monkeypatch=monkeypatch) == Exit.USAGE
    assert told in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_an_update_stays_with_its_template_and_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call("--template", "backup", "--name", "Shop", cwd=tmp_path, monkeypatch=monkeypatch)
    before = snapshot(tmp_path)
    assert call("--update", cwd=tmp_path, monkeypatch=monkeypatch) == Exit.DONE
    assert snapshot(tmp_path) == before
    words = ("--update", "--template", "minimal")
    assert call(*words, cwd=tmp_path, monkeypatch=monkeypatch) == Exit.USAGE
    assert "the template here is backup" in capsys.readouterr().err


def test_a_larger_template_is_added_to_a_smaller_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(".", "--name", "Shop", cwd=tmp_path, monkeypatch=monkeypatch)
    settings = tmp_path / "mkdocs.yml"
    settings.write_text(settings.read_text().replace("site_name: Shop", "site_name: Our shop"))
    assert call("--template", "backup", cwd=tmp_path, monkeypatch=monkeypatch) == Exit.DONE
    assert (tmp_path / "docs/runbook/restore-a-namespace.md").is_file()
    assert "site_name: Our shop" in settings.read_text()
    assert "runbook/restore-a-namespace.md" in settings.read_text()
    assert "- run: ledger cluster up" in (tmp_path / ".github/workflows/runbooks.yml").read_text()
