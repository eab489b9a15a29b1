"""`ledger site build|check|serve|bundle`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.common import add_json, describe, print_json, print_text, say
from ledger.errors import Exit

if TYPE_CHECKING:
    from ledger.core.project import Project
    from ledger.site.check import Checked

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(parser: argparse.ArgumentParser) -> None:
    """Give the command its own commands."""
    describe(
        parser,
        "Build the site, check what was built, show it while you write, or pack it into\n"
        "one file. Needs the extra: pip install 'phase-ledger[site]'",
        "ledger site build",
        "ledger site serve --port 8080",
        "ledger site bundle -o runbooks.zip",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add_command in (_add_build, _add_check, _add_serve, _add_bundle):
        add_command(commands)


def _add_build(commands: Commands) -> None:
    parser = commands.add_parser("build", help="build the site, strict, and check it")
    describe(
        parser,
        "Build the site and check it as `ledger site check` does. What MkDocs only warns\n"
        "of is an error here. Exit code 1 if the site was not built, or something is\n"
        "wrong with it.",
        "ledger site build && python3 -m http.server -d site",
        "ledger site build -d public --json | jq .pages",
    )
    _add_folder(parser)
    add_json(parser)
    parser.set_defaults(run=_build)


def _add_check(commands: Commands) -> None:
    parser = commands.add_parser("check", help="check a site that was built")
    describe(
        parser,
        "Check a built site: links and anchors are alive, also in raw HTML; nothing is\n"
        "loaded from another host, or missing; each command that is shown, and that a\n"
        "copy button gives, is the one that runs. Exit code 1 if something is wrong.",
        "ledger site check -d public",
        "ledger site check --json | jq -r '.problems[].where'",
    )
    _add_folder(parser)
    add_json(parser)
    parser.set_defaults(run=_check)


def _add_serve(commands: Commands) -> None:
    parser = commands.add_parser("serve", help="show the site while you write")
    describe(
        parser,
        "Serve the site to this machine alone. A change of a page, a skill, an epilogue,\n"
        "evidence or a manifest builds it again, and the browser reloads. Ctrl-C ends it.",
        "ledger site serve",
        "ledger site serve --port 8080",
    )
    parser.add_argument("--port", type=int, default=8000, help="the port (default: 8000)")
    parser.set_defaults(run=_serve)


def _add_bundle(commands: Commands) -> None:
    parser = commands.add_parser("bundle", help="pack the site into one file for file://")
    describe(
        parser,
        "Build the site such that it needs no server and no network, search too, and\n"
        "pack it into one zip: unzip it and open index.html. alerts.json in it says\n"
        "which file is the page of which alert.",
        "ledger site bundle -o runbooks.zip",
        "ledger site bundle --json | jq -r .alerts.NATSBackupFailed",
    )
    parser.add_argument(
        "-o", dest="file", metavar="FILE", type=Path, help="the zip (default: site.zip)"
    )
    add_json(parser)
    parser.set_defaults(run=_bundle)


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-d",
        dest="folder",
        metavar="DIR",
        type=Path,
        help="the site (default: site_dir of mkdocs.yml, else site)",
    )


def _project() -> Project:
    """The project around the current folder; its site can be built.

    Raises:
        UsageError: there is none, or MkDocs is not installed.
    """
    from ledger.core.extra import require
    from ledger.core.project import Project

    require("site")
    return Project.here()


def _build(args: argparse.Namespace) -> Exit:
    project = _project()
    from ledger.site import sources
    from ledger.site.build import build
    from ledger.site.check import check

    say("building ...")
    built = build(project, args.folder and args.folder.resolve())
    say(f"built in {built.seconds:.1f} s; checking ...")
    found = check(project, built.folder, sources.read)
    return _told(args, project, built.folder, found)


def _check(args: argparse.Namespace) -> Exit:
    project = _project()
    from ledger.site.build import configure
    from ledger.site.check import check

    folder = args.folder or Path(configure(project).site_dir)
    folder = folder.resolve()
    return _told(args, project, folder, check(project, folder))


def _told(args: argparse.Namespace, project: Project, folder: Path, found: Checked) -> Exit:
    from ledger.cli.check import listing

    if args.json:
        print_json(
            "site-check",
            folder=project.relative(folder),
            pages=found.pages,
            links=found.links,
            commands=found.commands,
            problems=[problem._asdict() for problem in found.problems],
        )
    else:
        print_text(listing(found.problems))
    say(_summary(project.relative(folder), found))
    return Exit.FOUND if found.problems else Exit.DONE


def _summary(folder: str, found: Checked) -> str:
    told = f"{folder}/: {found.pages} pages, {found.links} links, {found.commands} commands"
    wrong = len(found.problems)
    return f"{told}: {wrong} problem{'s' * (wrong != 1)}"


def _serve(args: argparse.Namespace) -> None:
    project = _project()
    from ledger.site.serve import serve

    serve(project, args.port, say)


def _bundle(args: argparse.Namespace) -> None:
    project = _project()
    from ledger.site.bundle import bundle

    say("building ...")
    made = bundle(project, (args.file or project.root / "site.zip").resolve())
    file = project.relative(made.path)
    if args.json:
        print_json(
            "site-bundle",
            file=file,
            pages=made.pages,
            files=made.files,
            bytes=made.size,
            alerts=made.alerts,
        )
    say(f"{file}: {made.pages} pages, {made.size / 2**20:.1f} MiB")
