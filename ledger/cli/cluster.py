"""`ledger cluster up|status|down`."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.common import add_json, describe, print_json, print_text, say
from ledger.errors import Exit

if TYPE_CHECKING:
    from ledger.cluster.status import Status

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its own commands."""
    describe(
        parser,
        "Raise, look at or remove the kind cluster that pages run on.",
        "ledger cluster up           raise it; a first time builds for about 15 minutes",
        "ledger cluster status --json",
        "ledger cluster down         remove it; caches stay",
        "ledger cluster down --all   also stop the Docker engine that up started",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add_command in (_add_up, _add_status, _add_down):
        add_command(commands)


def _add_up(commands: Commands) -> None:
    parser = commands.add_parser("up", help="raise the cluster and record its identity")
    describe(
        parser,
        "Raise the cluster and record its identity; nothing to do if it runs.\n\n"
        "With a Docker engine and a registry: kind and the public node image. Without:\n"
        "everything is built from package registries. LEDGER_CLUSTER_WAY=registry or\n"
        "airgap forces one.",
        'eval "$(ledger cluster up)" && kubectl get nodes',
        "ledger cluster up --json | jq -r .kubeconfig",
        "ledger cluster up --name older --kubernetes 1.33",
    )
    _add_name(parser)
    parser.add_argument(
        "--kubernetes",
        metavar="RELEASE",
        default="",
        help="minor release of Kubernetes, of those in airgap/pins.toml; 1.34 by default",
    )
    add_json(parser)
    parser.set_defaults(run=_up)


def _add_status(commands: Commands) -> None:
    parser = commands.add_parser("status", help="say whether the cluster runs and what it is")
    describe(
        parser,
        "Say whether the cluster runs and what it is; exit 1 if it does not.",
        "ledger cluster status --json | jq -r .versions.kubernetes",
    )
    _add_name(parser)
    add_json(parser)
    parser.set_defaults(run=_status)


def _add_down(commands: Commands) -> None:
    parser = commands.add_parser("down", help="remove the cluster")
    describe(
        parser,
        "Remove the cluster, its record and its kubeconfig; nothing to do if there is\nnone.",
        "ledger cluster down --all",
    )
    _add_name(parser)
    parser.add_argument(
        "--all",
        dest="everything",
        action="store_true",
        help="also stop the Docker engine that up started, and every other cluster",
    )
    add_json(parser)
    parser.set_defaults(run=_down)


def _add_name(parser: argparse.ArgumentParser) -> None:
    from ledger.cluster import NAME

    parser.add_argument(
        "--name", default=NAME, help=f"the cluster, where there are several; {NAME} by default"
    )


def _up(args: argparse.Namespace) -> None:
    from ledger import cluster

    identity = cluster.up(args.name, kubernetes=args.kubernetes, say=say)
    if args.json:
        print_json("cluster", **_plain(identity))
        return
    say(f"cluster {identity.name} is up: Kubernetes {identity.kubernetes} ({identity.way})")
    print_text(f"export KUBECONFIG={identity.kubeconfig} PATH={identity.bin}:$PATH\n")


def _status(args: argparse.Namespace) -> Exit:
    from ledger import cluster

    found = cluster.status(args.name)
    if args.json:
        print_json("cluster-status", **_plain(found))
    else:
        print_text(_told(found))
    return Exit.DONE if found.running else Exit.FOUND


def _told(found: Status) -> str:
    lines = [f"{found.name} does not run: {found.reason}"]
    if found.running:
        versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
        lines = [
            f"{found.name} runs since {found.created} ({found.way})",
            f"  server    {found.server}",
            f"  uid       {found.uid}",
            f"  versions  {versions}",
            f"  images    {', '.join(found.images) or 'none'}",
        ]
    lines.append(f"  cache     {found.cache} ({found.cache_bytes / 2**30:.1f} GiB)")
    return "\n".join(lines) + "\n"


def _down(args: argparse.Namespace) -> None:
    from ledger import cluster

    removed = cluster.down(args.name, everything=args.everything, say=say)
    if args.json:
        print_json("cluster-down", removed=removed)


def _plain(thing: object) -> dict[str, object]:
    fields = dataclasses.asdict(thing)  # type: ignore[call-overload]
    return {key: str(value) if isinstance(value, Path) else value for key, value in fields.items()}
