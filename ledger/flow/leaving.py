"""What a settled phase leaves behind: an epilogue, under a name that no other text has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ledger.flow.epilogue import build_epilogue, epilogue_path
from ledger.flow.gates import GateResult, Subject


@dataclass(frozen=True)
class Epilogue:
    """An epilogue to write.

    Attributes:
        path: the file.
        where: its name, relative to the project.
        text: what it says.
    """

    path: Path
    where: str
    text: str


def leave(
    settled: Subject, results: Iterable[GateResult], today: date, forced: str, decision: str
) -> Epilogue:
    """Make up the epilogue of a phase.

    Args:
        settled: the plan with the phase already settled, and what its pages prove.
        results: what was asked before it settled.
        today: the UTC day.
        forced: why shut gates were overridden; empty if none was.
        decision: what becomes of the plan; empty before REFLECT.
    """
    text = build_epilogue(settled, results, today, forced=forced, decision=decision)
    path = _free(epilogue_path(settled.project, settled.skill, settled.phase, today), text)
    return Epilogue(path, settled.project.relative(path), text)


def _free(path: Path, text: str) -> Path:
    """`path`, numbered where another text has the name: no epilogue is ever overwritten."""
    newest, number = path, 2
    while (name := path.with_stem(f"{path.stem}-{number}")).exists():
        newest, number = name, number + 1
    same = newest.is_file() and newest.read_bytes() == text.encode()
    return newest if same or not newest.exists() else name
