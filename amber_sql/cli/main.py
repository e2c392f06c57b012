"""`amber-sql`: its groups, loaded when they are asked for, and how every error ends."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version
from typing import NoReturn

import click
import psycopg

from amber_sql._interrupts import let_raise
from amber_sql.cli import package_commands
from amber_sql.cli.group import WholeSentences
from amber_sql.cli.project import NAMED, project_here
from amber_sql.cli.report import print_error
from amber_sql.errors import UNREACHABLE, AmberError, DatabaseRefused, NotMigrated

COMMANDS = {
    "init": "init",
    "generate": "compile",
    "check": "check",
    "describe": "compile",
    "explain-types": "explain",
    "import-sqlc": "import_sqlc",
    "migrate": "migrate",
    "lint": "lint",
    "verify": "verify",
    "manifest": "manifest",
    "docs": "docs",
    "doctor": "doctor",
    "roles": "roles",
    "dev": "dev",
    "push": "push",
    "reset": "push",
    "seed": "seed",
    "studio": "studio",
}
"""Command → the module of this package that holds it."""

REPLACEABLE = {"seed"}
"""Commands that a package may have its own of: whose data it fills in only the package knows."""

_UNKNOWN = (
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedObject,
    psycopg.errors.UndefinedTable,
)
"""What a query of ours meets in a database that was not migrated, or not far enough."""


_REFUSED = (
    psycopg.OperationalError,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.ReadOnlySqlTransaction,
)
"""What is the server's or the role's state, and no mistake of ours."""


class _Commands(WholeSentences):
    """A group whose commands are imported when they run: `--help` and `check` stay quick.

    Behind the tool's own stand those that the project's package registers.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        own: list[str] = []
        with suppress(AmberError):  # a mistake in the settings is no reason to give no help
            own = package_commands.names(project_here())
        return [*COMMANDS, *(name for name in own if name not in COMMANDS)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # Which commands there are may depend on an option of the command.
        for place, argument in enumerate(args[1:], 2):
            option, equals, value = argument.partition("=")
            if option == "--package" and (equals or args[place:]):
                ctx.meta[NAMED] = value if equals else args[place]
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS or cmd_name in REPLACEABLE:
            own = package_commands.command_of(cmd_name, project_here())
            if own is not None:
                return own
        if cmd_name not in COMMANDS:
            if owner := package_commands.owner_of(cmd_name):
                ctx.fail(f"'{cmd_name}' is a command of {owner}: add --package {owner}")
            close = get_close_matches(cmd_name, self.list_commands(ctx), n=1)
            if not close:
                return None
            ctx.fail(f"No such command '{cmd_name}'. Did you mean '{close[0]}'?")
        module = import_module(f"amber_sql.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


def _remember(context: click.Context, _: click.Parameter, name: str | None) -> None:
    if name:
        context.meta[NAMED] = name


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--package",
    metavar="NAME",
    expose_value=False,
    is_eager=True,
    callback=_remember,
    help="For every command: the SQL inside an installed package, instead of the project here.",
)
@click.version_option(version("amber-sql"), "-V", "--version", prog_name="amber-sql")
def cli() -> None:
    """Plain SQL files become typed Python functions that PostgreSQL itself has proven right.

    Commands are about the project that the working directory is in: a folder with queries/ and
    migrations/.

    \b
    Start here:
      amber-sql init                 write a small project into an empty folder
      amber-sql generate             after editing queries/ or migrations/
      amber-sql migrate deploy       bring DATABASE_URL to the migrations

    Exit codes: 0 fine, 1 findings, 2 usage, 3 database unreachable, 4 a migration failed,
    5 refused as unsafe.
    """  # noqa: D301  # click wants the character \b itself


def main() -> None:
    """Run the command line; an error is one clear sentence and an exit code."""
    # A query tree is many small nodes and no cycle: to look for some took a third of `check`.
    gc.set_threshold(100_000)
    try:
        let_raise()
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except AmberError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except _UNKNOWN as error:
        print_error(NotMigrated(what=_missing(error)))
        sys.exit(NotMigrated.exit_code)
    except _REFUSED as error:
        _end_refused(error)
    except BrokenPipeError:
        # The reader went away, as `| head` does: nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _end_refused(error: psycopg.Error) -> NoReturn:
    """Tell a server that is not there, or no longer, from one that refuses."""
    from amber_sql.deploy.apply.failure import ends_session, reason  # seldom needed  # noqa: PLC0415

    if ends_session(error):
        click.echo(f"The database cannot be reached: {str(error).strip()}", err=True)
        sys.exit(UNREACHABLE)
    print_error(DatabaseRefused(reason=reason(error)))
    sys.exit(DatabaseRefused.exit_code)


def _missing(error: psycopg.Error) -> str:
    """Return what the server did not find, as in: relation "users"."""
    message = error.diag.message_primary or str(error)
    return message.removesuffix(" does not exist")
