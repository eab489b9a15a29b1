"""`ledger cluster up|status|down`."""

from __future__ import annotations

import click

from ledger.cli.common import as_json, print_json, say


@click.group("cluster")
def command() -> None:
    """Raise, look at or remove the kind cluster that pages run on.

    \b
    Examples:
      ledger cluster up              raise it; a cold first time builds for about 15 minutes
      ledger cluster status --json
      ledger cluster down            remove it; caches stay
      ledger cluster down --all      also stop the Docker engine that up started
    """


@command.command()
@as_json
def up(as_json: bool) -> None:
    """Raise the cluster and record its identity; nothing to do if it runs."""
    from ledger import cluster

    identity = cluster.up(say=say)
    if as_json:
        print_json(
            "cluster",
            name=identity.name,
            server=identity.server,
            uid=identity.uid,
            kubernetes=identity.kubernetes,
            way=identity.way,
        )
    else:
        say(f"cluster {identity.name} is up: Kubernetes {identity.kubernetes} ({identity.way})")
        say(f"use it: export KUBECONFIG={identity.kubeconfig} PATH={identity.bin}:$PATH")
