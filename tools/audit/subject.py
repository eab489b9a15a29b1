"""What is audited: the project's files, and each overlay as kustomize renders it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from ledger.core.project import Project


class ToolError(Exception):
    """A program of the audit cannot do its work: kustomize cannot render an overlay, say."""


class LeftOutError(Exception):
    """A step cannot run here."""


@dataclass(frozen=True)
class Subject:
    """A project, and the programs to audit it with.

    Args:
        project: what is audited.
        tools: folder of actionlint, gitleaks, kubectl, parliament, pip-audit and zizmor.
    """

    project: Project
    tools: Path

    @property
    def manifests(self) -> Path:
        """The folder of everything that is applied."""
        return self.project.root / "manifests"

    def run(
        self, tool: str, *args: str, given: str = "", folder: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the programs, in the project's folder or in another one."""
        return subprocess.run(
            [self.tools / tool, *args],
            cwd=folder or self.project.root,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )

    @cached_property
    def rendered(self) -> dict[str, str]:
        """Each overlay as it is applied, by its folder; a base is never applied alone.

        Raises:
            ToolError: kustomize refuses one.
        """
        found = {}
        for path in sorted(self.manifests.rglob("kustomization.yaml")):
            kind = yaml.safe_load(path.read_text("utf-8")).get("kind")
            if path.parent.name != "base" and kind != "Component":
                where = self.project.relative(path.parent)
                done = self.run("kubectl", "kustomize", where)
                if done.returncode:
                    raise ToolError(f"{where}: {done.stderr.strip()}")
                found[where] = done.stdout
        return found

    def resources(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every resource of every overlay, with words that say where it is."""
        for where, text in self.rendered.items():
            for resource in filter(None, yaml.safe_load_all(text)):
                name = f"{resource['kind']}/{resource['metadata']['name']}"
                yield f"{where}: {name}", resource
