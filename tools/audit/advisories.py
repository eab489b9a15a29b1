"""Known vulnerabilities of what is installed, as OSV knows them today: asks a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from tools.audit.subject import LeftOutError, Subject, ToolError

LOCKS: Final = ("requirements.txt", "airgap/requirements.txt", "tools/audit/requirements.txt")
_SILENT: Final = ("ConnectionError", "ServiceError", "Timeout")


def advisories(subject: Subject) -> Iterator[str]:
    """No pinned Python package has a known vulnerability.

    Raises:
        LeftOutError: the server does not answer.
    """
    for lock in LOCKS:
        # Its other source takes a package index that knows of none for one that found none.
        flags = (
            "-s",
            "osv",
            "-f",
            "json",
            "--progress-spinner",
            "off",
            "--disable-pip",
            "--no-deps",
        )
        done = subject.run("pip-audit", *flags, "-r", lock)
        try:
            packages = json.loads(done.stdout)["dependencies"]
        except (ValueError, KeyError):
            *_, last = done.stderr.strip().splitlines() or [""]
            if any(word in last for word in _SILENT):
                raise LeftOutError("the server of known vulnerabilities does not answer") from None
            raise ToolError(f"pip-audit: {last}") from None
        for package in packages:
            if why := package.get("skip_reason"):
                yield f"{lock}: {package['name']}: {why}"
            for one in package.get("vulns", ()):
                mended = ", ".join(one["fix_versions"]) or "none"
                found = f"{package['name']} {package['version']}: {one['id']}"
                yield f"{lock}: {found}; mended in {mended}"
