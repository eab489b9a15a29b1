"""What a machine has for this program: interpreter, packages, programs, an engine, room."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from ledger import __version__
from ledger.cluster import NAME, engine, places, recorded
from ledger.cluster.guard import prove
from ledger.core.extra import install, missing
from ledger.errors import LedgerError

_USE: Final = {
    "offline": "ledger verify --offline",
    "site": "the site",
    "cluster": "pages on a cluster",
    "sign": "ledger evidence sign",
}
_ROOM: Final = 10
"""GiB that building a cluster for the first time takes at least."""
_INOTIFY: Final = Path("/proc/sys/fs/inotify/max_user_instances")
_WATCHES: Final = 512
"""What kind asks for, for several clusters on one machine."""
_BASH: Final = (4, 4)
_SECONDS: Final = 20


class State(StrEnum):
    """How a thing is."""

    OK = "ok"
    NOTE = "note"
    MISSING = "missing"


class Check(NamedTuple):
    """One thing that was looked at.

    Attributes:
        name: what it is.
        state: `missing` is what this project cannot do without; a `note` is what something needs.
        what: how it is, in a clause.
        fix: how to get it, or mend it; empty where there is nothing to do.
    """

    name: str
    state: State
    what: str
    fix: str = ""


def machine(*, cluster: bool, site: bool) -> Iterator[Check]:
    """Look at the machine.

    Args:
        cluster: whether pages of the project need a cluster.
        site: whether the project has a site.
    """
    yield Check("ledger", State.OK, f"{__version__}, Python {platform.python_version()}")
    for extra, use in _USE.items():
        yield _extra(extra, use, needed={"cluster": cluster, "site": site}.get(extra, False))
    yield _bash()
    yield _git()
    yield _engine(needed=cluster)
    yield _cluster()
    yield _room()
    if _INOTIFY.is_file():
        yield _watches()


def _extra(extra: str, use: str, *, needed: bool) -> Check:
    name = f"[{extra}]"
    if lacking := missing(extra):
        state = State.MISSING if needed else State.NOTE
        return Check(name, state, f"no {', '.join(lacking)}: for {use}", install(extra))
    return Check(name, State.OK, f"for {use}")


def _said(*command: str) -> str | None:
    """What a program prints; None if it is not there, fails or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _bash() -> Check:
    version = _said("bash", "-c", "echo ${BASH_VERSINFO[0]}.${BASH_VERSINFO[1]}")
    if version and tuple(map(int, version.split("."))) >= _BASH:
        return Check("bash", State.OK, version)
    what = f"{version} is too old" if version else "not here"
    return Check("bash", State.MISSING, f"{what}: blocks run in it", "install bash 4.4 or newer")


def _git() -> Check:
    version = _said("git", "--version")
    if version:
        return Check("git", State.OK, version.removeprefix("git version "))
    return Check("git", State.NOTE, "not here: for ledger log and merge", "install git")


def _engine(*, needed: bool) -> Check:
    """A Docker engine; kind and kubectl come with the cluster, of its own versions."""
    if version := _said("docker", "info", "--format", "{{.ServerVersion}}"):
        return Check("docker", State.OK, f"engine {version}; kind, kubectl come with the cluster")
    if engine.runs():
        return Check("docker", State.OK, "an engine that `ledger cluster up` started")
    podman = shutil.which("podman")
    found = shutil.which("docker")
    what = (
        "no engine answers" if found else "podman is here, Docker is not" if podman else "not here"
    )
    if os.geteuid() == 0 and shutil.which("apt-get"):
        fix = "start Docker; without it `ledger cluster up` starts an engine of Debian's packages"
        return Check("docker", State.NOTE, f"{what}: for a cluster of one's own", fix)
    fix = "install Docker and start it; pages with `cluster: false` need none"
    state = State.MISSING if needed else State.NOTE
    return Check("docker", state, f"{what}: for a cluster of one's own", fix)


def _cluster() -> Check:
    try:
        known = recorded(NAME)
        if known is None:
            return Check("cluster", State.NOTE, "none is on record", "ledger cluster up")
        prove(known)
    except LedgerError as error:
        return Check("cluster", State.NOTE, error.what, error.fix)
    return Check("cluster", State.OK, f"{known.name}, Kubernetes {known.kubernetes}")


def _room() -> Check:
    folder = places.cache_home()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free / 2**30
    what = f"{free:.0f} GiB free where clusters are built"
    if free >= _ROOM:
        return Check("disk", State.OK, what)
    return Check("disk", State.NOTE, what, f"a first cluster needs {_ROOM} GiB: make room")


def _watches() -> Check:
    found = int(_INOTIFY.read_text())
    if found >= _WATCHES:
        return Check("inotify", State.OK, f"{found} instances a user")
    what = f"{found} instances a user: several clusters need {_WATCHES}"
    return Check("inotify", State.NOTE, what, f"sysctl fs.inotify.max_user_instances={_WATCHES}")
