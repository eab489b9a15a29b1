"""`ledger init`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.common import (
    add_json,
    add_now,
    add_preview,
    describe,
    one_of,
    print_json,
    print_text,
    say,
    today,
)
from ledger.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.adopt.plan import Change
    from ledger.adopt.record import Record


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Make a project in DIR, a git repository or not: skills/, docs/ with a page that\n"
        "passes without a cluster, mkdocs.yml, a GitHub workflow, pre-commit hooks. The\n"
        "template backup adds a page that needs a cluster, later too.\n\n"
        "No file is overwritten: what is there is kept, and named. --update brings what\n"
        "init wrote up to this version and keeps your edits; a page or a skill, once\n"
        "written, is yours. Exit code 1 if an edit and this version collide.",
        "ledger init runbooks",
        "ledger init --template backup --dry-run",
        "ledger init --update --diff",
    )
    parser.add_argument(
        "folder", metavar="DIR", nargs="?", default=".", help="the project's folder (default: .)"
    )
    parser.add_argument("--template", metavar="NAME", help="minimal (default) or backup")
    parser.add_argument("--name", metavar="TEXT", help="the site's name (default: the folder's)")
    parser.add_argument(
        "--update", action="store_true", help="bring what init wrote up to this version"
    )
    parser.add_argument(
        "--keep",
        metavar="FILE",
        action="append",
        default=[],
        help="with --update: FILE is as it should be; do not offer this version of it again",
    )
    add_preview(parser)
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.adopt import record, template, write
    from ledger.adopt.plan import Action, plan

    root = Path(args.folder)
    if root.exists() and not root.is_dir():
        raise UsageError("is no folder", where=args.folder)
    old = record.read(root)
    was = old.template if old else "minimal"
    kind = one_of(args.template or was, template.TEMPLATES, "template")
    if not set(template.TEMPLATES[was]) <= set(template.TEMPLATES[kind]):
        raise UsageError(f"the template here is {was}", fix="leave out --template")
    _check(args, old)
    name = args.name or (old.name if old else root.resolve().name)
    files = template.files(kind, name, today(args))
    update = args.update or kind != was  # what is added stands in files that are there, too
    changes = plan(root, files, old, update=update, settled=args.keep)
    written = not (args.dry_run or args.diff)
    if written:
        new = write.recorded(kind, name, old, changes, files, args.keep)
        write.write(root, changes, new)
    _tell(args, changes, old, kind=kind, written=written)
    return Exit.FOUND if any(c.action is Action.CONFLICT for c in changes) else Exit.DONE


def _check(args: argparse.Namespace, old: Record | None) -> None:
    if args.update and old is None:
        what = "there is nothing to update: no .ledger-init.json"
        raise UsageError(what, where=args.folder, fix="ledger init")
    if args.keep and not args.update:
        raise UsageError("--keep goes with --update", fix="ledger init --update --keep FILE")
    for path in args.keep:
        if old and path not in old.files:
            raise UsageError("init did not write it", where=path, fix="leave out --keep")
    if old and args.name not in {None, old.name}:
        raise UsageError(f"the name here is {old.name}", fix="leave out --name")


def _tell(
    args: argparse.Namespace,
    changes: Sequence[Change],
    old: Record | None,
    *,
    kind: str,
    written: bool,
) -> None:
    from ledger import __version__
    from ledger.adopt.plan import WRITTEN, Action
    from ledger.adopt.settings import lacking

    diff = "".join(change.diff() for change in changes)
    if args.json:
        print_json(
            "init",
            template=kind,
            version=__version__,
            written=written,
            files=[{"path": c.path, "action": c.action, "why": c.why} for c in changes],
            diff=diff,
        )
    elif args.diff:
        print_text(diff)
    else:
        for change in changes:
            why = f"  ({change.why})" if change.why else ""
            print_text(f"{change.action:8}  {change.path}{why}\n")
    conflicts = [change for change in changes if change.action is Action.CONFLICT]
    if conflicts and not (args.diff or args.json):
        print_text("\n" + "".join(change.diff() for change in conflicts))
    for change in conflicts:
        say(f"conflict: {change.path}: above is what is new; take over what you want, then")
        say(f"  ledger init --update --keep {change.path}")
    for hint in lacking(Path(args.folder)) if written else ():
        say(f"note: {hint}")
    if not written:
        say("nothing was written")
    elif old is None and any(c.action in WRITTEN for c in changes):
        _next(args.folder)


def _next(folder: str) -> None:
    say("next:")
    if Path(folder).resolve() != Path.cwd():
        say(f"  cd {folder}")
    say("  ledger verify docs/runbook/restore-a-file.md    # run a page")
    say("  ledger verify --update-lock                     # keep the evidence")
    say("  ledger site build                               # see it on the site")
    say("  ledger doctor                                   # what this machine lacks")
