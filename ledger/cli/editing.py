"""What the commands share that edit one header: preview or write, and say which."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ledger.cli.common import print_text, say

if TYPE_CHECKING:
    from ledger.core.edit import Edit

T = TypeVar("T")
_NOTHING = "nothing to do"


def edited(args: argparse.Namespace, change: Callable[[Edit], T]) -> tuple[Edit, T]:
    """Make a change to the header of `args.skill`: written, or shown if `args` asks for that."""
    from ledger.core.edit import Edit, editing
    from ledger.core.forest import find_skill
    from ledger.core.project import Project

    project = Project.here()
    if args.dry_run or args.diff:
        edit = Edit(find_skill(project, args.skill))
        result = change(edit)
        edit.check()
        if args.diff and not args.json:
            print_text(edit.diff())
        changed = edit.text != edit.skill.text
        say(f"would write {edit.skill.where}; nothing was written" if changed else _NOTHING)
        return edit, result
    with editing(project, args.skill, say) as edit:
        result = change(edit)
    say(f"wrote {edit.skill.where}" if written(args, edit) else _NOTHING)
    return edit, result


def written(args: argparse.Namespace, edit: Edit) -> list[str]:
    """The files that were written."""
    previewed = args.dry_run or args.diff
    return [] if previewed or edit.text == edit.skill.text else [edit.skill.where]
