"""Small real projects, built by the real MkDocs with the settings of this repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from bs4 import BeautifulSoup

from ledger.core.project import Project
from ledger.pages.evidence import Lock, Result, input_digests, read_lock, write_lock
from ledger.pages.page import Page, read_page

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 21)
VERSIONS = {"kubernetes": "1.34.4", "nats-server": "2.14.6"}
HEADER = """\
---
title: {title}
owner: platform team
escalate: "@platform-oncall after 15 minutes"
inputs: [manifests]
reasons:
  no-bucket: no bucket is provisioned here
---

# {title}

<!--[ verified() ]-->

"""
# What this repository's settings say of its own files.
_OWN = re.compile(r"^(?:nav|extra):\n(?:[ \t].*\n|\n)*", re.MULTILINE)


def build_own(folder: Path, **environment: str) -> Path:
    """Build this repository's own site into a folder."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", **environment}
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return folder


class Site:
    """A project in a temporary folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project = Project(root)
        (root / "docs").mkdir(parents=True)
        shutil.copytree(ROOT / "docs" / "assets", root / "docs" / "assets")
        self.write("manifests/nats.yaml", "kind: StatefulSet\n")
        self.write("docs/index.md", "# Home\n")
        self.configure()

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project, byte for byte."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def page(self, name: str, body: str, title: str = "A page") -> Path:
        """Write a page below `docs/` that calls verified()."""
        return self.write(f"docs/{name}", HEADER.format(title=title) + body)

    def read(self, name: str) -> Page:
        """Read a page as a run would."""
        return read_page(self.project, self.root / "docs" / name)

    def lock(self, name: str, day: date = TODAY, **results: str) -> None:
        """Write evidence for a page: every block passed, but for those named."""
        page = self.read(name)
        write_lock(self.project, page, self._run(page, day, VERSIONS, results))

    def lock_variant(
        self, name: str, variant: str, versions: dict[str, str], day: date = TODAY, **results: str
    ) -> None:
        """Add evidence of a variant to that of a page."""
        page = self.read(name).as_variant(variant)
        whole, run = read_lock(self.project, page), self._run(page, day, versions, results)
        assert whole is not None
        write_lock(self.project, page, replace(whole, variants={**whole.variants, variant: run}))

    def _run(
        self, page: Page, day: date, versions: dict[str, str], results: dict[str, str]
    ) -> Lock:
        blocks = {
            block.name: Result(block.sha256, results.get(block.name.replace("-", "_"), "passed"))
            for block in page.verified_blocks
            if results.get(block.name.replace("-", "_")) != "absent"
        }
        inputs = input_digests(self.project, page.strings("inputs"), page.where)
        return Lock(page.where, day, page.setup, versions, inputs, blocks)

    def configure(self) -> None:
        """Take this repository's settings, with every page of this project in the navigation."""
        config = _OWN.sub("", (ROOT / "mkdocs.yml").read_text("utf-8"))
        names = sorted(p.relative_to(self.root / "docs") for p in self.root.glob("docs/**/*.md"))
        nav = "\n".join(f"  - {name.as_posix()}" for name in names)
        self.write("mkdocs.yml", f"{config}\nnav:\n{nav}\n")

    def build(self, *arguments: str, configure: bool = True) -> subprocess.CompletedProcess[str]:
        """Build the site, as strict as this repository's own."""
        if configure:
            self.configure()
        epoch = int((TODAY - date(1970, 1, 1)).total_seconds())
        return subprocess.run(
            [sys.executable, "-m", "mkdocs", "build", *arguments],
            cwd=self.root,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch), "NO_MKDOCS_2_WARNING": "1"},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def html(self, name: str = "index.html") -> BeautifulSoup:
        """A page of the built site."""
        return BeautifulSoup((self.root / "site" / name).read_text("utf-8"), "html.parser")
