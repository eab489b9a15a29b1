"""What shells are told: by the protocol, and by each shell that is here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.flow_project import Fake

BIN = Path(sys.executable).parent
DRIVERS = {
    "bash": """
        eval "$(ledger completion bash)"
        COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_TYPE=9
        _python_argcomplete ledger
        printf '%s\\n' "${COMPREPLY[@]}" """,
    "zsh": """
        compdef() { : }
        _describe() { print -rl -- ${(P)2} }
        eval "$(ledger completion zsh)"
        BUFFER=$LINE CURSOR=${#LINE} words=(ledger)
        _python_argcomplete""",
    "fish": "ledger completion fish | source; complete -C $LINE",
}


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    fake = Fake(tmp_path)
    fake.write("skills/restore.md", "no header, and not to be read")
    return fake


def run(*command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{BIN}:{os.environ['PATH']}"
    env = os.environ | {"PATH": path} | variables
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def ask(
    folder: Path, line: str, behind: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Ask as a shell does for what may stand at the end of `line`."""
    asks = {"COMP_LINE": line + behind, "COMP_POINT": str(len(line)), "_ARGCOMPLETE": "1"}
    to = {"_ARGCOMPLETE_STDOUT_FILENAME": "/dev/stdout", "_ARGCOMPLETE_IFS": "\n"}
    return run("ledger", cwd=folder, **asks, **to, **variables)


def words(said: subprocess.CompletedProcess[str]) -> set[str]:
    """The first word of each line; zsh and fish put a description behind it."""
    return {line.replace(":", " ").split()[0] for line in said.stdout.splitlines()}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("ledger sho", {"show"}),
        ("ledger --ver", {"--version"}),
        ("ledger show ba", {"backup"}),
        ("ledger show backup --j", {"--json"}),
        ("ledger show --json r", {"restore"}),
        ("ledger log backup --phase e", {"educate"}),
        ("ledger log backup --phase E", {"EDUCATE"}),
        ("ledger log backup --phase=E", {"--phase=EDUCATE"}),
        ("ledger advance backup RE", {"RESEARCH", "REFLECT"}),
        ("ledger advance backup QA --to s", {"skipped"}),
        ("ledger cluster u", {"up"}),
        ("ledger cluster down --a", {"--all"}),
        ("ledger completion ", {"bash", "zsh", "fish", "--help"}),
        ("ledger nothing-like-it x", set()),
    ],
)
def test_a_line_is_completed(fake: Fake, line: str, found: set[str]) -> None:
    assert words(ask(fake.root, line)) == found


def test_what_stands_behind_the_cursor_does_not_count(fake: Fake) -> None:
    assert words(ask(fake.root, "ledger sho", " backup --json")) == {"show"}


def test_outside_a_project_there_is_no_skill(tmp_path: Path) -> None:
    assert words(ask(tmp_path, "ledger show r")) == set()


def test_names_are_completed_without_reading_yaml(fake: Fake) -> None:
    asked = ask(fake.root, "ledger show ", PYTHONPROFILEIMPORTTIME="1")
    assert "restore" in asked.stdout
    assert "argcomplete" in asked.stderr
    assert "yaml" not in asked.stderr


@pytest.mark.parametrize("shell", DRIVERS)
def test_each_shell_completes(fake: Fake, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    flags = {"bash": "--norc", "zsh": "-f", "fish": "--no-config"}
    command = (shell, flags[shell], "-c", DRIVERS[shell])
    assert words(run(*command, cwd=fake.root, LINE="ledger cluster dow")) == {"down"}
    assert {"backup", "restore"} <= words(run(*command, cwd=fake.root, LINE="ledger show "))
