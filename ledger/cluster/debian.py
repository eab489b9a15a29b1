"""Steps that make things of Debian packages: tools for the host, root file systems for images."""

from __future__ import annotations

import os
from pathlib import Path

from ledger.cluster.apt import Apt, mirror, unpack
from ledger.cluster.steps import Step, Task, remove


def tools(task: Task) -> None:
    """Unpack the engine, its helpers and debootstrap into a folder; nothing is installed."""
    inputs = task.inputs
    debs = []
    for suite, packages in (
        (inputs["engine-suite"], inputs["engine"]),
        (inputs["suite"], inputs["tools"]),
    ):
        apt = Apt.open(task.cache, suite, task.shell)
        debs += apt.fetch(packages.split(), task.out / "debs" / suite)
    unpack(debs, task.out / "root", task.shell)
    link_iptables(task.out / "root" / "usr" / "sbin")
    remove(task.out / "debs")


def files(task: Task) -> None:
    """Unpack packages into a folder for an image that has no package manager."""
    apt = Apt.open(task.cache, task.inputs["suite"], task.shell)
    debs = apt.fetch(task.inputs["packages"].split(), task.out / "debs")
    unpack(debs, task.out / "root", task.shell)
    if (task.out / "root" / "usr" / "sbin" / "xtables-nft-multi").exists():
        link_iptables(task.out / "root" / "usr" / "sbin")
    remove(task.out / "debs")


def link_iptables(folder: Path) -> None:
    """Make the links that Debian's alternatives would make."""
    for name in ("iptables", "ip6tables"):
        for kind in ("", "-save", "-restore"):
            (folder / f"{name}{kind}").symlink_to("xtables-nft-multi")


def root_filesystem(task: Task) -> None:
    """Bootstrap a minimal Debian with some packages, as one tar file."""
    suite, packages = task.inputs["suite"], task.inputs["packages"].split()
    architecture = task.shell.run("dpkg --print-architecture").strip()
    apt = Apt.open(task.cache, suite, task.shell)
    debs = apt.fetch_closure(packages, task.out / "debs")
    names = mirror(apt, debs, suite, architecture, task.out / "mirror")
    root, home = task.out / "root", task.needs["host-tools"] / "root" / "usr"
    path = task.shell.env.get("PATH", os.environ.get("PATH", os.defpath))
    variables = {
        "DEBOOTSTRAP_DIR": str(home / "share" / "debootstrap"),
        "PATH": os.pathsep.join([path, str(home / "bin")]),
    }
    # In a mount namespace of its own: a killed bootstrap leaves no mount behind.
    task.shell.under(variables).run(
        "unshare --mount sh",
        home / "sbin" / "debootstrap",
        *f"--variant=minbase --no-check-gpg --arch={architecture}".split(),
        f"--include={','.join(names)}",
        *(suite, root, f"file://{task.out}/mirror"),
    )
    (task.out / "packages.txt").write_text(
        "\n".join(sorted(deb.name for deb in debs)) + "\n", "utf-8"
    )
    for waste in (
        "var/cache/apt",
        "var/lib/apt/lists",
        "usr/share/doc",
        "usr/share/locale",
        "usr/share/man",
    ):
        remove(root / waste)
    task.shell.run(
        "tar -C", root, "--numeric-owner", "--exclude=./dev/*", "-cf", task.out / "root.tar", "."
    )
    for folder in ("root", "mirror", "debs"):
        task.shell.run("rm -rf --one-file-system", task.out / folder)


def root_step(name: str, suite: str, packages: tuple[str, ...], host_tools: Step) -> Step:
    """Describe a root file system."""
    inputs = {"suite": suite, "packages": " ".join(packages)}
    return Step(name, root_filesystem, 60, inputs=inputs, needs=(host_tools,))
