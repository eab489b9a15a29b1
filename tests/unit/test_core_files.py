"""Files are whole or as they were; budgets are exact; the day is an input."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core import files
from ledger.core.clock import day
from ledger.core.edit import Edit
from ledger.core.entropy import Budget
from ledger.core.files import locked, write_atomic
from ledger.core.skill import Skill
from ledger.errors import Exit, LedgerError, SkillError, UsageError


def names(folder: Path) -> list[str]:
    """What a folder holds."""
    return sorted(path.name for path in folder.iterdir())


TEXT = "---\nphase_ledger:\n  QA: pending\n---\n"


def test_new_file_in_a_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "a/b/ü.md"
    write_atomic(path, "é".encode())
    assert path.read_bytes() == "é".encode()
    assert path.stat().st_mode & 0o777 == 0o644
    assert names(path.parent) == ["ü.md"]


def test_mode_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.touch(0o640)
    write_atomic(path, b"x")
    assert path.stat().st_mode & 0o777 == 0o640


def test_failure_keeps_the_old_file_and_leaves_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["f"]


HOLD = """
import sys; from pathlib import Path; from ledger.core.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True); sys.stdin.read()
"""


@contextlib.contextmanager
def held(path: Path) -> Iterator[Callable[[], None]]:
    """Another process has the lock until it is told to let go."""
    command = [sys.executable, "-c", HOLD, str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as other:
        assert other.stdin and other.stdout
        assert other.stdout.readline() == b"held\n"
        yield other.stdin.close


def test_second_writer_waits_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "f.md"
    path.write_text(TEXT)
    said: list[str] = []
    with held(path) as let_go:

        def say(text: str) -> None:
            said.append(text)
            let_go()

        with locked(path, say):
            edit = Edit(Skill(path, "f.md"))
            edit.settle("QA", "touched", "")
            edit.write()
    assert "touched" in path.read_text()
    assert said == ["another ledger command is writing here; waiting for it ..."]


def test_short_wait_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_SILENCE", 60)  # the machine may be busy
    said: list[str] = []
    with held(tmp_path / "f") as let_go:
        threading.Timer(0.2, let_go).start()
        with locked(tmp_path / "f", said.append):
            assert said == []


def test_second_writer_is_told_when_the_wait_is_too_long(tmp_path: Path) -> None:
    with (
        held(tmp_path / "f"),
        pytest.raises(LedgerError, match="another ledger command is writing here"),
        locked(tmp_path / "f", patience=0.2),
    ):
        pass


def test_lock_is_given_back(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "f"):
        raise ZeroDivisionError
    with (
        held(tmp_path / "f"),
        pytest.raises(LedgerError),
        locked(tmp_path / "f", patience=0),
    ):
        pass


def test_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    link, file = tmp_path / "link", tmp_path / "a/file"
    file.write_bytes(b"old")
    link.symlink_to(file)
    write_atomic(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"


def test_draft_of_a_killed_writer_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".f.new").write_bytes(b"half of a longer text")
    write_atomic(tmp_path / "f", b"whole")
    assert (tmp_path / "f").read_bytes() == b"whole"
    assert names(tmp_path) == ["f"]


def test_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "f"
    code = (
        "import os, sys; from pathlib import Path; from ledger.core.files import locked\n"
        "with locked(Path(sys.argv[1])): os._exit(137)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    with locked(path):
        assert names(tmp_path) == []


def test_changed_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "f.md"
    path.write_text(TEXT)
    edit = Edit(Skill(path, "f.md"))
    edit.settle("QA", "touched", "")
    path.write_text(TEXT + "more")
    with pytest.raises(SkillError, match="changed since it was read"):
        edit.write()
    assert path.read_text() == TEXT + "more"


# Budgets

NUMBERS = st.decimals(0, 1, places=3)


@given(planned=NUMBERS, spent=NUMBERS, returned=NUMBERS)
def test_budget_is_exact(planned: Decimal, spent: Decimal, returned: Decimal) -> None:
    budget = Budget.read({"planned": str(planned), "spent": str(spent), "returned": str(returned)})
    assert budget.remaining + budget.spent + budget.returned == planned
    assert budget.settled == (budget.remaining == 0)
    assert budget.depleted(unsettled=False) == (budget.remaining < 0)
    small = 0 < budget.remaining < Decimal("0.01")
    assert budget.depleted(unsettled=True) == (budget.remaining < 0 or small)


def test_figures_are_kept_as_written() -> None:
    budget = Budget.read({"planned": "0.05", "spent": "0.03", "returned": "0.02"})
    assert budget.settled
    assert str(budget) == "spent 0.03 + returned 0.02 of 0.05 (0.00 left)"


def test_absent_budget_is_zero() -> None:
    assert Budget.read({}) == Budget.read({"planned": "", "tithed": "1"}) == Budget()


@pytest.mark.parametrize("value", ["much", "nan", "inf", "0,05"])
def test_budget_that_is_no_number(value: str) -> None:
    with pytest.raises(SkillError, match=r"f.md: entropy\.spent is .*, not a number"):
        Budget.read({"spent": value}, "f.md")


def test_noise_of_binary_fractions_is_not_money() -> None:
    budget = Budget.read({"planned": "0.05", "spent": "0.030000000000000002", "returned": "0.02"})
    assert budget.settled
    assert str(budget.spent) == "0.03"
    fine = Budget.read({"planned": "0.0512345678", "spent": "1e400"})
    assert (str(fine.planned), str(fine.spent)) == ("0.0512345678", "1E+400")


def test_older_names_of_the_figures() -> None:
    budget = Budget.read({"budget": "0.05", "remaining": "0.02", "returned": "0.01"})
    assert (str(budget.spent), budget.remaining) == ("0.02", Decimal("0.02"))


# The day


def test_day_is_given_or_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86399")
    assert day(None) == date(1970, 1, 1)
    assert day("2026-11-21") == date(2026, 11, 21)
    with pytest.raises(UsageError, match="'tomorrow' is not a date"):
        day("tomorrow")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        day(None)


def test_error_has_what_where_fix() -> None:
    error = UsageError("wrong", where="f:1", fix="mend it")
    assert (str(error), error.exit_code) == ("f:1: wrong\n  fix: mend it", Exit.USAGE)
