"""The `ledger` command: parse, call, print."""

from __future__ import annotations

import importlib
import sys
from typing import Final

import click

from ledger import __version__
from ledger.errors import Exit, LedgerError

COMMANDS: Final = {
    "advance": ("ledger.cli.advance", "Settle a skill's next phase, if its evidence is fresh."),
    "cluster": ("ledger.cli.cluster", "Raise, look at or remove the kind cluster."),
    "prompt": ("ledger.cli.prompt", "Print the continuation prompt of a skill's next phase."),
    "show": ("ledger.cli.show", "Show one skill: phases, budget, pages, evidence."),
    "status": ("ledger.cli.status", "List every skill: where it stands, what it has left."),
    "verify": ("ledger.cli.verify", "Run the command blocks of pages on the cluster."),
}


class LazyGroup(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, by name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and give one command."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)  # noqa: S101
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their one line, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
    epilog="Exit codes: 0 done, 1 found something, 2 wrong use, 3 plan halted, 4 no cluster, "
    "5 wrong cluster.",
)
@click.version_option(__version__, prog_name="ledger", message="%(prog)s %(version)s")
def cli() -> None:
    """Runbooks that prove themselves.

    Command blocks of pages run against a real cluster; TEST and EDUCATE of a plan settle only on
    fresh evidence.

    \b
    Examples:
      ledger status
      ledger cluster up && ledger verify
      ledger advance saas-phase11-external-backup
    """


def main() -> None:
    """Run the command; turn what a user can mend into one line and an exit code."""
    try:
        cli(standalone_mode=False)
    except LedgerError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
