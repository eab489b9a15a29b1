"""The lock: what was verified, against what, on which day. Committed, small, deterministic."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from ledger.core.files import digest, write_atomic
from ledger.core.project import Project
from ledger.errors import PageError
from ledger.pages.page import Page

SCHEMA: Final = "phase-ledger/lock/v1"
PINS: Final = "airgap/pins.toml"


@dataclass(frozen=True)
class Result:
    """What became of one block in a run.

    Attributes:
        sha256: digest of the block that ran.
        result: passed, failed or not-run.
        back: how the page said that it is taken back; empty if not at all, or not recorded.
    """

    sha256: str
    result: str
    back: str = ""

    def to_json(self) -> dict[str, str]:
        """What the lock says of it."""
        return {key: value for key, value in vars(self).items() if value}


@dataclass(frozen=True)
class Lock:
    """The evidence of one page.

    Attributes:
        page: the page, relative to the project.
        verified: the UTC day of the run.
        setup: digest of the page's parameters, fixtures and versions.
        versions: what it ran against, name to version; no leading v.
        inputs: digest of each file or folder that the page depends on.
        blocks: what became of each block, by name, in page order.
        variants: the evidence of the page's other runs, by the name of the variant.
    """

    page: str
    verified: date
    setup: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, Result] = field(default_factory=dict)
    variants: Mapping[str, Lock] = field(default_factory=dict)

    def of(self, variant: str) -> Lock | None:
        """The evidence of a variant, or of the page itself if `variant` is empty."""
        return self.variants.get(variant) if variant else self

    def to_json(self) -> str:
        """The file's text: the same lock gives the same bytes."""
        document = {"schema": SCHEMA, "page": self.page, **self._run()}
        if self.variants:
            variants = sorted(self.variants.items())
            document["variants"] = {name: lock._run() for name, lock in variants}
        return json.dumps(document, indent=2) + "\n"

    def _run(self) -> dict[str, Any]:
        return {
            "verified": self.verified.isoformat(),
            "setup": self.setup,
            "versions": dict(sorted(self.versions.items())),
            "inputs": dict(sorted(self.inputs.items())),
            "blocks": {name: result.to_json() for name, result in self.blocks.items()},
        }

    @staticmethod
    def from_json(text: str, where: str) -> Lock:
        """Read a lock.

        Raises:
            PageError: not a lock of this version.
        """
        try:
            raw: Any = json.loads(text)
            if raw["schema"] != SCHEMA:
                raise ValueError(f"schema {raw['schema']!r}")
            page = raw["page"]
            variants = {name: _lock(page, run) for name, run in raw.get("variants", {}).items()}
            return replace(_lock(page, raw), variants=variants)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PageError(
                f"not evidence that this version can read: {error}",
                where=where,
                fix="write it anew: ledger verify --update-lock",
            ) from None


def _lock(page: str, raw: Any) -> Lock:
    return Lock(
        page=page,
        verified=date.fromisoformat(raw["verified"]),
        setup=raw["setup"],
        versions=raw["versions"],
        inputs=raw["inputs"],
        blocks={name: Result(**result) for name, result in raw["blocks"].items()},
    )


def lock_path(project: Project, page: Page) -> Path:
    """Where a page's lock lies: `evidence/`, then the page's own path below `docs/`."""
    return project.evidence / page.path.resolve().relative_to(project.docs).with_suffix(".json")


def record_path(folder: Path, project: Project, page: Page) -> Path:
    """Where the record of a page's run lies in `folder`: as the page lies below `docs/`.

    That of a variant lies beside it, as `PAGE@VARIANT.json`.
    """
    path = page.path.resolve().relative_to(project.docs).with_suffix(".json")
    return folder / (path.with_stem(f"{path.stem}@{page.variant}") if page.variant else path)


def read_lock(project: Project, page: Page) -> Lock | None:
    """The page's lock; None if it was never verified."""
    path = lock_path(project, page)
    if not path.is_file():
        return None
    return Lock.from_json(path.read_text("utf-8", errors="replace"), project.relative(path))


def write_lock(project: Project, page: Page, lock: Lock) -> Path:
    """Write the page's lock and give its path."""
    path = lock_path(project, page)
    write_atomic(path, lock.to_json().encode())
    return path


def input_digests(project: Project, names: Iterable[str], where: str) -> dict[str, str]:
    """Digest of each file or folder, by its name relative to the project.

    Raises:
        PageError: one of them does not exist, cannot be read, or is not below the project.
    """
    return {name: _digest(project.root, name, where) for name in names}


def _digest(root: Path, name: str, where: str) -> str:
    path, problem = root / name, ""
    if Path(name).is_absolute() or ".." in Path(name).parts:
        problem = "is not written as a path below the project"
    elif not path.exists():
        problem = "does not exist"
    try:
        if not problem:
            return digest(path)
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    raise PageError(f"input {name} {problem}", where=f"{where}:1", fix="correct inputs:")


def pinned_versions(project: Project) -> dict[str, str]:
    """The versions that this project tests with, or what they begin with; empty if none are pinned.

    Raises:
        PageError: the pins are not TOML.
    """
    path = project.root / PINS
    if not path.is_file():
        return {}
    try:
        pins = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise PageError(f"broken TOML: {error}", where=PINS) from None
    return {**pins.get("versions", {}), **pins.get("evidence", {})}


def is_of(version: str, release: str) -> bool:
    """Whether a version is a release, or one of it: 2.15.1 is of 2.15, and 2.150.0 is not."""
    return f"{version}.".startswith(f"{release}.")
