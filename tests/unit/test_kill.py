"""A killed writer leaves the old file or the new; two writers lose no edit of each other."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from ledger.core.files import write_atomic
from tests.fixtures.flow_project import Fake

KILLS = 40
WRITE = """
import sys
from pathlib import Path
from ledger.core.files import write_atomic
print("begun", flush=True)
texts = [letter.encode() * 3_000_000 for letter in "ab"]
for turn in range(100_000):
    write_atomic(Path(sys.argv[1]), texts[turn % 2])
"""
SIP = """
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from ledger.core.edit import editing
from ledger.core.project import Project
from ledger.flow.budget import sip
sys.stdin.readline()
for _ in range(50):
    with editing(Project(Path(sys.argv[1])), "backup") as edit:
        sip(edit, Decimal("0.0001"), date(2026, 11, 21))
"""


def start(code: str, path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", code, str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    path, chance = tmp_path / "f.md", random.Random(11)
    whole = {letter * 3_000_000 for letter in (b"a", b"b")}
    path.write_bytes(b"a" * 3_000_000)
    drafts = 0
    for _ in range(KILLS):
        with start(WRITE, path) as child:
            assert child.stdout
            assert child.stdout.readline() == b"begun\n"
            time.sleep(chance.uniform(0, 0.03))
            child.send_signal(signal.SIGKILL)
        assert path.read_bytes() in whole
        left = {found.name for found in tmp_path.iterdir()} - {"f.md"}
        assert left <= {".f.md.new"}
        drafts += bool(left)
    assert drafts > KILLS // 10, "no child was killed while it wrote"
    write_atomic(path, b"c")
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"c"


def test_two_writers_lose_no_edit(tmp_path: Path) -> None:
    fake = Fake(tmp_path)
    writers = [start(SIP, tmp_path) for _ in range(2)]
    for writer in writers:
        assert writer.stdin
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert "spent: 0.0300," in fake.read("skills/backup.md")
    assert [path.name for path in fake.project.skills.iterdir()] == ["backup.md"]
