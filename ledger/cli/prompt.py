"""`ledger prompt`."""

from __future__ import annotations

import argparse

from ledger.cli.common import (
    add_json,
    add_now,
    add_skill,
    describe,
    print_json,
    print_text,
    say,
    today,
)
from ledger.errors import Exit, UsageError


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    describe(
        parser,
        "Print the continuation prompt of a skill's next phase; hand it on as it is.\n\n"
        "The same files, evidence and day give the same bytes, in at most 160 lines. A\n"
        "plan with no open phase gives the one line on which it halts.\n\n"
        "With --check, compare a prompt that was handed on with the files of today: one\n"
        "line for each thing that it no longer says right, and exit code 1.",
        "ledger prompt saas-phase11-external-backup",
        "ledger prompt saas-phase11-external-backup --phase measure --brief",
        "ledger prompt saas-phase11-external-backup --check next.md",
    )
    add_skill(parser)
    parser.add_argument("--phase", type=str.upper, help="another phase than the next")
    parser.add_argument("--brief", action="store_true", help="at most 80 lines")
    parser.add_argument("--check", metavar="FILE", help="a prompt to compare; - for standard input")
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> Exit:
    from ledger.core.forest import find_skill
    from ledger.core.project import Project
    from ledger.flow.evidence import gather
    from ledger.flow.prompt import next_prompt
    from ledger.flow.stale import differences

    project, day = Project.here(), today(args)
    skill = find_skill(project, args.skill)
    opened = skill.current.phase if skill.current else None
    phase = skill.entry(args.phase).phase if args.phase else opened
    evidence = gather(project, skill, day)
    checked = _read(args.check) if args.check else None
    found = (
        differences(project, skill, phase, evidence, args.check, checked)
        if checked is not None
        else []
    )
    prompt = next_prompt(project, skill, evidence, day, phase=phase, brief=args.brief)
    if args.json:
        print_json(
            "prompt",
            skill=skill.name,
            phase=phase,
            lines=len(prompt.splitlines()),
            prompt=prompt,
            checked=args.check,
            differences=[difference._asdict() for difference in found],
        )
    elif checked is None:
        print_text(prompt)
    else:
        print_text("".join(f"{difference}\n" for difference in found))
    if checked is not None and not found:
        say(f"{args.check} says what the files say")
    return Exit.FOUND if found else Exit.DONE


def _read(name: str) -> str:
    """What the file to check holds.

    Raises:
        UsageError: it cannot be read.
    """
    import sys
    from pathlib import Path

    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=name) from None
    return data.decode(errors="replace")
