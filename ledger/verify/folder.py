"""What a page's shell starts with: its folder and its variables."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from ledger.cluster import Identity, environment
from ledger.pages.page import Page

# A page that needs no cluster must not reach one either, whatever the user's own kubeconfig says.
_NO_CLUSTER: Final = {"KUBECONFIG": os.devnull}
# What a block is given of the user's own variables: none of these holds a secret.
_PASSED: Final[tuple[str, ...]] = (
    *("PATH", "KUBECONFIG", "DOCKER_HOST", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)


def lay_out(root: Path, names: Iterable[str], folder: Path) -> None:
    """Give the page its own copy of its inputs.

    A page that reads a file it does not declare fails, so its evidence cannot miss a change; and
    no block can change the project.
    """
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (root / name).is_dir():
            shutil.copytree(root / name, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(root / name, target)


def way_to(page: Page, work: Path, env: Mapping[str, str]) -> str:
    """How a person gets to what a page left: its folder, and its variables.

    Args:
        page: the page.
        work: the folder that its shell started in.
        env: the variables of its shell.
    """
    names = [name for name in ("KUBECONFIG", "NAMESPACE", *page.parameters) if name in env]
    given = " ".join(f"{name}={shlex.quote(env[name])}" for name in dict.fromkeys(names))
    lines = [f"kept what {page.where} made:", f"  cd {shlex.quote(str(work))}", f"  export {given}"]
    return "\n".join(lines)


def environment_of(identity: Identity | None, parameters: Mapping[str, str]) -> dict[str, str]:
    """The variables of a page's shell.

    Args:
        identity: the cluster that they lead to; None for none.
        parameters: the page's own.
    """
    everything = environment(identity) if identity else {**os.environ, **_NO_CLUSTER}
    passed = {name: everything[name] for name in _PASSED if name in everything}
    if sys.prefix != sys.base_prefix:
        # As if the virtual environment was activated: a page finds the pytest that runs it.
        passed["PATH"] = f"{sys.prefix}/bin{os.pathsep}{passed.get('PATH', os.defpath)}"
    return {**passed, **parameters}
