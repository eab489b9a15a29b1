"""`ledger cluster up|status|down`."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import click

from ledger.cli.common import as_json, print_json, say
from ledger.errors import Exit


@click.group("cluster")
def command() -> None:
    """Raise, look at or remove the kind cluster that pages run on.

    \b
    Examples:
      ledger cluster up              raise it; a first time builds for about 15 minutes
      ledger cluster status --json
      ledger cluster down            remove it; caches stay
      ledger cluster down --all      also stop the Docker engine that up started
    """


@command.command()
@as_json
def up(as_json: bool) -> None:
    """Raise the cluster and record its identity; nothing to do if it runs.

    With a Docker engine and a registry: kind and the public node image. Without: everything is
    built from package registries. LEDGER_CLUSTER_WAY=registry|airgap forces one.
    """
    from ledger import cluster

    identity = cluster.up(say=say)
    if as_json:
        print_json("cluster", **_plain(identity))
        return
    say(f"cluster {identity.name} is up: Kubernetes {identity.kubernetes} ({identity.way})")
    click.echo(f"export KUBECONFIG={identity.kubeconfig} PATH={identity.bin}:$PATH")


@command.command()
@as_json
def status(as_json: bool) -> None:
    """Say whether the cluster runs and what it is; exit 1 if it does not."""
    from ledger import cluster

    found = cluster.status()
    if as_json:
        print_json("cluster-status", **_plain(found))
    elif found.running:
        versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
        click.echo(f"{found.name} runs since {found.created} ({found.way})")
        click.echo(f"  server    {found.server}\n  uid       {found.uid}\n  versions  {versions}")
        click.echo(f"  images    {', '.join(found.images) or 'none'}")
    else:
        click.echo(f"{found.name} does not run: {found.reason}")
    if not as_json:
        click.echo(f"  cache     {found.cache} ({found.cache_bytes / 2**30:.1f} GiB)")
    if not found.running:
        sys.exit(Exit.FOUND)


@command.command()
@click.option("--all", "everything", is_flag=True, help="Also stop the Docker engine we started.")
def down(everything: bool) -> None:
    """Remove the cluster, its record and its kubeconfig; nothing to do if there is none."""
    from ledger import cluster

    cluster.down(everything=everything, say=say)


def _plain(thing: object) -> dict[str, object]:
    fields = dataclasses.asdict(thing)  # type: ignore[call-overload]
    return {key: str(value) if isinstance(value, Path) else value for key, value in fields.items()}
