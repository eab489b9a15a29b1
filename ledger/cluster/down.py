"""Take the cluster away, and on request all that was done to the machine for it."""

from __future__ import annotations

import os
import shutil

from ledger.cluster import changes, engine, identity, places
from ledger.cluster.lock import locked
from ledger.cluster.run import CommandFailed, Shell
from ledger.cluster.steps import Say, failed


def down(name: str = identity.NAME, *, everything: bool = False, say: Say) -> list[str]:
    """Remove the cluster `name`: nodes, record, kubeconfig and programs.

    Args:
        name: the cluster; only one that this project made is touched.
        everything: remove every cluster of the project, and undo all changes to the host.
            Caches stay.
        say: tells the user what goes on, a line at a time.

    Returns:
        The names of the clusters that were removed.

    Raises:
        ClusterError: something could not be removed.
    """
    with locked(places.cache_home(), say):
        known = identity.names()
        chosen = known if everything else [found for found in known if found == name]
        if not chosen:
            say("no cluster is on record" if everything else f"no cluster {name} is on record")
        touched = chosen or (everything and (engine.read() or changes.noted()))
        found = engine.find(Shell(places.fresh_log("engine"))) if touched else None
        for cluster in chosen:
            _remove(cluster, found, say)
        if everything:
            _undo(found, say)
        cache = places.cache_home()
        say(f"caches stay in {cache} ({places.size(cache) / 2**30:.1f} GiB)")
    return chosen


def _remove(name: str, found: engine.Engine | None, say: Say) -> None:
    node = f"{name}-control-plane"
    if found:
        record = identity.read(name)
        env = {**found.env, **(record.engine if record else {})}
        shell = Shell(places.fresh_log(f"cluster-{name}"), env)
        try:
            if shell.run("docker ps --all --quiet --filter", f"name=^{node}$").strip():
                shell.run("docker rm --force --volumes", node)
        except CommandFailed as error:
            raise failed(f"removing cluster {name}", error) from error
    shutil.rmtree(identity.bin_of(name), ignore_errors=True)
    for path in (identity.kubeconfig_of(name), identity.pending_of(name), identity.path_of(name)):
        path.unlink(missing_ok=True)
    say(f"removed cluster {name}")


def _undo(found: engine.Engine | None, say: Say) -> None:
    if found:
        shell = Shell(places.logs() / "engine.log", found.env)
        noted = {"network": ["kind"]} if found.ours else changes.noted()
        for kind, names in noted.items():
            for thing in names:
                if shell.answers("docker", kind, "rm", thing):
                    say(f"removed {kind} {thing}")
        changes.forget()
    engine.stop(say)
    if os.path.lexists(places.clusters()) and not any(places.clusters().iterdir()):
        places.clusters().rmdir()
