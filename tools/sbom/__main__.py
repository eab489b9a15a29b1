"""Write dist/phase-ledger.cdx.json: every pinned thing that this project installs or builds.

Python packages, Go modules and public images. Debian packages are what the machine's own archive
serves on the day, and are not in it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ledger.pages.evidence import PINS

TOOLS = Path(".ledger/audit/bin")
LOCKS = ("requirements.txt", "airgap/requirements.txt")
SBOM = Path("dist/phase-ledger.cdx.json")
IMAGE = re.compile(r'"(?P<name>[\w./-]+):(?P<tag>[\w.-]+)@(?P<digest>sha256:[0-9a-f]{64})"')


def main() -> int:
    """Write it, and say how much is in it."""
    bom = python()
    more = {one["bom-ref"]: one for one in (*modules(), *images())}
    bom["components"] += [more[ref] for ref in sorted(more)]
    SBOM.parent.mkdir(exist_ok=True)
    SBOM.write_text(json.dumps(bom, indent=2) + "\n", "utf-8")
    print(f"{SBOM}: {len(bom['components'])} components")
    return 0


def python() -> dict[str, Any]:
    """The bill of the Python packages, with their digests."""
    command = [str(TOOLS / "cyclonedx-py"), "requirements", "-", "--pyproject", "pyproject.toml"]
    locks = "".join(Path(name).read_text("utf-8") for name in LOCKS)
    done = subprocess.run(
        [*command, "--output-reproducible"],
        input=locks,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    bom: dict[str, Any] = json.loads(done.stdout)
    return bom


def modules() -> Iterator[dict[str, Any]]:
    """The Go modules whose sources a build takes."""
    for path in sorted(Path("airgap").rglob("go.sum")):
        for line in path.read_text("utf-8").splitlines():
            name, version, _ = line.split()
            if not version.endswith("/go.mod"):
                yield component("library", name, version, f"pkg:golang/{name}@{version}")


def images() -> Iterator[dict[str, Any]]:
    """The public images that are pinned by digest."""
    for pin in IMAGE.finditer(Path(PINS).read_text("utf-8")):
        purl = f"pkg:oci/{pin['name'].rpartition('/')[2]}@{quote(pin['digest'])}?tag={pin['tag']}"
        yield component("container", pin["name"], pin["tag"], purl)


def component(kind: str, name: str, version: str, purl: str) -> dict[str, Any]:
    """A component as CycloneDX writes it."""
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    sys.exit(main())
