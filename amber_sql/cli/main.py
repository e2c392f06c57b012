"""`amber-sql`: its groups, loaded when they are asked for, and how every error ends."""

from __future__ import annotations

import gc
import os
import sys
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version
from typing import NoReturn

import click
import psycopg

from amber_sql.cli.group import WholeSentences
from amber_sql.cli.report import print_error
from amber_sql.errors import UNREACHABLE, AmberError, DatabaseRefused, NotMigrated

COMMANDS = {
    "generate": "compile",
    "check": "compile",
    "describe": "compile",
    "explain-types": "explain",
    "migrate": "migrate",
    "lint": "lint",
    "verify": "verify",
    "manifest": "manifest",
    "doctor": "doctor",
    "maintain": "maintain",
    "roles": "roles",
    "dev": "dev",
    "demo": "demo",
    "seed": "seed",
    "push": "push",
    "reset": "push",
}
"""Command → the module of this package that holds it."""

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
    """A group whose commands are imported when they run: `--help` and `demo` stay quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            close = get_close_matches(cmd_name, COMMANDS, n=1)
            if not close:
                return None
            ctx.fail(f"No such command '{cmd_name}'. Did you mean '{close[0]}'?")
        module = import_module(f"amber_sql.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(version("amber-sql"), prog_name="amber-sql")
def cli() -> None:
    """Plain SQL files become typed Python functions that PostgreSQL itself has proven right.

    \b
    Start here:
      amber-sql demo                 see it work, on an embedded PostgreSQL
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
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
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
