"""`ledger merge`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ledger.cli.common import add_json, describe, print_json, say
from ledger.errors import Exit, UsageError

_VERSIONS = ("base", "ours", "theirs")


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Merge two branches' versions of a skill by what its header means. The result\n"
        "goes into OURS; exit code 1 if it holds conflict markers, as with git\n"
        "merge-file. With --install git itself calls it for all skills, in this clone.",
        "ledger merge --install && git merge other-branch",
        "ledger merge base.md ours.md theirs.md",
    )
    helps = ("what both branches began with", "our version; gets the result", "their version")
    for name, text in zip(_VERSIONS, helps, strict=True):
        parser.add_argument(name, metavar=name.upper(), nargs="?", type=Path, help=text)
    parser.add_argument(
        "--marker-size", type=int, default=7, metavar="N", help="length of a conflict marker"
    )
    parser.add_argument("--path", metavar="NAME", help="how messages name the file (default: OURS)")
    parser.add_argument("--install", action="store_true", help="make it git's driver in this clone")
    parser.add_argument(
        "--dry-run", action="store_true", help="with --install: say what would be written"
    )
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    given = [path for name in _VERSIONS if (path := getattr(args, name))]
    if args.install and not given:
        return _install(args)
    if args.install or args.dry_run or len(given) < len(_VERSIONS) or args.marker_size < 1:
        raise UsageError(
            "give three files, or --install, which alone takes --dry-run",
            fix="ledger merge BASE OURS THEIRS",
        )
    return _merge(args)


def _install(args: argparse.Namespace) -> Exit:
    from ledger.core.merge_git import install
    from ledger.core.project import Project

    changed = install(Project.here().root, dry_run=args.dry_run)
    if args.json:
        print_json("merge-install", changed=changed, dry_run=args.dry_run)
        return Exit.DONE
    for change in changed:
        say(f"{'would write' if args.dry_run else 'wrote'} {change}")
    if not changed:
        say("git merges skills with ledger already")
    elif not args.dry_run:
        say("hint: commit .gitattributes; each clone runs --install once")
    return Exit.DONE


def _merge(args: argparse.Namespace) -> Exit:
    from ledger.core.merge_git import merge_files

    where = args.path or str(args.ours)
    merged, problem = merge_files(
        args.base, args.ours, args.theirs, where=where, marker_size=args.marker_size
    )
    if args.json:
        print_json(
            "merge",
            path=where,
            clean=not merged.conflicts,
            plain=str(problem) if problem else None,
            conflicts=list(merged.conflicts),
            decisions=[decision._asdict() for decision in merged.decisions],
        )
    else:
        if problem:
            say(f"{where}: merged as plain text, because {problem.where or 'it'}: {problem.what}")
        for key, value, why in merged.decisions:
            say(f"{where}: {key}: {value}: {why}")
        for key in merged.conflicts:
            say(f"{where}: {key}: conflict")
    return Exit.FOUND if merged.conflicts else Exit.DONE
