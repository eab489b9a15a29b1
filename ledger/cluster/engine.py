"""The Docker engine: use one that answers, else start one and be able to undo that."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ledger.cluster import leftovers, places
from ledger.cluster.run import Shell
from ledger.cluster.steps import Say, remove
from ledger.errors import ClusterError

_CLASSIC = {"DOCKER_BUILDKIT": "0"}
"""Images are made of copied files only: the classic builder does that without a plugin."""

_SIDE = ("/opt/containerd", "/run/containerd", "/run/docker")
"""Folders that the engine makes at fixed places, whatever it is told."""


@dataclass(frozen=True)
class Engine:
    """A Docker engine that answers.

    Args:
        env: the variables that lead to it.
        ours: whether this project started it.
    """

    env: dict[str, str]
    ours: bool


def tool_environment(tools: Path) -> dict[str, str]:
    """Give the variables under which unpacked programs find each other and their libraries."""
    usr = tools / "root" / "usr"
    libraries = sorted({str(path.parent) for path in (tools / "root").rglob("*.so*")})
    return {
        "PATH": os.pathsep.join([f"{usr}/sbin", f"{usr}/bin", os.environ.get("PATH", os.defpath)]),
        "LD_LIBRARY_PATH": os.pathsep.join(
            path for path in libraries if not path.endswith("xtables")
        ),
        "XTABLES_LIBDIR": next((path for path in libraries if path.endswith("xtables")), ""),
    }


@dataclass(frozen=True)
class Started:
    """What is kept about an engine that this project started.

    Args:
        pid: its process.
        bin: the folder with its client.
        made: folders outside of its own that were not there before.
    """

    pid: int
    bin: str
    made: list[str]

    def engine(self) -> Engine:
        """Give the way to the engine."""
        path = os.pathsep.join([self.bin, os.environ.get("PATH", os.defpath)])
        return Engine({**_CLASSIC, "DOCKER_HOST": f"unix://{_socket()}", "PATH": path}, ours=True)


def _socket() -> Path:
    return places.run_folder() / "docker.sock"


def find(shell: Shell) -> Engine | None:
    """Find an engine that answers: the one that this project started, else the machine's own."""
    started = read()
    if started and _socket().exists():
        engine = started.engine()
        if Shell(shell.log, engine.env).answers("docker info"):
            return engine
    if shell.answers("docker info"):
        return Engine(_CLASSIC, ours=False)
    return None


def read() -> Started | None:
    """Read the record of the engine that this project started, if it did."""
    path = places.engine_home() / "engine.json"
    return Started(**json.loads(path.read_text("utf-8"))) if path.is_file() else None


def runs() -> bool:
    """Tell whether an engine that this project started runs; a record alone may outlive it."""
    started = read()
    return started is not None and _alive(started.pid)


def start(tools: Path, say: Say) -> Engine:
    """Start an engine out of unpacked packages. Nothing is installed and no firewall rule is made.

    Raises:
        ClusterError: the user is not root, or the engine does not come up within a minute.
    """
    if os.geteuid() != 0:
        raise ClusterError(
            "no Docker engine answers, and only root can start one",
            fix="start Docker, or run `ledger cluster up` as root",
        )
    home, run = places.engine_home(), places.run_folder()
    say(
        "host change: start a Docker engine (dockerd, containerd) as root; "
        f"sockets in {run}, data in {home}"
    )
    say(f"host change: mounts below them, cgroups named {run.name}, folders {', '.join(_SIDE)}")
    say("`ledger cluster down --all` undoes all of it")
    stop(lambda _: None)
    for folder in (home, run):
        folder.mkdir(parents=True, exist_ok=True)
    # A copy of its own: a running engine outlives the cache's older results.
    mine = home / "tools"
    shutil.copytree(tools, mine, symlinks=True, copy_function=_link)
    made = [folder for folder in _SIDE if not Path(folder).exists()]
    started = Started(_launch(mine, home, run), str(mine / "root" / "usr" / "bin"), made)
    (home / "engine.json").write_text(json.dumps(asdict(started), indent=2) + "\n", "utf-8")
    _wait(started)
    return started.engine()


def _link(source: str, target: str) -> None:
    """Link a file, or copy it where the folders are not on one file system."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _launch(tools: Path, home: Path, run: Path) -> int:
    usr = tools / "root" / "usr"
    command = [
        f"{usr}/sbin/dockerd",
        "--host",
        f"unix://{_socket()}",
        "--pidfile",
        f"{run}/docker.pid",
        "--data-root",
        f"{home}/data",
        "--exec-root",
        f"{run}/exec",
        "--storage-driver",
        "overlay2",
        # A node needs no way out: the host's firewall, forwarding and default bridge stay as is.
        "--iptables=false",
        "--ip6tables=false",
        "--ip-forward=false",
        "--ip-masq=false",
        "--bridge=none",
        # Cgroups of its own, so that they can be told from another engine's and taken away.
        "--exec-opt",
        "native.cgroupdriver=cgroupfs",
        "--cgroup-parent",
        f"/{run.name}",
        "--userland-proxy-path",
        f"{usr}/sbin/docker-proxy",
    ]
    places.logs().mkdir(parents=True, exist_ok=True)
    with places.fresh_log("dockerd").open("wb") as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, **tool_environment(tools)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    return process.pid


def _wait(started: Started) -> None:
    log = places.logs() / "dockerd.log"
    until = time.monotonic() + 60
    while not Shell(places.logs() / "engine.log", started.engine().env).answers("docker info"):
        if time.monotonic() > until or not _alive(started.pid):
            tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-8:])
            stop(lambda _: None)
            raise ClusterError(
                f"the Docker engine did not start; its last lines are:\n{tail}",
                where=str(log),
                fix="start a Docker engine of your own, or mend the cause and try again",
            )
        time.sleep(0.3)


def stop(say: Say) -> None:
    """Stop the engine that this project started, and undo what it did to the host."""
    started = read()
    if started is None:
        return
    say("host change undone: stop the Docker engine, its mounts, cgroups, sockets and data")
    _end(started.pid)
    leftovers.end_orphans()
    # The record goes last: what fails here can be tried again.
    for folder in (places.run_folder(), *map(Path, started.made), places.engine_home()):
        leftovers.unmount(folder)
        remove(folder)
    leftovers.drop_cgroups()


def _end(pid: int) -> None:
    for number, seconds in ((signal.SIGTERM, 30), (signal.SIGKILL, 5)):
        if not _alive(pid):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        until = time.monotonic() + seconds
        while _alive(pid) and time.monotonic() < until:
            time.sleep(0.1)


def _alive(pid: int) -> bool:
    """Tell whether the process is the engine, and not another one that got its number."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        return b"dockerd" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
