"""What raising a cluster works with, and the choice between the two ways to a node image."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.cluster import changes, engine, identity, places
from ledger.cluster.pins import Pins
from ledger.cluster.recipe import Recipe, recipe
from ledger.cluster.run import Shell
from ledger.cluster.steps import Say, Store
from ledger.errors import ClusterError, UsageError

WAYS = ("registry", "airgap")


@dataclass(frozen=True)
class Site:
    """What one `up` works with.

    Args:
        root: the project.
        pins: its pins.
        recipe: the steps that follow from them.
        store: their results.
        engine: the Docker engine.
        way: where the node image comes from: `registry` or `airgap`.
        say: tells the user what goes on.
    """

    root: Path
    pins: Pins
    recipe: Recipe
    store: Store
    engine: engine.Engine
    way: str
    say: Say

    def node_name(self) -> str:
        """Name the node image."""
        if self.way == "registry":
            return self.pins.node_image
        return f"phase-ledger/node:{self.recipe.node.key()[:12]}"

    def shell(self, name: str) -> Shell:
        """Run programs that see the engine and the pinned kind, with the log `name`."""
        kind = self.store.get(self.recipe.binaries["kind"]) / "bin"
        path = (
            f"{kind}{os.pathsep}{self.engine.env.get('PATH', os.environ.get('PATH', os.defpath))}"
        )
        return Shell(places.fresh_log(name), {**self.engine.env, "PATH": path})


def prepare(root: Path, name: str, say: Say, *, kubernetes: str = "") -> Site:
    """Find or start an engine, and choose the way for the cluster `name`.

    Args:
        root: the project.
        name: the cluster.
        say: tells the user what goes on.
        kubernetes: a minor release, such as `1.33`; the usual one if empty.

    Raises:
        ClusterError: the way asked for cannot be gone.
        UsageError: LEDGER_CLUSTER_WAY is neither `registry` nor `airgap`, or no such release.
    """
    pins = Pins.read(root)
    if kubernetes:
        pins = pins.of(kubernetes)
    forced = _forced_way()
    steps = recipe(pins)
    store = Store(places.cache_home(), places.logs(), say)
    shell = Shell(places.fresh_log("engine"))
    found = engine.find(shell)
    record = identity.read(name) if found else None
    if found is None and forced == "registry":
        raise ClusterError(
            "no Docker engine answers", fix="start Docker, or set LEDGER_CLUSTER_WAY=airgap"
        )
    way = (
        forced
        or (record.identity.way if record else "")
        or _choose_way(found, pins.node_image, shell, say)
    )
    if found is None:
        found = engine.start(store.get(steps.host_tools), say)
    return Site(root, pins, steps, replace(store, env=found.env), found, way, say)


def _forced_way() -> str:
    way = os.environ.get("LEDGER_CLUSTER_WAY", "")
    if way and way not in WAYS:
        raise UsageError(
            f"no such way: {way}",
            where="LEDGER_CLUSTER_WAY",
            fix=f"use {' or '.join(WAYS)}, or unset it",
        )
    return way


def _choose_way(found: engine.Engine | None, image: str, shell: Shell, say: Say) -> str:
    if found is None or found.ours:
        say(
            "no Docker engine of the machine's own answers: "
            "all of the cluster is built from package registries"
        )
        return "airgap"
    docker = Shell(shell.log, found.env)
    if docker.answers("docker image inspect", image):
        return "registry"
    say(f"pulling {image.partition('@')[0]} ...")
    if docker.answers("docker pull --quiet", image, seconds=1200):
        changes.note("image", image)
        return "registry"
    say("the node image cannot be pulled: building it from package registries")
    return "airgap"
