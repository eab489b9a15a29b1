"""`ledger verify`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.common import add_json, describe, print_json, print_text, say, say_error
from ledger.errors import ClusterError, Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.core.project import Project
    from ledger.pages.page import Page
    from ledger.verify.front import Account, Row
    from ledger.verify.update import Update


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Run the command blocks of PAGES on the cluster; without PAGES, of every page\n"
        "below docs/.\n\n"
        "Blocks run in order, in one shell a page. After the first that fails, the\n"
        "page's others are not run. A record of each run goes into .ledger/runs/.\n\n"
        "Without PAGES and without a cluster, those that need none run. Exit code 1 if a\n"
        "block failed, 4 if there is no cluster, 5 if the kubeconfig leads to another\n"
        "one than was recorded or named.",
        "ledger verify",
        "ledger verify docs/runbook/nats-backup.md",
        "ledger verify --update-lock && git diff evidence/",
        "ledger verify --changed --shard 1/3",
        "ledger verify --update docs/quick-start.md",
        "ledger verify --keep docs/quick-start.md",
        "ledger verify --cluster-uid UID docs/quick-start.md",
        "ledger verify --variant nats-server-2.15 --update-lock",
        "ledger verify --json | jq '.pages[].blocks[] | select(.result == \"failed\")'",
    )
    parser.add_argument("pages", metavar="PAGES", nargs="*", help="pages below docs/")
    parser.add_argument(
        "--update-lock",
        action="store_true",
        help="write what the run proved into evidence/, to be committed",
    )
    parser.add_argument(
        "--changed",
        action="store_true",
        help="leave out pages whose evidence holds; ages on the day of SOURCE_DATE_EPOCH or today",
    )
    parser.add_argument(
        "--shard",
        metavar="K/N",
        help="run the Kth of N parts, cut by how long pages took in .ledger/runs/",
    )
    parser.add_argument(
        "--update",
        action="store_true",
        help="show as a diff what pages should expect: what came back; patterns that match stay",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="take nothing down, and tell how to get to it; such a run is no evidence",
    )
    parser.add_argument(
        "--variant",
        metavar="NAME",
        default="",
        help="run pages with the fixtures of this variant; evidence goes beside the page's own",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--cluster",
        metavar="NAME",
        help="the cluster, where `ledger cluster up --name` made several",
    )
    which.add_argument(
        "--cluster-uid",
        metavar="UID",
        help="the cluster that $KUBECONFIG leads to, if its namespace kube-system has this UID; "
        "such a run is no evidence",
    )
    parser.add_argument("--write", action="store_true", help="write what --update shows")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write a JUnit report")
    parser.add_argument(
        "--offline",
        action="store_true",
        help="run no block: check pages and manifests as they are written",
    )
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    if args.offline:
        from ledger.cli import offline

        return offline.run(args)
    _check(args)
    from ledger.core.project import Project
    from ledger.verify import annotate

    project = Project.here()
    pages, left_out, waiting = _pages(args, project)
    if args.junit:
        annotate.prepare_junit(args.junit)
    for page, why in left_out.items():
        say(f"left out {page}: {why}")
    account = _account(args, project, pages)
    if args.junit:
        annotate.write_junit(args.junit, account.rows)
    code = _told(args, project, account, left_out)
    if waiting and not code:
        what = f"no cluster: {waiting} page{'s' * (waiting != 1)} did not run"
        raise ClusterError(what, fix="ledger cluster up")
    return code


def _pages(args: argparse.Namespace, project: Project) -> tuple[list[Page], dict[str, str], int]:
    """The pages to run; why the others are left out; how many of them for want of a cluster."""
    from ledger import cluster
    from ledger.core.clock import day
    from ledger.verify import choice, ready, record
    from ledger.verify.shard import Shard

    shard = Shard.read(args.shard) if args.shard else None
    every = choice.choose(project, args.pages, args.variant)
    changed = day() if args.changed else None
    pages, left_out = choice.narrow(project, every, changed=changed, shard=shard)
    named = args.pages or args.cluster or args.cluster_uid is not None
    waiting = {} if named else ready.homeless(pages)
    pages = [page for page in pages if page.where not in waiting]
    args.cluster = args.cluster or cluster.NAME
    ready.require_cluster(pages, args.cluster, args.cluster_uid)
    for page in pages if args.update_lock and args.variant else ():
        record.require_own(project, page)
    return pages, left_out | waiting, len(waiting)


def _check(args: argparse.Namespace) -> None:
    if args.write and not args.update:
        raise UsageError("--write goes with --update", fix="ledger verify --update --write")
    if args.update and args.update_lock:
        what = "--update and --update-lock exclude each other: evidence is of a page as it stands"
        raise UsageError(what, fix="ledger verify --update --write, then --update-lock")
    if args.cluster_uid is not None and args.update_lock:
        what = "a run on a cluster that ledger did not make is no evidence: its images are unknown"
        raise UsageError(what, fix="leave out --update-lock")
    if args.keep and args.update_lock:
        what = "--keep and --update-lock exclude each other: a page is proved with its tear-down"
        raise UsageError(what, fix="leave out --keep")
    if args.update and args.variant:
        raise UsageError("a page expects what its own run gives", fix="leave out --variant")


def _account(args: argparse.Namespace, project: Project, pages: Sequence[Page]) -> Account:
    """Run pages, and tell of each block as it ends."""
    from ledger.cli.verify_rows import printer
    from ledger.verify.annotate import Annotations
    from ledger.verify.front import Account, run_pages
    from ledger.verify.progress import Progress
    from ledger.verify.record import usual_seconds

    stream = sys.stderr if args.json else sys.stdout
    progress = Progress({page.where: usual_seconds(project, page) for page in pages})
    show, notes = printer(stream), Annotations(project, os.environ)

    def on_row(row: Row) -> None:
        progress.stop()
        show(row)

    account = Account()
    stream.write(notes.begin())
    try:
        account = run_pages(
            project,
            pages,
            on_start=progress.start,
            on_row=on_row,
            updating=args.update,
            keep=args.keep,
            name=args.cluster,
            uid=args.cluster_uid,
        )
    finally:
        progress.stop()
        stream.write(notes.end(account.rows))
    return account


def _told(
    args: argparse.Namespace, project: Project, account: Account, left_out: dict[str, str]
) -> Exit:
    """Write what was asked for, print the result, and give the exit code."""
    from ledger.cli.verify_rows import document, summary
    from ledger.verify.record import update_lock

    if args.update_lock:
        for run in account.runs:
            if not account.broken(run.page.where):
                say(f"wrote {project.relative(update_lock(run))}")
    mended = _updates(args, account) if args.update else 0
    if args.json:
        print_json("verify", **document(account, left_out))
    else:
        print_text(summary(account) + "\n")
    broken = account.count("failed") + account.count("not-run") - mended
    return Exit.FOUND if broken else Exit.DONE


def _updates(args: argparse.Namespace, account: Account) -> int:
    """Show, and write if asked to, what pages should expect; how many blocks were mended."""
    from ledger.verify.update import update

    mended = 0
    for change in map(update, account.runs):
        for problem in change.left:
            say_error(problem)
        if change.blocks:
            (say if args.json else print_text)(change.diff())
            mended += _write(change) if args.write else 0
    return mended


def _write(change: Update) -> int:
    change.write()
    say(f"wrote {change.run.page.where}")
    return len(change.blocks)
